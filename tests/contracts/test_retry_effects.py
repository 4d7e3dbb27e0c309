"""What retries do besides, and timeouts: traps and damages."""

from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import (
    Example,
    Step,
    again,
    ask,
    call,
    fails,
    hangs_up,
    http,
    keep,
    new,
    reply,
    result,
    streams,
    tool,
    wait,
)
from claudemock_contracts.exchange import Ended
from claudemock_contracts.oracles import Oracles, Outcome, ToolRun
from claudemock_contracts.run import judge
from tests.contracts.judging import finding, prompts, report, said

BATCHES = "/v1/messages/batches"
FULL = "The tide turns at noon."
PART = "The tide t"


def broken(*content: Any, error: str | None = "overloaded_error", ended: Ended = "clean") -> Step:
    """A stream that breaks off behind its first block; the client keeps nothing."""
    return streams(*content, until=4 * len(content) - 1, error=error, ended=ended, keep=False)


def kept(*content: Any) -> Step:
    """The client takes this for the answer."""
    return keep(lambda history: [*history, {"role": "assistant", "content": list(content) or ""}])


def text(words: str) -> dict[str, str]:
    """A text block."""
    return {"type": "text", "text": words}


TIDE = ask("When does the tide turn?", stream=True)
THANKS = (ask("Thank you."), streams("You are welcome."))


@pytest.mark.parametrize("failures", [1, 2])
@pytest.mark.parametrize("error", ["overloaded_error", None])
def test_text_that_is_there_twice(failures: int, error: str | None) -> None:
    """All that had been said before, or the last of it, in front of the whole answer."""
    start = [TIDE, *[step for _ in range(failures) for step in (broken(PART, error=error), again(1.0))]]
    everything = (*start, streams(FULL, keep=False), kept(text(PART * failures + FULL)), *THANKS)
    assert ("R42", "violation") in said(*everything)
    last = (*start, streams(FULL, keep=False), kept(text(PART), text(FULL)), *THANKS)
    assert finding("R42", *last).kind == "text twice"
    right = (*start, streams(FULL), *THANKS)
    assert said(*right) == set()


def test_text_that_is_returned_twice() -> None:
    """The test tells what the program gave back."""
    steps = (TIDE, broken(PART), again(1.0), streams(FULL))
    twice = Oracles(outcomes=[Outcome(kind="returned", value={"answer": PART + FULL})])
    assert said(*steps, oracles=twice) == {("R42", "violation")}
    once = Oracles(outcomes=[Outcome(kind="returned", value={"answer": FULL})])
    assert report(*steps, oracles=once).verdicts["R42"] == "pass"
    assert report(*steps).verdicts["R42"] == "inconclusive"


def test_calls_that_are_there_twice() -> None:
    """A tool call of the attempt that broke off stands beside the one of the whole answer."""
    one, two = call("one", "search", query="a"), call("two", "search", query="a")
    start = (ask("Search.", tools=[tool("search")], stream=True), broken(one), again(1.0), streams(two, keep=False))
    both = (*start, kept(one, two), ask(result("one", "x"), result("two", "x")), streams("Found."))
    assert ("R42", "violation") in said(*both)
    assert finding("R42", *both).kind == "call twice"
    assert said(*start, kept(two), ask(result("two", "x")), streams("Found.")) == set()


def created(
    *, ended: Ended = "clean", name: str = "msgbatch_1", status: int = 200, rows: int = 1, retry: int = 0
) -> Step:
    """A batch is created; `retry` is the SDK's counter."""
    body = {"requests": [{"custom_id": f"page-{n}", "params": {}} for n in range(rows)]}
    shown = {"id": name, "processing_status": "in_progress"} if ended == "clean" else None
    headers = {"x-stainless-retry-count": str(retry)} if retry else {}

    def step(scene: Any) -> None:
        scene.send(method="POST", path=BATCHES, body=body, headers=headers)
        scene.answer(0.1, status=status, response=shown, ended=ended)

    return step


LOOK = http("GET", BATCHES, response={"data": []})


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((created(ended="cut"), LOOK, created()), id="it looks first"),
        pytest.param((created(ended="cut"), created(rows=2)), id="another batch"),
        pytest.param((created(), created(name="msgbatch_2")), id="two on purpose"),
        pytest.param((created(status=529), created()), id="after an error, which made nothing"),
        pytest.param((created(ended="cut"), created(retry=1), LOOK), id="the SDK did it, and the program looks"),
    ],
)
def test_batches_that_are_made_once(steps: tuple[Step, ...]) -> None:
    """Creating again is right where nothing had been made."""
    assert not {entry for entry in said(*steps) if entry[0] == "R43"}


@pytest.mark.parametrize("ended", ["cut", "reset", "client_gone"])
def test_batches_that_are_made_twice(ended: Ended) -> None:
    """By the program: an error. By the SDK: a warning, for the program can look."""
    assert finding("R43", created(ended=ended), created()).verdict == "violation"
    by_sdk = finding("R43", created(ended=ended), created(retry=1))
    assert by_sdk.verdict == "warning"
    assert "max_retries=0" in by_sdk.fix


