"""The caching rules: legitimate behaviour that looks like drift (RULES.md B6), and drift of every class."""

from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import (
    Example,
    Step,
    again,
    ask,
    at,
    call,
    fails,
    keep,
    new,
    reply,
    result,
    text,
    tool,
    wait,
)
from claudemock_contracts.run import judge
from tests.contracts.judging import finding, prompts, report, said

RULES = "You answer questions about the house rules. " * 400
STABLE = [text(RULES, cache=True)]
AUTO = {"type": "ephemeral"}
ANSWERS = (
    "Not in the kitchen, please.",
    "Until ten in the evening.",
    "In your own flat, surely.",
    "Ask the neighbours.",
)


def one_shots(*systems: Any, **params: Any) -> tuple[Step, ...]:
    """One question to each of these system prompts, every one a conversation of its own."""
    steps: list[Step] = []
    for number, system in enumerate(systems):
        steps += [new(), ask(f"Question {number}?", system=system, **params), reply(ANSWERS[number % 4] + str(number))]
    return tuple(steps)


def talk(*systems: Any, **params: Any) -> tuple[Step, ...]:
    """One conversation, with the system prompt each turn was sent with."""
    steps: list[Step] = []
    for number, system in enumerate(systems):
        steps += [ask(f"Question {number}?", system=system, **params), reply(ANSWERS[number % 4] + str(number))]
    return tuple(steps)


def marked(words: str) -> list[dict[str, Any]]:
    """A long system prompt that begins with these words."""
    return [text(f"{words} {RULES}", cache=True)]


CHANGING = {
    "timestamp": [f"It is 2026-11-22T10:00:0{n}Z." for n in range(4)],
    "clock time": [f"The time is 10:0{n} now." for n in range(4)],
    "epoch": [f"now={1_780_000_000 + n}" for n in range(4)],
    "uuid": [f"id 0000000{n}-1111-4222-8333-444444444444" for n in range(4)],
    "id": [f"req_{n}a{n}b9" for n in range(4)],
    "memory address": [f"<Tool at 0x7f00aa{n}0>" for n in range(4)],
    "temporary path": [f"cwd: /tmp/tmp{n}xyz{n}/work" for n in range(4)],
    "digest": [f"build 9f8e7d6c5b{n}a" for n in range(4)],
    "number": [f"You have {n + 3} credits." for n in range(4)],
}


@pytest.mark.parametrize(("kind", "words"), CHANGING.items())
@pytest.mark.parametrize("shape", [one_shots, talk])
def test_a_changing_value_is_named(kind: str, words: list[str], shape: Any) -> None:
    """The class of the value, where it stands, both versions, and what it cost."""
    steps = shape(*map(marked, words))
    assert said(*steps) == {("R02", "violation")}
    found = finding("R02", *steps)
    assert found.kind == kind
    assert found.location.startswith("system.0.text byte ")
    assert found.details["before"] in words[2]
    assert found.details["after"] in words[3]
    assert found.details["before"] != found.details["after"]
    assert found.tokens_lost
    assert found.dollars_lost
    assert words[0][: found.details["byte"]] == words[1][: found.details["byte"]]


LOOKS_LIKE_DRIFT = [
    pytest.param(talk(*[STABLE] * 4, cache_control=AUTO), id="growth with a moving marker"),
    pytest.param(one_shots(*[STABLE] * 4), id="one prompt, many questions"),
    pytest.param(one_shots(marked("A"), marked("B"), marked("A"), marked("B"), marked("A"), marked("B")), id="A/B"),
    pytest.param(
        (ask("One?", system=STABLE, cache_control=AUTO), reply(ANSWERS[0]), new(), ask("Two?"), reply(ANSWERS[1])),
        id="first turns of two conversations",
    ),
    pytest.param(
        one_shots(*[[text(RULES, cache=True), text(f"It is 10:00:0{n}.")] for n in range(4)]),
        id="a clock behind the marker",
    ),
    pytest.param(
        one_shots(*[[text(RULES, cache=True), text(f"User {n}.", cache=True)] for n in range(4)]),
        id="a shared part, then one per user",
    ),
    pytest.param(
        (ask("One?", system=STABLE), fails(529), again(0.5, 1), fails(529), again(1, 2), reply(ANSWERS[0])),
        id="retries",
    ),
    pytest.param(
        one_shots(STABLE, [dict(reversed(STABLE[0].items()))], [{**STABLE[0], "citations": None}]),
        id="spellings of the same block",
    ),
    pytest.param(
        (
            ask("Plan it.", system=marked("Plan."), tools=[tool("plan")]),
            reply(ANSWERS[0]),
            new(),
            ask("Do it.", system=marked("Do."), tools=[tool("run"), tool("read")]),
            reply(ANSWERS[1]),
            new(),
            ask("Check it.", system=marked("Check."), tools=[tool("test")]),
            reply(ANSWERS[2]),
        ),
        id="sub-agents with prompts and tools of their own",
    ),
    pytest.param(
        (
            ask("warm", system=STABLE, max_tokens=0),
            reply(stop_reason="max_tokens"),
            new(),
            ask("Question?", max_tokens=500),
            reply(ANSWERS[0]),
            new(),
            ask("Another?"),
            reply(ANSWERS[1]),
        ),
        id="pre-warming",
    ),
    pytest.param(
        (
            ask("One?", system=STABLE, cache_control=AUTO),
            reply(ANSWERS[0]),
            wait(400),
            keep(lambda history: [{"role": "user", "content": "(shortened)"}, *history[1:]]),
            ask("Two?"),
            reply(ANSWERS[1]),
            wait(400),
            keep(lambda history: [{"role": "user", "content": "(again)"}, *history[1:]]),
            ask("Three?"),
            reply(ANSWERS[2]),
        ),
        id="edits after the entry has expired",
    ),
]


