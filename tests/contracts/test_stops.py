"""The rules on stop reasons: what looks wrong and is right, and the smallest changes that make right wrong."""

from typing import Any

import pytest

from claudemock_contracts.examples import Step, again, ask, at, call, keep, new, reply, result, thought, tool
from claudemock_contracts.oracles import Oracles, Outcome
from tests.contracts.judging import finding, report, said

WRITE = ask("Write a poem to a file.", tools=[tool("write_file")], max_tokens=100)
CUT = call("one", "write_file", path="a")
STORY = "Once upon a time there was a"
WEB = {"type": "web_search_20250305", "name": "web_search"}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "bridge"}}
FIRST = {"role": "user", "content": "When was it built?"}


def returned(value: Any) -> Oracles:
    """The program gave this back."""
    return Oracles(outcomes=[Outcome(kind="returned", value=value)])


def raised(error: str) -> Oracles:
    """The program ended with this."""
    return Oracles(outcomes=[Outcome(kind="raised", error=error)])


def repeated(times: int, *answer: Any, seconds: float = 0.1, **fields: Any) -> list[Step]:
    """The same request several times, each with the same answer."""
    forget = keep(lambda history: history[:1])
    return [step for _ in range(times) for step in (again(seconds), reply(*answer, **fields), forget)]


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            (WRITE, reply(CUT), ask(result("one", "The call was cut off.", is_error=True)), reply("Again, then.")),
            id="an error as the result",
        ),
        pytest.param(
            (WRITE, reply(CUT), ask(result("one", "Not run: the call was truncated.")), reply("Again, then.")),
            id="a result that says so",
        ),
        pytest.param(
            (WRITE, reply(CUT), keep(lambda history: history[:1]), ask(max_tokens=400), reply("Done.")),
            id="asked again with a larger limit",
        ),
        pytest.param(
            (
                *(WRITE, reply(call("two", "write_file", path="b"), "And here is the"), ask(result("two", "written"))),
                *(reply("rest of it all."),),
            ),
            id="the call was whole, the text behind it was cut",
        ),
        pytest.param((ask("A story."), reply(STORY), ask("Go on."), reply("dragon.")), id="the rest is asked for"),
        pytest.param((ask("A story."), reply(STORY), ask(), reply("dragon.")), id="the rest, as a prefill"),
        pytest.param((ask("A story."), reply(STORY), *repeated(1, "Once, a dragon.")), id="one more attempt"),
    ],
)
def test_answers_that_were_cut_and_are_treated_so(reason: str, steps: tuple[Step, ...]) -> None:
    """The first answer of each stops for the reason; what follows is right."""
    assert said(*cut_at(reason, steps)) == set()


def cut_at(reason: str, steps: tuple[Step, ...]) -> list[Step]:
    """The steps, with this stop reason for the first answer."""

    def step(scene: Any) -> None:
        begun = len(scene.exchanges)
        steps[1](scene)
        answer = dict(scene.exchanges[begun].response)
        scene.exchanges[begun].response.update(answer | {"stop_reason": reason})

    return [steps[0], step, *steps[2:]]


@pytest.mark.parametrize(
    ("rule", "reason", "verdict"),
    [("R08", "max_tokens", "violation"), ("R29", "model_context_window_exceeded", "warning")],
)
def test_answers_that_were_cut_and_are_used(rule: str, reason: str, verdict: str) -> None:
    """The call is run, the same is asked again and again, the text is returned: each is told."""
    run = (WRITE, reply(CUT, stop_reason=reason), ask(result("one", "0 characters")), reply("Done."))
    assert said(*run) == {(rule, verdict)}
    assert finding(rule, *run).kind == "cut call run"
    same = (ask("As JSON."), reply('{"a', stop_reason=reason), *forgotten(2, '{"a', stop_reason=reason))
    assert said(*same) == {(rule, verdict)}
    whole = (ask("A story."), reply(STORY, stop_reason=reason))
    assert said(*whole, oracles=returned(STORY)) == {(rule, verdict)}
    assert said(*whole, oracles=returned({"text": STORY, "truncated": True})) == set()
    assert report(*whole, oracles=raised("TruncatedError: no")).verdicts[rule] == "pass"
    assert report(*whole).verdicts[rule] == "inconclusive"


def forgotten(times: int, *answer: Any, **fields: Any) -> list[Step]:
    """The history is cut back to the question, and it is asked again."""
    return [keep(lambda history: history[:1]), *repeated(times, *answer, **fields)]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((ask("Label.", max_tokens=4), reply("deliv", stop_reason="max_tokens")), id="tiny on purpose"),
        pytest.param((ask("Warm.", max_tokens=0), reply(stop_reason="max_tokens")), id="a cache made warm"),
        pytest.param((ask("Think."), reply(thought("Hm."), stop_reason="max_tokens")), id="only thinking"),
    ],
)
def test_cuts_that_mean_nothing(steps: tuple[Step, ...]) -> None:
    """Labels, cache warming and thinking are not judged here."""
    assert report(*steps, oracles=returned("deliv")).verdicts["R08"] == "not-exercised"


