"""The streaming rules: what looks wrong and is right, and the smallest changes that make right wrong."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import Step, again, ask, call, keep, new, reply, result, streams, tool
from claudemock_contracts.exchange import Ended, Event
from claudemock_contracts.oracles import Oracles, Outcome
from tests.contracts.judging import finding, report, said

HALF = "First melt the butter, then"
WHOLE = "First melt the butter, then add the flour."
ASKED = ask("How do I make the sauce?", stream=True)
NEXT = (ask("And what then?"), streams("Stir for ten minutes."))
FUTURE = Event("glow", {"type": "glow"})


def text(words: str) -> dict[str, str]:
    """A text block."""
    return {"type": "text", "text": words}


def broken(*content: Any, error: bool = True, ended: Ended = "clean", until: int = 3) -> Step:
    """A stream that breaks off, by an error event or by itself; the client keeps nothing yet."""
    return streams(*content, until=until, error="overloaded_error" if error else None, ended=ended, keep=False)


def kept(*content: Any) -> Step:
    """The client takes this for the answer."""
    return keep(lambda history: [*history, {"role": "assistant", "content": list(content)}])


def returned(value: Any) -> Oracles:
    """The program gave this back."""
    return Oracles(outcomes=[Outcome(kind="returned", value=value)])


def raised(error: str) -> Oracles:
    """The program ended with this."""
    return Oracles(outcomes=[Outcome(kind="raised", error=error)])


@pytest.mark.parametrize("error", [True, False])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((kept(text(HALF)), ask()), id="the rest as a prefill"),
        pytest.param(
            (keep(lambda _: []), ask(f"Your answer was interrupted. It ended with: {HALF} Continue from there.")),
            id="the rest, quoting what had come",
        ),
        pytest.param((kept(text(HALF)), ask("You were interrupted. Please continue.")), id="the rest, in words"),
        pytest.param((again(0.5),), id="again"),
        pytest.param((kept(text(f"{HALF} [interrupted]")), ask("And what then?")), id="kept with a mark"),
        pytest.param((new(), ask("Something else.")), id="given up"),
    ],
)
def test_half_an_answer_that_is_not_taken_for_whole(error: bool, steps: tuple[Step, ...]) -> None:
    """To make the call again, to ask for the rest, and to say so are all right."""
    assert said(ASKED, broken(HALF, error=error), *steps, streams(WHOLE, keep=False)) == set()


@pytest.mark.parametrize(("rule", "error"), [("R05", True), ("R22", False)])
@pytest.mark.parametrize("ended", ["clean", "cut", "reset"])
def test_half_an_answer_that_is_taken_for_whole(rule: str, error: bool, ended: Ended) -> None:
    """In the history, or as what the program returns; told by the one rule it belongs to."""
    start = (ASKED, broken(HALF, error=error, ended=ended))
    assert said(*start, kept(text(HALF)), *NEXT) == {(rule, "violation")}
    assert said(*start, kept(text(f"{HALF}\n")), *NEXT) == {(rule, "violation")}
    assert said(*start, oracles=returned([HALF])) == {(rule, "violation")}
    assert said(*start, oracles=returned({"text": HALF, "complete": False})) == set()
    assert report(*start, oracles=raised("APIStatusError: Overloaded")).verdicts[rule] == "pass"
    assert report(*start).verdicts[rule] == "inconclusive"
    assert finding(rule, *start, kept(text(HALF)), *NEXT).location == "messages.1.content"


def test_an_empty_answer_is_no_answer() -> None:
    """The error came first, and the program returns nothing as if that were the answer."""
    start = (ASKED, broken("Hello", until=1))
    assert said(*start, oracles=returned("")) == {("R05", "violation")}
    assert said(*start, oracles=returned("The service is busy.")) == set()


@pytest.mark.parametrize(("rule", "error"), [("R05", True), ("R22", False)])
def test_a_call_of_half_an_answer_is_run(rule: str, error: bool) -> None:
    """The stream broke off behind a tool call, and the tool was run all the same."""
    one = call("one", "mail", to="a")
    steps = (ask("Mail a.", tools=[tool("mail")], stream=True), broken(one, error=error, until=4), kept(one))
    assert finding(rule, *steps, ask(result("one", "sent")), streams("Sent.")).kind == "call run"


def test_what_the_client_ended_is_not_truncated() -> None:
    """Somebody pressed stop and asked something else: half an answer in the history is what there was."""
    steps = (ASKED, broken(HALF, error=False, ended="client_gone"), kept(text(HALF)), *NEXT)
    assert said(*steps) == set()


def test_an_answer_that_was_whole_but_for_its_end() -> None:
    """The stop reason was there; the last event is not needed."""
    steps = (ASKED, streams(WHOLE, until=5, ended="cut"), *NEXT)  # all but message_stop
    assert said(*steps) == set()
    assert report(*steps).verdicts["R22"] == "not-exercised"


def test_two_answers_with_the_same_words() -> None:
    """The second attempt said no more than the first; it is the one that was kept."""
    assert said(ASKED, broken("Melt it."), again(1.0), streams("Melt it."), *NEXT) == set()


INPUT = {"query": "north sea", "limit": 3}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("empty", {}),
        ("no object", "[]"),
        ("no object", '{"query": "north sea", "limit": 3}'),
        ("no object", None),
        ("in part", {"query": "north sea"}),
        ("in part", {"query": "north", "limit": 3}),
        ("broken characters", {"query": "north \ufffdea", "limit": 3}),
        ("altered", {"query": "south sea", "limit": 3}),
        ("another call's", {"query": "ferries"}),
        (None, {"limit": 3, "query": "north sea"}),
        (None, {"query": "north sea", "limit": 3, "page": 1}),
    ],
)
def test_inputs_that_were_put_together(kind: str | None, sent: Any) -> None:
    """The order of keys, and fields a program adds, are its own business."""
    one, two = call("one", "search", **INPUT), call("two", "search", query="ferries")
    steps = (
        *(ask("Are there ferries?", tools=[tool("search")], stream=True), streams(one, two, keep=False)),
        *(kept({**one, "input": sent}, two), ask(result("one", "1"), result("two", "2")), streams("There are.")),
    )
    found = report(*steps).of("R24")
    assert [each.kind for each in found] == ([] if kind is None else [kind])
    assert {each.verdict for each in found} <= {"warning" if kind == "altered" else "violation"}


def test_a_call_without_arguments() -> None:
    """No piece of input at all means an empty object."""
    now = {"type": "tool_use", "id": "toolu_now", "name": "now", "input": {}}
    start = (ask("When?", tools=[tool("now")], stream=True), streams(now, keep=False))
    after = (ask(result("now", "10:00")), streams("At ten."))
    assert said(*start, kept(now), *after) == set()
    assert finding("R24", *start, kept({**now, "input": ""}), *after).kind == "no object"


def test_inputs_that_are_no_json_by_contract() -> None:
    """Eager streaming may deliver half an input; an error as the result is right."""
    half = Event(
        "content_block_delta",
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a'}},
    )
    steps = (
        ask("Search.", tools=[tool("search")], stream=True),
        streams(call("one", "search", query="a"), between={2: half}, keep=False),
        kept(call("one", "search")),
        ask(result("one", "The input was not JSON.", is_error=True)),
        streams("I shall try again."),
    )
    assert said(*steps) == set()


@pytest.mark.parametrize(
    ("error", "verdict"), [("JSONDecodeError: Expecting value", "violation"), ("RuntimeError: no", "not-exercised")]
)
def test_a_program_that_fails_on_the_pieces(error: str, verdict: str) -> None:
    """The stream was whole, and the program ended while reading it."""
    steps = (ask("Search.", tools=[tool("search")], stream=True), streams(call("one", "search", query="a")))
    assert report(*steps, oracles=raised(error)).verdicts["R24"] == verdict


def odd_delta(kind: str) -> Event:
    """A delta of a kind nobody knows."""
    return Event("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": {"type": kind}})


def odd_block() -> Event:
    """A block of a kind nobody knows."""
    block = {"type": "future_block", "glow": 1}
    return Event("content_block_start", {"type": "content_block_start", "index": 1, "content_block": block})


@pytest.mark.parametrize("odd", [FUTURE, odd_delta("glow_delta"), odd_block()], ids=["event", "delta", "block"])
def test_what_is_unknown_is_passed_over(odd: Event) -> None:
    """The program goes on, or ends well; where it ends badly it is told, and where nobody says it is open."""
    start = (ASKED, streams("One. ", "Two.", between={4: odd}))
    assert report(*start, *NEXT, oracles=returned("One. Two.")).verdicts["R60"] == "pass"
    assert said(*start, oracles=raised("KeyError: 'glow'")) == {("R60", "violation")}
    assert said(*start, *NEXT, oracles=raised("ValueError: something later")) == set()
    assert report(*start).verdicts["R60"] == "inconclusive"


def test_text_behind_the_unknown_is_lost() -> None:
    """A reader that stops at what it does not know."""
    steps = (ASKED, streams("One. ", "Two.", between={4: FUTURE}, keep=False), kept(text("One.")), *NEXT)
    assert finding("R60", *steps).kind == "text lost"


def test_what_is_known_is_nothing_unknown() -> None:
    """Pings and server tools' blocks are part of the API."""
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    steps = (ASKED, streams("One.", found, "Two.", between={1: Event("ping", {"type": "ping"})}), *NEXT)
    assert report(*steps).verdicts["R60"] == "not-exercised"


def many(number: int, ended: Ended) -> list[Step]:
    """Some streams of which the first event came."""
    short = streams("Yes.", until=1, ended=ended, keep=False)
    return [step for n in range(number) for step in (new(), ask(f"{n}?", stream=True), short)]


def test_streams_that_are_closed_at_once() -> None:
    """As a habit it is a note; once, or now and then, it is somebody who pressed stop."""
    assert finding("R47", *many(4, "client_gone")).verdict == "note"
    assert report(*many(1, "client_gone")).of("R47") == ()
    rest: Callable[[int], list[Step]] = lambda n: [new(), ask(f"{n}!", stream=True), streams("Yes, indeed.")]  # noqa: E731
    assert report(*many(3, "client_gone"), *rest(1), *rest(2), *rest(3)).of("R47") == ()


def test_a_stream_nobody_reads() -> None:
    """It is still open when the test is over."""

    def unread(scene: Any) -> None:
        scene.send(body={**scene.sent, "stream": True})
        scene.answer(status=200, events=(Event("message_start", {"type": "message_start"}),), ended=None)
        scene.exchanges[-1] = replace(scene.exchanges[-1], end_ms=None)

    assert finding("R47", ask("Hi", stream=True), reply("Hi."), unread).kind == "left open"