def test_files_that_are_uploaded_twice() -> None:
    """A form's boundary is made anew each time, and does not make it another form."""

    def upload(boundary: str, ended: Ended) -> Step:
        def step(scene: Any) -> None:
            headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
            scene.send(
                method="POST", path="/v1/files", body=f"--{boundary}\r\nsecret\r\n--{boundary}--", headers=headers
            )
            scene.answer(0.1, status=200, response=None, ended=ended)

        return step

    assert finding("R43", upload("abc", "cut"), upload("xyz", "clean")).kind == "file again"


def test_tools_that_run_again_with_the_request() -> None:
    """One call, two runs, around a request that was retried; two calls may have two runs."""
    steps = (
        *(ask("Oslo?", tools=[tool("mail")]), reply(call("one", "mail", to="a"))),
        *(ask(result("one", "sent")), fails(529), again(1.0), reply("Done.")),
    )
    runs = [ToolRun(name="mail", input={"to": "a"}, output="sent")]
    assert report(*steps, oracles=Oracles(tools=runs)).verdicts["R43"] == "pass"
    assert said(*steps, oracles=Oracles(tools=runs * 2)) == {("R43", "violation")}
    without = (*steps[:3], reply("Done."))
    assert report(*without, oracles=Oracles(tools=runs * 2)).verdicts["R43"] == "not-exercised"


@pytest.mark.parametrize(
    ("second", "kinds"),
    [("confirmation 4712", ["tool run again"]), ("confirmation 4711", []), (None, [])],
    ids=["another result", "the same result", "another call"],
)
def test_another_result_after_a_failure_is_a_tool_that_ran_again(second: str | None, kinds: list[str]) -> None:
    """On the wire alone: the same calls, answered differently, are one call and its retry."""
    following = ask(result("one", second)) if second else ask("Never mind.")
    steps = (
        *(ask("A room?", tools=[tool("book")]), reply(call("one", "book", room=12))),
        *(
            ask(result("one", "confirmation 4711")),
            fails(529),
            wait(2.0),
            keep(lambda messages: messages[:-1]),
            following,
        ),
        reply("Booked."),
    )
    found = report(*steps)
    assert [each.kind for each in found.of("R43")] == kinds
    assert bool(found.of("R03")) == (second is None)


def test_a_body_that_changes_between_attempts() -> None:
    """The counter says it is the same call; the body says something else."""

    def attempt(number: int, words: str) -> Step:
        return ask(words, headers={"x-stainless-retry-count": str(number)})

    steps = (attempt(0, "It is 10:00. Hi"), fails(529), keep(lambda _: []), attempt(1, "It is 10:01. Hi"), reply("Hi."))
    found = finding("R43", *steps)
    assert found.kind == "body changed"
    assert found.location == "messages.0"


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((ask("Hi", max_tokens=64_000, stream=True), streams("Hi.")), id="a stream"),
        pytest.param(
            (ask("Hi", max_tokens=64_000, headers={"x-stainless-timeout": "1800"}), reply("Hi.")), id="half an hour"
        ),
        pytest.param(
            (ask("Hi", max_tokens=500, headers={"x-stainless-read-timeout": "5"}), reply("Hi.")), id="a short answer"
        ),
        pytest.param(
            (ask("Hi", max_tokens=9_000, stream=True, headers={"x-stainless-read-timeout": "10"}), streams("Hi.")),
            id="between the events of a stream",
        ),
        pytest.param((ask("Hi", max_tokens=64_000), reply("Hi.")), id="nobody knows the timeout"),
        pytest.param(
            (ask("Hi", max_tokens=9_000), hangs_up("client_gone", seconds=3), new(), ask("Bye"), reply("Bye.")),
            id="somebody pressed stop",
        ),
    ],
)
def test_timeouts_that_fit(steps: tuple[Step, ...]) -> None:
    """Also those nobody knows: a raw client may wait for an hour."""
    assert said(*steps) == set()


def test_timeouts_that_do_not_fit() -> None:
    """By the SDK's word, or by what the client did."""
    short = (ask("Hi", max_tokens=64_000, headers={"x-stainless-read-timeout": "600"}), reply("Hi."))
    assert finding("R46", *short).kind == "not streamed"
    left = (ask("Hi", max_tokens=9_000), hangs_up("client_gone", seconds=10), again(1.0), reply("Hi."))
    assert finding("R46", *left).kind == "too short"


def test_a_stream_that_was_alive() -> None:
    """A timeout for all of a stream ends it while it is being written; somebody who presses stop asks nothing again."""

    def given_up(*more: Step) -> list[str]:
        steps = (ask("Hi", max_tokens=9_000, stream=True), streams("Once", until=3, ended="client_gone", seconds=10))
        exchanges = Example("…", *steps, *more).exchanges()
        events = exchanges[0].events or ()
        timed = tuple(event._replace(at_ms=3_000.0 * number) for number, event in enumerate(events, 1))
        exchanges[0] = replace(exchanges[0], events=timed)
        return [found.kind for found in judge(exchanges, prompts=prompts()).of("R46")]

    assert given_up(again(1.0), streams("Once upon a time.")) == ["stream given up"]
    assert given_up() == []
