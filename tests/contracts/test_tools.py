"""The tool rules: what looks wrong and is right, and the smallest changes that make right wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from claudemock_contracts.examples import Step, again, ask, call, fails, keep, new, reply, result, text, thought, tool
from claudemock_contracts.oracles import Oracles, ToolRun
from tests.contracts.judging import finding, report, said

CALLS = (call("oslo", "get_weather", city="Oslo"), call("rome", "get_weather", city="Rome"))
RESULTS = (result("oslo", "4 °C"), result("rome", "18 °C"))
ASKED = (ask("Oslo or Rome?", tools=[tool("get_weather")]), reply(*CALLS))
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
THREAD = {"type": "continue", "previous_message_id": "msg_001"}


def in_thread(*content: Any) -> tuple[Step, ...]:
    """The next request of a message thread: only what is new."""
    return keep(lambda _: []), ask(*content, thread=THREAD)


LOOKS_WRONG = [
    pytest.param((*ASKED, ask(*RESULTS, text("Hurry up.")), reply("Rome.")), id="text behind the results"),
    pytest.param((*ASKED, *in_thread(*RESULTS), reply("Rome.")), id="a message thread sends only results"),
    pytest.param((*ASKED, ask(*RESULTS), fails(529), again(0.5, 1), reply("Rome.")), id="a retry"),
    pytest.param((*ASKED, new(), ask("Something else."), reply("Very well.")), id="calls nobody ever answered"),
    pytest.param((*ASKED, ask(result("oslo", "4 °C"), result("rome")), reply("Oslo.")), id="a result without content"),
    pytest.param(
        (
            ask("Search.", tools=[{"type": "web_search_20250305", "name": "web_search"}]),
            reply(
                SEARCH,
                stop_reason="pause_turn",
            ),
            ask(),
            reply("Nothing found."),
        ),
        id="a paused server tool is sent back as it is",
    ),
    pytest.param(
        (
            ask("Search.", tools=[{"type": "web_search_20250305", "name": "web_search"}]),
            reply(
                SEARCH,
                {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
                "Nothing was found.",
            ),
            ask("Again."),
            reply("Nothing again."),
        ),
        id="server tools need no client result",
    ),
    pytest.param(
        (
            ask("Oslo?", tools=[tool("get_weather")]),
            reply("Let me look it up.", call("oslo", "get_weather", city="Os"), stop_reason="max_tokens"),
            keep(lambda history: [history[0], {"role": "assistant", "content": "Let me look it up."}]),
            ask("Go on."),
            reply("4 °C."),
        ),
        id="an incomplete call that was cut off is dropped",
    ),
    pytest.param(
        (
            *ASKED,
            keep(
                lambda history: [
                    *history[:1],
                    {"role": "assistant", "content": [CALLS[0]]},
                    {"role": "assistant", "content": [CALLS[1]]},
                ]
            ),
            ask(*RESULTS),
            reply("Rome."),
        ),
        id="an assistant turn in two messages",
    ),
    pytest.param(
        (
            *ASKED,
            keep(lambda history: [*history, {"role": "user", "content": list(RESULTS)}]),
            ask("Hurry up."),
            reply("Rome."),
        ),
        id="the user's words in a message of their own",
    ),
    pytest.param(
        (
            *ASKED,
            keep(lambda history: [*history, {"role": "system", "content": "The user is in a hurry."}]),
            ask(*RESULTS),
            reply("Rome."),
        ),
        id="a system message between call and result",
    ),
    pytest.param((*ASKED, ask(result("oslo", "same"), result("rome", "same")), reply("Equal.")), id="equal results"),
]


@pytest.mark.parametrize("steps", LOOKS_WRONG)
def test_what_looks_wrong_and_is_right(steps: tuple[Step, ...]) -> None:
    """False alarms make people switch a tool off."""
    assert said(*steps) == set()


DAMAGES: list[tuple[str, str, Callable[[list[Any]], list[Any]]]] = [
    ("R01", "violation", lambda content: content[:1]),
    ("R01", "violation", lambda _: [text("Never mind.")]),
    ("R06", "violation", lambda content: [*content, result("paris", "12 °C")]),
    ("R32", "violation", lambda content: [*content, result("oslo", "5 °C")]),
    ("R30", "violation", lambda content: [text("Here you are:"), *content]),
    ("R30", "violation", lambda content: [content[0], text("and"), content[1]]),
    ("R69", "warning", lambda content: content[::-1]),
]


@pytest.mark.parametrize(("rule", "verdict", "damage"), DAMAGES)
@pytest.mark.parametrize("turns", [0, 1, 5])
def test_each_damage_is_found_by_its_rule(
    rule: str, verdict: str, damage: Callable[[list[Any]], list[Any]], turns: int
) -> None:
    """One change to a right conversation, at its beginning or after some turns; it is told once, where it happened."""
    small_talk = [step for n in range(turns) for step in (ask(f"Question {n}?"), reply(f"This is answer number {n}."))]
    after = (reply("Rome is the warmer of them."), ask("Thank you."), reply("You are welcome, any time."))
    steps = [*small_talk, *ASKED, ask(*damage(list(RESULTS))), *after]
    assert said(*steps) == {(rule, verdict)}
    found = finding(rule, *steps)
    assert found.count == 1
    assert found.exchanges[0] == f"exch_{turns + 2}"
    assert found.location.startswith(f"messages.{2 * turns + 1}" if rule == "R01" else f"messages.{2 * turns + 2}")


def test_split_results_and_who_minds() -> None:
    """A warning on the first-party API, which merges them; an error where the endpoint refuses them."""
    steps = (*ASKED, keep(lambda history: [*history, {"role": "user", "content": [RESULTS[0]]}]), ask(RESULTS[1]))
    assert said(*steps, reply("Rome.")) == {("R10", "warning")}
    bedrock = (*steps, reply("Rome."))
    assert "merges" in finding("R10", *bedrock).actual


def test_a_truncated_history_is_told_from_a_made_up_id() -> None:
    """The cause is named only as far as the recording shows it."""
    dropped = (*ASKED, keep(lambda _: []), ask(*RESULTS), reply("Rome."))
    assert {found.kind for found in report(*dropped).of("R06")} == {"dropped"}
    made_up = (*ASKED, ask(*RESULTS, result("made-up", "?")), reply("Rome."))
    assert finding("R06", *made_up).kind == "unknown id"
    assert "tool_use_id" in finding("R06", *made_up).fix


SEARCHED = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
WEB = {"type": "web_search_20250305", "name": "web_search"}


def test_results_of_the_apis_own_tools_need_their_calls() -> None:
    """The API refuses them alone too; the call may stand a few messages before, where own tools were run between."""
    asked = ask("Search.", tools=[WEB, tool("get_weather")])
    searched = (asked, reply(SEARCH, SEARCHED, "Nothing was found at all."))
    filtered = keep(lambda history: [history[0], {**history[1], "content": history[1]["content"][1:]}])
    assert said(*searched, ask("Again."), reply("Nothing again.")) == set()
    dropped = finding("R06", *searched, filtered, ask("Again."), fails(400))
    assert (dropped.kind, dropped.location) == ("dropped", "messages.1.content.0.tool_use_id")
    late = (asked, reply(SEARCH, CALLS[0]), ask(RESULTS[0]), reply(SEARCHED, "4 °C, says the web."))
    assert said(*late, ask("Thanks."), reply("You are welcome.")) == set()


def watched(**outputs: str) -> Oracles:
    """Tool runs of get_weather by city."""
    runs = [ToolRun(name="get_weather", input={"city": city}, output=said) for city, said in outputs.items()]
    return Oracles(tools=tuple(runs))


@pytest.mark.parametrize("rendered", ["{}", '{{"answer": "{}"}}', "Result:\n{}\n"])
def test_swapped_results_are_found_in_any_wrapping(rendered: str) -> None:
    """Programs write a tool's output down in many ways."""
    swapped = (result("oslo", rendered.format("18 °C")), result("rome", rendered.format("4 °C")))
    right = (result("rome", rendered.format("18 °C")), result("oslo", rendered.format("4 °C")))
    oracles = watched(Oslo="4 °C", Rome="18 °C")
    assert ("R21", "violation") in said(*ASKED, ask(*swapped), reply("Oslo."), oracles=oracles)
    assert said(*ASKED, ask(*right), reply("Rome."), oracles=oracles) == {("R69", "warning")}