@pytest.mark.parametrize("steps", LOOKS_LIKE_DRIFT)
def test_what_looks_like_drift_and_is_none(steps: tuple[Step, ...]) -> None:
    """The traps named in the rule catalogue."""
    assert said(*steps) == set()


def test_two_interleaved_conversations() -> None:
    """Whoever came just before may be a stranger: the echo tells who goes on from whom."""
    first: list[dict[str, Any]] = []
    second: list[dict[str, Any]] = []

    def turn(mine: list[dict[str, Any]], question: str, answer: str) -> list[Step]:
        def save(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
            mine[:] = history
            return history

        return [keep(lambda _: list(mine)), ask(question), reply(answer), keep(save)]

    steps: list[Step] = [ask("Begin.", system=marked("A"), cache_control=AUTO), reply("I have begun, go on."), new()]
    for number in range(4):
        steps += turn(first, f"One {number}?", f"The first talk's answer {number}.")
        steps += turn(second, f"Two {number}?", f"The second talk's answer {number}.")
    assert said(*steps) == set()


def test_one_change_is_a_warning_and_a_date_a_note() -> None:
    """One pair proves little, and a date changes once a day."""
    once = one_shots(*map(marked, CHANGING["timestamp"][:2]))
    assert said(*once) == {("R02", "warning")}
    days = one_shots(*[marked(f"Today is 2026-11-2{n}.") for n in range(4)])
    assert said(*days) == set()
    assert finding("R02", *days).verdict == "note"


def test_a_short_prompt_is_warned_about_not_failed() -> None:
    """Below the minimum nothing is cached, so nothing is lost yet; the drift is the same."""
    short = one_shots(*[[text(f"It is 10:00:0{n}.", cache=True)] for n in range(4)])
    assert said(*short) == {("R02", "warning")}
    assert finding("R02", *short).tokens_lost is None


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("whitespace", "One.\nTwo.", "One.\r\nTwo."),
        ("unicode-normalisation", "Caf\u00e9.", "Cafe\u0301."),
        ("case", "Be brief.", "be brief."),
        ("set-order", "Tools: map, weather, clock.", "Tools: clock, map, weather."),
    ],
)
def test_small_differences_have_names(kind: str, before: str, after: str) -> None:
    """What cannot be seen in a diff is said in words."""
    steps = talk(marked(before), marked(after), marked(before))
    found = finding("R02", *steps)
    assert found.kind == kind
    assert found.verdict == "warning"


TOOLS = [tool("map", description=RULES), tool("weather"), tool("clock")]


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("tools-order", TOOLS[::-1]),
        ("tools-schema", [TOOLS[0], TOOLS[1], tool("clock", description="It is 10:00:07.")]),
    ],
)
def test_tools_that_change_in_a_conversation(kind: str, changed: list[Any]) -> None:
    """Told at once, with what changed."""
    steps = (ask("One?", system=STABLE, tools=TOOLS), reply(ANSWERS[0]), ask("Two?", tools=changed), reply(ANSWERS[1]))
    assert ("R18", "violation") in said(*steps)
    assert finding("R18", *steps).kind == kind


def turns_with(*each: tuple[Any, Any]) -> list[Step]:
    """A conversation, a turn for each system prompt and set of tools."""
    return [
        step
        for n, (system, tools) in enumerate(each)
        for step in (ask(f"{n}?", system=system, tools=tools), reply(ANSWERS[n]))
    ]


def test_one_new_tool_is_a_switch_of_mode() -> None:
    """A set of tools that changes once and stays is a note; where that is not seen, a warning; often, an error."""
    full, few = (STABLE, TOOLS), (STABLE, TOOLS[:2])
    assert finding("R18", *turns_with(full, full, few)).verdict == "warning"
    assert finding("R18", *turns_with(full, full, few, few)).verdict == "note"
    assert ("R18", "violation") in said(*turns_with(full, few, full, few))
    late = turns_with(few, full, full)
    assert ("R18", "violation") in said(*late, new(), *late)  # in every conversation


def test_another_agent_has_other_tools() -> None:
    """A hand-off changes prompt and tools together, once; agents that take turns in one history pay every time."""
    front, spa = (STABLE, TOOLS), (marked("You plan massages."), TOOLS[1:])
    assert finding("R18", *turns_with(front, front, spa)).verdict == "note"
    assert finding("R18", *turns_with(front, spa), new(), *turns_with(front, spa)).verdict == "note"
    assert ("R18", "violation") in said(*turns_with(front, spa, front, spa))