def test_samples_at_once_are_no_repeats() -> None:
    """The same prompt many times at once, all cut at the same length."""
    steps = [
        step
        for n in range(5)
        for step in (new(), at(0.01 * n), ask("A story."), reply(STORY, stop_reason="max_tokens", seconds=2))
    ]
    assert said(*steps) == set()


def test_a_result_that_tells_of_a_failure_is_a_warning() -> None:
    """It may not have been run; it should still be marked as an error."""
    steps = (WRITE, reply(CUT, stop_reason="max_tokens"), ask(result("one", "3 validation errors for WriteFile")))
    assert finding("R08", *steps, reply("Again.")).verdict == "warning"


def test_reasons_of_the_future() -> None:
    """They end the answer; they are no tool call, and nothing to fall over."""
    text = (ask("Hi"), reply("Hi.", stop_reason="new_reason"))
    assert report(*text, ask("Bye"), reply("Bye.")).verdicts["R29"] == "pass"
    assert said(*text, oracles=raised("ValueError: 'new_reason' is not a valid StopReason")) == {("R29", "warning")}
    ran = (WRITE, reply(CUT, stop_reason="new_reason"), ask(result("one", "written")), reply("Done."))
    assert finding("R29", *ran).kind == "new reason: calls run"


PAUSED = (ask("When was it built?", tools=[WEB]), reply("Let me look that up.", SEARCH, stop_reason="pause_turn"))


def test_a_paused_turn_goes_on() -> None:
    """With the content as it came, also in a thread; a tool's markers and nulls are no change."""
    assert said(*PAUSED, ask(), reply("In 1894.")) == set()
    thread = {"type": "continue", "previous_message_id": "msg_001"}
    assert said(*PAUSED, keep(lambda _: []), ask(thread=thread), reply("In 1894.")) == set()
    marked = {**SEARCH, "cache_control": {"type": "ephemeral"}, "caller": None}
    assert report(*resent("Let me look that up.", marked)).of("R27") == ()


def resent(*content: Any) -> tuple[Step, ...]:
    """The paused turn, sent back with this content."""
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    return (*PAUSED, keep(lambda h: [h[0], {"role": "assistant", "content": blocks}]), ask(), reply("In 1894."))


def test_a_paused_turn_that_is_spoilt() -> None:
    """Nothing goes on from it; words stand behind it; its blocks are dropped or changed."""
    assert finding("R27", *PAUSED).kind == "not resumed"
    assert finding("R27", *PAUSED, ask("Please continue."), reply("In 1894.")).kind == "words added"
    assert finding("R27", *resent("Let me look that up.")).kind == "blocks dropped"
    assert finding("R27", *resent("Let me look it up.", SEARCH)).verdict == "warning"
    assert report(*PAUSED, oracles=raised("PausedError: not supported")).verdicts["R27"] == "pass"


def test_nobody_expects_a_pause_without_server_tools() -> None:
    """A program that has none never sees it."""
    steps = (ask("Hi", tools=[tool("search")]), reply("Hm.", stop_reason="pause_turn"))
    assert report(*steps).verdicts["R27"] == "not-exercised"


REFUSED = (ask("Which cultures do I need?"), reply(stop_reason="refusal"))


@pytest.mark.parametrize(
    ("steps", "oracles"),
    [
        pytest.param((ask(model="claude-sonnet-4-5"), reply("A starter.")), returned("A starter."), id="another model"),
        pytest.param((), raised("DeclinedError: no"), id="told"),
        pytest.param((), returned("The model declined."), id="told in words"),
        pytest.param((again(0.1), reply("A starter.")), returned("A starter."), id="one more attempt"),
        pytest.param((again(3600), reply(stop_reason="refusal")), None, id="an hour later"),
    ],
)
def test_refusals_that_are_treated_so(steps: tuple[Step, ...], oracles: Oracles | None) -> None:
    """Another model, or a word to the user."""
    assert said(*REFUSED, *steps, oracles=oracles) == set()


def test_refusals_that_are_ignored() -> None:
    """Asked again and again, kept in the history, or returned as if they were an answer."""
    assert finding("R28", *REFUSED, *repeated(2, stop_reason="refusal")).kind == "asked again"
    partly = (ask("How?"), reply("First you take some", stop_reason="refusal"))
    assert finding("R28", *partly, ask("And then?"), reply("No idea at all.")).kind == "kept"
    assert said(*partly, oracles=returned("First you take some")) == {("R28", "violation")}
    assert said(*REFUSED, oracles=returned("")) == {("R28", "violation")}
    assert report(*REFUSED).verdicts["R28"] == "inconclusive"