def test_a_swap_without_watching_needs_results_that_name_each_other() -> None:
    """On the wire alone one result that mentions the other city proves nothing; two that do so crosswise do."""
    crossed = (result("oslo", "Rome: 18 °C"), result("rome", "Oslo: 4 °C"))
    mention = (result("oslo", "4 °C, colder than Rome"), result("rome", "Rome: 18 °C"))
    assert said(*ASKED, ask(*crossed), reply("Oslo.")) == {("R21", "violation")}
    assert said(*ASKED, ask(*mention), reply("Rome.")) == set()
    next_stop = (result("oslo", "Rome"), result("rome", "Oslo"))  # a loop line: what is asked about leads on
    assert said(*ASKED, ask(*next_stop), reply("Rome.")) == set()
    onward = (result("oslo", "next: Rome"), result("rome", "next: Bonn"))
    assert said(*ASKED, ask(*onward), reply("Rome.")) == set()
    assert report(*ASKED, ask(*RESULTS), reply("Rome.")).verdicts["R21"] == "not-exercised"


def test_one_result_under_two_calls_is_worth_a_warning() -> None:
    """Results kept by the tool's name: the last one answers both calls."""
    copied = [result(name, "Rome: 18 °C") for name in ("oslo", "rome")]
    assert ("R21", "warning") in said(*ASKED, ask(*copied), reply("Both 18 °C."))
    same = [result(name, "No data today.") for name in ("oslo", "rome")]
    assert not [rule for rule, _ in said(*ASKED, ask(*same), reply("Nothing.")) if rule == "R21"]