def test_a_hand_over_to_another_agent_is_a_note() -> None:
    """Other tools and another system prompt, once: somebody else goes on. Back and forth, the cache is lost."""
    other = [text("You plan the spa. " * 500, cache=True)]
    first = (ask("One?", system=STABLE, tools=TOOLS), reply(ANSWERS[0]))
    over = (ask("Two?", system=other, tools=TOOLS[:1]), reply(ANSWERS[1]))
    assert said(*first, *over) == set()
    assert finding("R18", *first, *over).verdict == "note"
    back = (ask("Three?", system=STABLE, tools=TOOLS), reply(ANSWERS[2]))
    assert ("R18", "violation") in said(*first, *over, *back)


def test_one_compaction_is_a_note() -> None:
    """Shortening a history once is normal, and often pays."""
    steps = (
        *talk(*[STABLE] * 3, cache_control=AUTO),
        keep(lambda history: [{"role": "user", "content": "(what was said so far)"}, *history[-1:]]),
        ask("Go on?"),
        reply("As you wish, I shall go on."),
        ask("And then?"),
        reply("Then we are done with it."),
    )
    assert said(*steps) == set()
    assert finding("R20", *steps).verdict == "note"


def test_images_are_a_parameter_too() -> None:
    """An image anywhere makes other messages of them; once is a note."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    steps = (
        ask("One?", system=STABLE, cache_control=AUTO),
        reply(ANSWERS[0]),
        ask("Two?", image),
        reply(ANSWERS[1]),
    )
    assert finding("R39", *steps).verdict == "note"
    assert "image" in finding("R39", *steps).actual


def test_a_fallback_after_an_error_is_a_note() -> None:
    """Another model because the first failed is what one should do."""
    steps = (
        ask("One?", system=STABLE, cache_control=AUTO),
        reply(ANSWERS[0]),
        ask("Two?"),
        fails(529),
        ask(model="claude-sonnet-5"),
        reply(ANSWERS[1]),
    )
    assert said(*steps) == set()
    assert finding("R40", *steps).verdict == "note"


def test_a_warm_prefix_may_be_fanned_out() -> None:
    """Many at once are fine when the entry is there already."""
    asked = [(at(start), new(), ask(f"{start}?", system=STABLE), reply(ANSWERS[0])) for start in (0.0, 5.0, 5.1, 5.2)]
    assert said(*[step for steps in asked for step in steps]) == set()


def test_the_reads_the_answers_tell_of_are_believed() -> None:
    """Where real usage shows a read, what differs was no part of the prompt (a billing line, for one)."""
    read = {"cache_read_input_tokens": 100_000}
    steps = [
        step
        for n in range(4)
        for step in (new(), ask(f"{n}?", system=marked(f"cch=1{n}ab")), reply(ANSWERS[n], usage=read))
    ]
    assert said(*steps) == set()


def test_a_nonce_in_a_tool_result_of_the_history() -> None:
    """An edit of the marked history is R20; what volatile value did it is in the finding."""

    def stamped(number: int) -> Step:
        return keep(lambda history: [{"role": "user", "content": f"Oslo? (asked at 10:00:0{number})"}, *history[1:]])

    steps: list[Step] = [ask("Oslo?", system=STABLE, tools=[tool("weather")], cache_control=AUTO)]
    steps += [reply(call("oslo", "weather", city="Oslo")), stamped(1), ask(result("oslo", "4 °C")), reply(ANSWERS[0])]
    steps += [stamped(2), ask("Thanks."), reply(ANSWERS[1]), stamped(3), ask("Bye."), reply(ANSWERS[2])]
    assert said(*steps) == {("R20", "warning")}
    assert finding("R20", *steps).kind == "clock time"


def test_verdicts_without_any_marker() -> None:
    """Programs that do not cache are not lectured about caching, but for large prefixes."""
    found = report(ask("Hello?"), reply("Hello to you, too."))
    assert {found.verdicts[rule] for rule in ("R02", "R07", "R13", "R18", "R33", "R36")} == {"not-exercised"}


def test_what_the_answers_count_decides_whether_a_short_prefix_is_cached() -> None:
    """Near the minimum an estimate does not tell; counters that are both zero do."""
    system = [text("word " * 1000, cache=True)]
    counters = ("cache_creation_input_tokens", "cache_read_input_tokens")
    assert report(ask("Hi", system=system), reply("Hi.")).verdicts["R34"] == "inconclusive"
    assert report(ask("Hi", system=system), reply("Hi.", usage=dict.fromkeys(counters, 0))).verdicts["R34"] == "note"


def test_nobody_could_cache_before_there_was_a_cache() -> None:
    """Recordings of before August 2024 are not told to mark anything."""
    exchanges = Example("…", *one_shots(*["word " * 3000] * 3)).exchanges()
    assert judge(exchanges, prompts=prompts()).verdicts["R33"] == "warning"
    old = [replace(each, started=1_720_000_000.0 + n) for n, each in enumerate(exchanges)]
    assert judge(old, prompts=prompts()).verdicts["R33"] == "not-exercised"
