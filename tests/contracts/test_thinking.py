"""The rules on thinking: what looks wrong and is right, and the smallest changes that make right wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from claudemock_contracts.examples import (
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
    streams,
    thought,
    tool,
)
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.rules.batch_examples import create, row
from tests.contracts.judging import finding, report

BUDGET = {"type": "enabled", "budget_tokens": 2048}
ADAPTIVE = {"type": "adaptive"}
OLD, NEW, BOTH = "claude-sonnet-4-5", "claude-opus-4-8", "claude-sonnet-4-6"
INTERLEAVED = {"anthropic-beta": "interleaved-thinking-2025-05-14"}
TOOLS = [tool("get_weather")]
HARD = ask("Is it a prime?", model=OLD, max_tokens=4096, thinking=BUDGET)
USED_UP = reply(thought("So many cases"), stop_reason="max_tokens", usage={"output_tokens": 4096})
FORGET = keep(lambda history: history[:1])
REDACTED = {"type": "redacted_thinking", "data": "EmwKAhgB"}
FIRST, SECOND = thought("Oslo is in Norway.", "Zmlyc3Q="), thought("It may snow.", "c2Vjb25k")

Messages = list[dict[str, Any]]


def ended(kind: Any, value: Any = None, error: str | None = None) -> Oracles:
    """How the program ended."""
    return Oracles(outcomes=[Outcome(kind=kind, value=value, error=error)])


def loop(
    *content: Any, change: Callable[[list[Any]], list[Any]] | None = None, model: str = OLD, **params: Any
) -> tuple[Step, ...]:
    """One tool call, whose assistant turn comes back changed."""

    def changed(history: Messages) -> Messages:
        return [*history[:-1], {**history[-1], "content": (change or list)(history[-1]["content"])}]

    return (
        ask("Oslo?", **{"model": model, "max_tokens": 8192, "thinking": BUDGET, "tools": TOOLS, **params}),
        reply(*content, call("oslo", "get_weather", city="Oslo")),
        keep(changed),
        ask(result("oslo", "4 °C")),
        reply("4 °C in Oslo."),
    )


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((HARD, USED_UP, FORGET, ask(max_tokens=16000), reply("Yes.")), id="more room"),
        pytest.param(
            (HARD, USED_UP, FORGET, ask(thinking={"type": "enabled", "budget_tokens": 1024}), reply("Yes.")),
            id="a smaller budget",
        ),
        pytest.param((HARD, USED_UP, FORGET, ask(thinking={"type": "disabled"}), reply("Yes.")), id="no thinking"),
        pytest.param((HARD, USED_UP, FORGET, ask(model="claude-haiku-4-5"), reply("Yes.")), id="another model"),
        pytest.param((HARD, USED_UP, ask("Then say what you have."), reply("Yes.")), id="the conversation goes on"),
    ],
)
def test_what_a_used_up_budget_is_answered_with(steps: tuple[Step, ...]) -> None:
    """Whatever gives the next attempt more room, or does without."""
    found = report(*steps)
    assert found.verdicts["R09"] == "pass"
    assert found.of("R09") == ()


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((ask("Hi", max_tokens=0), reply(stop_reason="max_tokens")), id="warming the cache"),
        pytest.param(
            (HARD, reply({**thought(""), "thinking": ""}, "It is.", stop_reason="max_tokens")), id="omitted, and a text"
        ),
        pytest.param((HARD, reply(thought("Hm."), call("a", "x"), stop_reason="max_tokens")), id="a tool call"),
        pytest.param((HARD, reply(thought("Hm."), "Yes.")), id="a whole answer"),
        pytest.param((HARD, reply("It is, bec", stop_reason="max_tokens")), id="a text that was cut"),
    ],
)
def test_other_answers_are_not_used_up(steps: tuple[Step, ...]) -> None:
    """Only thinking without a word behind it is."""
    assert report(*steps).verdicts["R09"] == "not-exercised"


def test_parallel_attempts_are_no_repeats() -> None:
    """Several samples of one question, at the same time, are meant to be alike."""
    steps = (HARD, USED_UP, at(0.1), again(0.0), USED_UP, at(0.2), again(0.0), USED_UP)
    assert report(*steps).of("R09") == ()


def test_four_attempts_at_the_same_are_one_finding() -> None:
    """All of them are named, with the tokens they took."""
    found = finding("R09", HARD, USED_UP, *[again(0.5), USED_UP] * 3)
    assert found.kind == "same again"
    assert len(found.exchanges) == 4
    assert found.tokens_lost == 4 * 4096
    assert found.count == 1


@pytest.mark.parametrize(
    ("oracles", "kind"),
    [
        (ended("returned", ""), "empty answer"),
        (ended("returned", None), "empty answer"),
        (ended("raised", error="IndexError: list index out of range"), "crash"),
        (ended("raised", error="AttributeError: 'ThinkingBlock' object has no attribute 'text'"), "crash"),
        (ended("raised", error="ThinkingTooLong: raise max_tokens"), None),
        (ended("returned", "The budget was used up."), None),
        (Oracles(expected_error=True, outcomes=[Outcome(kind="raised", error="IndexError: x")]), None),
    ],
)
def test_what_the_program_made_of_it(oracles: Oracles, kind: str | None) -> None:
    """A word to the user is right; nothing, or an exception nobody meant, is not."""
    found = report(HARD, USED_UP, oracles=oracles)
    assert [each.kind for each in found.of("R09")] == ([kind] if kind else [])
    assert found.verdicts["R09"] == ("violation" if kind else "pass")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (["", "It is."], True),
        ({"first": "", "second": "It is."}, True),
        ([None, "It is."], False),
        (["(no answer: the limit was used up)", "It is."], False),
        ([("", False), ("It is.", True)], False),
    ],
)
def test_one_empty_answer_among_others(value: Any, found: bool) -> None:
    """The program goes on with other questions, and returns an empty text for this one."""
    steps = (HARD, USED_UP, new(), ask("Is 7 a prime?"), reply("It is."))
    assert [each.kind for each in report(*steps, oracles=ended("returned", value)).of("R09")] == (
        ["empty answer"] if found else []
    )


def test_without_an_outcome_nothing_is_said() -> None:
    """A single used-up answer shows nothing of the program."""
    assert report(HARD, USED_UP).verdicts["R09"] == "inconclusive"


@pytest.mark.parametrize(
    ("most", "headers", "warned"),
    [(2500, {}, True), (3072, {}, False), (2500, INTERLEAVED, False), (40_000, {}, False)],
)
def test_headroom(most: int, headers: dict[str, str], warned: bool) -> None:
    """A budget that leaves next to no room is warned of before it happens, and passes for nothing else."""
    found = report(ask("Hi", model=OLD, max_tokens=most, thinking=BUDGET, headers=headers), reply("Hello."))
    assert bool(found.of("R09")) is warned
    assert found.verdicts["R09"] == ("warning" if warned else "not-exercised")


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        (loop(FIRST, change=lambda blocks: blocks[1:]), "all dropped"),
        (loop(FIRST, SECOND, change=lambda blocks: blocks[1:]), "some dropped"),
        (loop(FIRST, REDACTED, change=lambda blocks: [blocks[0], blocks[2]]), "redacted dropped"),
        (loop(FIRST, SECOND, change=lambda blocks: [blocks[1], blocks[0], blocks[2]]), "reordered"),
        (loop(FIRST, change=lambda blocks: [{**blocks[0], "thinking": "Bergen."}, blocks[1]]), "edited"),
        (loop(FIRST, change=lambda blocks: [{**blocks[0], "signature": "b3RoZXI="}, blocks[1]]), "edited"),
        (loop(FIRST, change=lambda blocks: [{**blocks[0], "signature": ""}, blocks[1]]), "signature missing"),
        (loop(FIRST, change=lambda blocks: [blocks[1], blocks[0]]), "moved"),
        (loop(FIRST, SECOND, model=BOTH, thinking=ADAPTIVE, change=lambda blocks: blocks[1:]), "some dropped"),
    ],
)
def test_each_change_to_thinking_is_named(steps: tuple[Step, ...], kind: str) -> None:
    """Dropped, edited, reordered, filtered, without its signature."""
    found = finding("R11", *steps)
    assert (found.kind, found.verdict) == (kind, "violation")
    assert found.location.startswith("messages.1.content.")
    assert found.exchanges == ("exch_2", "exch_1")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(loop(FIRST, SECOND), id="as it was"),
        pytest.param(loop(REDACTED), id="redacted, as it was"),
        pytest.param(
            loop(thought("", "b21pdHRlZA=="), change=lambda b: [{**b[0], "thinking": "(hidden)"}, b[1]]),
            id="a text in a block that was served without",
        ),
        pytest.param(
            (
                *loop(FIRST),
                keep(lambda history: [history[0], {**history[1], "content": history[1]["content"][1:]}, *history[2:]]),
                ask("And Rome?"),
                reply("18 °C."),
            ),
            id="an older turn without it",
        ),
        pytest.param(
            (
                *loop(FIRST)[:2],
                keep(lambda h: [h[0], *({"role": "assistant", "content": [block]} for block in h[1]["content"])]),
                *loop(FIRST)[3:],
            ),
            id="one turn in two messages",
        ),
    ],
)
def test_thinking_that_comes_back_rightly(steps: tuple[Step, ...]) -> None:
    """What the API accepts is no finding."""
    found = report(*steps)
    assert found.of("R11") == ()
    assert found.verdicts["R11"] == "pass"


@pytest.mark.parametrize(
    "params",
    [
        {"thinking": {"type": "disabled"}},
        {"model": "claude-haiku-4-5"},
        {"context_management": {"edits": [{"type": "clear_thinking_20251015"}]}},
    ],
)
def test_where_nobody_reads_it(params: dict[str, Any]) -> None:
    """Thinking turned off, another model, old thinking cleared: then nothing has to come back."""
    steps = list(loop(FIRST, change=lambda blocks: blocks[1:]))
    steps[3] = ask(result("oslo", "4 °C"), **params)
    assert report(*steps).verdicts["R11"] == "not-exercised"


def test_dropped_without_a_budget_is_a_warning() -> None:
    """The API takes it from adaptive thinking; the model loses its thread."""
    steps = loop(FIRST, model=BOTH, thinking=ADAPTIVE, change=lambda blocks: blocks[1:])
    found = finding("R11", *steps)
    assert (found.kind, found.verdict) == ("all dropped", "warning")


def test_a_stream_without_its_signature() -> None:
    """The finding says where signatures of a stream are."""
    steps = list(loop(FIRST, change=lambda blocks: [{**blocks[0], "signature": None}, blocks[1]]))
    steps[1] = streams(FIRST, call("oslo", "get_weather", city="Oslo"))
    assert "signature_delta" in finding("R11", *steps).actual


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"model": NEW, "thinking": BUDGET}, "mode"),
        ({"model": OLD, "thinking": ADAPTIVE}, "mode"),
        ({"model": "claude-fable-5", "thinking": {"type": "disabled"}}, "mode"),
        ({"model": OLD, "thinking": {"type": "enabled", "budget_tokens": 512}}, "budget too small"),
        ({"model": OLD, "thinking": {"type": "enabled"}}, "budget too small"),
        ({"model": OLD, "thinking": BUDGET, "max_tokens": 2048}, "no room"),
        ({"model": "claude-haiku-4-5", "thinking": BUDGET, "max_tokens": 2000, "headers": INTERLEAVED}, "no room"),
        (
            {"model": "claude-opus-5", "thinking": {"type": "disabled"}, "output_config": {"effort": "max"}},
            "off with effort",
        ),
        ({"model": BOTH, "thinking": BUDGET, "max_tokens": 8192}, None),
        ({"model": OLD, "thinking": BUDGET, "max_tokens": 2000, "headers": INTERLEAVED}, None),
        (
            {"model": "claude-opus-5", "thinking": {"type": "disabled"}, "output_config": {"effort": "high"}},
            None,
        ),
        ({"model": "claude-3-haiku-20240307", "thinking": {"type": "disabled"}}, None),
    ],
)
def test_modes_and_budgets(params: dict[str, Any], kind: str | None) -> None:
    """Each model takes its own; interleaved thinking may exceed max_tokens where the model knows it."""
    found = report(ask("Hi", **{"max_tokens": 16000, **params}), reply("Hello."))
    assert [each.kind for each in found.of("R25")] == ([kind] if kind else [])
    assert found.verdicts["R25"] == ("violation" if kind else "pass")


def test_an_unknown_model_is_not_judged() -> None:
    """Nobody knows which modes it takes."""
    found = report(ask("Hi", model="claude-next-9", max_tokens=16000, thinking=BUDGET), reply("Hello."))
    assert found.verdicts["R25"] == "inconclusive"


def test_rows_of_batches_are_judged_too() -> None:
    """A batch with a mode its model does not take is full of errors a day later."""
    found = finding("R25", create(row("a", "Hi", thinking=BUDGET)))
    assert found.location == "requests.0.params.thinking.type"


@pytest.mark.parametrize(
    ("thinking", "choice", "verdict"),
    [
        (BUDGET, {"type": "any"}, "violation"),
        (BUDGET, {"type": "tool", "name": "get_weather"}, "violation"),
        (BUDGET, {"type": "auto"}, "pass"),
        (BUDGET, {"type": "none"}, "pass"),
        (BUDGET, None, "pass"),
        (ADAPTIVE, {"type": "any"}, "not-exercised"),
        (None, {"type": "any"}, "not-exercised"),
    ],
)
def test_forced_tools(thinking: Any, choice: Any, verdict: str) -> None:
    """A budget forbids them; with adaptive thinking they are documented to work."""
    params = {"model": BOTH, "max_tokens": 8192, "tools": TOOLS, "thinking": thinking, "tool_choice": choice}
    assert report(ask("Oslo?", **params), reply("4 °C.")).verdicts["R26"] == verdict


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("Thinking may not be enabled when tool_choice forces tool use.", "violation"),
        ("Tool 'look' not found in provided tools", "not-exercised"),
        ("messages: at least one message is required", "not-exercised"),
    ],
)
def test_forced_tools_that_were_refused(message: str, verdict: str) -> None:
    """Whatever is documented of adaptive thinking, an answer that says why it refused decides."""
    choice = {"type": "any"}
    params: dict[str, Any] = {"model": BOTH, "tools": TOOLS, "thinking": ADAPTIVE, "tool_choice": choice}
    assert report(ask("Oslo?", **params), fails(400, message=message)).verdicts["R26"] == verdict


def test_conversations_are_kept_apart() -> None:
    """The same question in another conversation, after another answer, is no repeat."""
    steps = (HARD, reply(thought("Easy."), "Yes."), new(), HARD, USED_UP, FORGET, ask(max_tokens=9000), reply("Yes."))
    assert report(*steps).of("R09") == ()


def test_parallel_attempts_one_of_which_got_its_answer() -> None:
    """The program has an answer; what became of the other does not matter."""
    steps = (HARD, USED_UP, FORGET, at(0.1), again(0.0), reply("Yes."))
    assert report(*steps, oracles=ended("returned", "")).verdicts["R09"] == "pass"