def test_an_error_in_a_log_is_no_failed_tool() -> None:
    """A tool whose ordinary output begins with an error is left alone once we know that it did not raise."""
    log = "Error: disk full\nError: disk full"
    steps = (*ASKED, ask(result("oslo", log), RESULTS[1]), reply("Full."))
    assert finding("R31", *steps).verdict == "note"
    assert report(*steps, oracles=watched(Oslo=log, Rome="18 °C")).of("R31") == ()


def test_conversations_may_fork() -> None:
    """A second branch from the same history is no crossing."""
    steps = (
        *ASKED,
        ask(*RESULTS),
        reply("Rome is the warmer of them."),
        keep(lambda history: history[:3]),
        ask("And why?"),
    )
    assert said(*steps, reply("It lies further south.")) == set()


def test_signatures_of_another_conversation_are_found() -> None:
    """A shared list of messages shows in whatever only one answer can have made."""
    other = {"role": "assistant", "content": [thought("Hm.", "b3RoZXI="), text("An answer of another talk.")]}
    steps = (
        ask("One."),
        reply(thought("Hm.", "b3RoZXI="), "An answer of another talk."),
        new(),
        ask("Two."),
        reply("The answer of this very talk."),
        keep(lambda history: [history[0], other, {"role": "user", "content": "And?"}, *history[1:]]),
        ask("Three."),
        reply("Three it is, as you said."),
    )
    assert finding("R68", *steps).kind == "signature"


def clicks(*runs: ToolRun) -> list[str]:
    """What R67 says of two actions in one batch, run like this."""
    members = [{**call(name, name, at=name), "toolset_name": "computer"} for name in ("click", "type")]
    results = [result(name, "done", toolset_name="computer") for name in ("click", "type")]
    steps = (ask("Log in.", tools=[{"type": "computer_toolset_20260801"}]), reply(*members), ask(*results))
    return [each.kind for each in report(*steps, reply("Done."), oracles=Oracles(tools=runs)).of("R67")]


def ran(name: str, began: float, ended: float, error: str | None = None) -> ToolRun:
    """One action of `clicks`, with its times in seconds."""
    return ToolRun(name=name, input={"at": name}, began=began, ended=ended, error=error)


def test_actions_of_a_batch_run_one_by_one() -> None:
    """Watched tools show what results can hide: actions at once, in another order, or behind a failure."""
    assert clicks(ran("click", 1, 2), ran("type", 2, 3)) == []
    assert clicks(ran("click", 1, 3), ran("type", 2, 4)) == ["not one by one"]
    assert clicks(ran("type", 1, 2), ran("click", 3, 4)) == ["not one by one"]
    assert clicks(ran("click", 1, 2, "no such point"), ran("type", 3, 4)) == ["run after a failure"]
    assert clicks(ran("click", 1, 2, "no such point"), ran("click", 3, 4), ran("type", 5, 6)) == []
    assert clicks(ToolRun(name="type", input={"at": "type"}), ToolRun(name="click", input={"at": "click"})) == []
