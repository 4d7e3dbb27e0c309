"""Exchanges read as what happened: streams, attempts, conversations, threads, batches, files."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock_contracts.examples import (
    Example,
    again,
    ask,
    at,
    call,
    events_of,
    fails,
    hangs_up,
    http,
    keep,
    new,
    reply,
    result,
    streams,
    text,
    thought,
    tool,
)
from claudemock_contracts.exchange import Event, Exchange
from claudemock_contracts.transcript import read_transcript
from claudemock_contracts.transcript.served import assemble
from claudemock_contracts.transcript.sse import parse_events
from tests.contracts.judging import prompts, transcript

CONTENT = [thought("Hm."), text("Two cities: Ω and 🜁."), call("oslo", "get_weather", city="Oslo", days=[1, 2])]
MESSAGE = {"id": "msg_1", "content": CONTENT, "stop_reason": "tool_use", "usage": {"output_tokens": 9}}


def sse(newline: str = "\n") -> str:
    """The message as the text of its stream."""
    lines = [f"event: {event.name}{newline}data: {json.dumps(event.data)}{newline}" for event in events_of(MESSAGE)]
    return newline.join(lines) + newline


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_stream_is_put_together(newline: str) -> None:
    """In every line ending, with comments and pings between."""
    noise = f": comment{newline}{newline}event: ping{newline}data: {{}}{newline}{newline}"
    served = assemble(parse_events(noise + sse(newline)))
    assert list(served.content) == CONTENT
    assert (served.stop_reason, served.complete, served.stopped) == ("tool_use", True, True)
    assert served.usage == {"output_tokens": 9}
    assert served.problems == ()


@given(st.integers(min_value=0, max_value=len(sse())))
def test_a_stream_cut_anywhere_is_read_as_far_as_it_came(length: int) -> None:
    """Never an error, never more than was there, and complete only with its stop reason."""
    served = assemble(parse_events(sse()[:length]))
    assert served.complete == ("stop_reason" in sse()[:length] and served.stop_reason == "tool_use")
    assert len(served.content) <= len(CONTENT)
    if served.content:
        assert CONTENT[0]["thinking"].startswith(served.content[0]["thinking"])


def test_malformed_streams_are_told_not_hidden() -> None:
    """Whatever is wrong with a stream is named."""
    start, block, delta = events_of(MESSAGE)[:3]
    assert assemble([block]).problems == ("no message_start",)
    assert "did not start" in assemble([start, delta]).problems[0]
    assert "starts twice" in assemble([start, block, block]).problems[0]
    assert "not a JSON object" in assemble([start, Event("content_block_delta", None, None, "{oops")]).problems[0]


def test_tool_inputs_that_are_no_json_are_kept_as_text() -> None:
    """A cut input is evidence; an empty one is an object."""
    cut, none = call("a", "write", path="a", content="b"), call("b", "now")
    events = events_of({**MESSAGE, "content": [cut, none]})
    events[2] = Event(
        None,
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": '{"path": "a", "co'},
        },
    )
    events[5] = Event(
        None, {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": ""}}
    )
    served = assemble(events)
    assert served.broken_inputs == {0: '{"path": "a", "co'}
    assert [block["input"] for block in served.content] == [{}, {}]


def test_an_error_event_makes_a_stream_incomplete() -> None:
    """Also when all of the message had come before."""
    story = transcript(ask("Hello?"), streams("Hello.", error="overloaded_error"))
    assert story.calls[0].failed
    assert story.calls[0].served is not None
    assert story.calls[0].served.error == {"type": "overloaded_error", "message": "overloaded error"}


def chains(*steps: Any) -> list[list[int]]:
    """How many attempts each chain of each logical call has."""
    return [[len(chain.exchanges) for chain in each.chains] for each in transcript(*steps).logical_calls]


def test_attempts_of_an_sdk_are_one_chain_and_those_of_a_program_are_more() -> None:
    """Four attempts by the program, three by the SDK each: twelve requests, one wish."""
    sdk = {"x-stainless-retry-count": "0"}
    first = [ask("Hello?", headers=sdk), fails(529), again(0.5, 1), fails(529), again(1, 2), fails(529)]
    more = [again(1, 0), fails(529), again(0.5, 1), fails(529), again(1, 2), fails(529)]
    assert chains(*first, *more, *more, *more) == [[3, 3, 3, 3]]
    assert chains(*first, again(2, 0), reply("Hello.")) == [[3, 1]]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((ask("A"), reply("Yes."), again(), reply("Yes.")), [[1], [1]]),
        ((ask("A"), fails(500), again(), reply("Yes.")), [[1, 1]]),
        ((ask("A"), fails(500), new(), ask("B"), reply("Yes.")), [[1], [1]]),
        ((ask("A"), fails(529, seconds=5), at(1), again(0), reply("Yes.")), [[1], [1]]),
        ((ask("A"), hangs_up(), again(), reply("Yes.")), [[1, 1]]),
        ((ask("A"), streams("Yes and no.", until=3, ended="cut"), again(), reply("Yes.")), [[1, 1]]),
        ((ask("A"), fails(529), ask(model="claude-sonnet-5"), reply("Yes.")), [[1], [1]]),
        ((http("POST", "/v1/files", body="a", status=500), http("POST", "/v1/files", body="a")), [[1, 1]]),
    ],
    ids=[
        "after a success",
        "after an error",
        "another question",
        "at the same time",
        "after a reset",
        "after a cut",
        "another model",
        "another endpoint",
    ],
)
def test_what_is_an_attempt_at_the_same_thing(steps: tuple[Any, ...], expected: list[list[int]]) -> None:
    """Only what follows a failure, with the same prompt, model and path."""
    assert chains(*steps) == expected


def test_a_conversation_is_known_by_what_was_served() -> None:
    """By ids, by signatures and by texts; and only new messages are fresh."""
    story = transcript(
        ask("One?", tools=[tool("get_weather")]),
        reply(call("oslo", "get_weather", city="Oslo")),
        ask(result("oslo", "4 °C")),
        reply("It is four degrees in Oslo."),
        ask("Thanks."),
        reply("You are very welcome."),
        new(),
        ask("One?"),
        reply("Another answer to the same."),
    )
    assert [(each.previous.number if each.previous else None, each.fresh) for each in story.calls] == [
        (None, 0), (0, 1), (1, 3), (None, 0),
    ]  # fmt: skip
    assert [len(lineage.calls) for lineage in story.lineages] == [3, 1]


def test_moved_cache_markers_make_no_message_fresh() -> None:
    """A marker is no part of the prompt."""
    story = transcript(
        ask(text("One?", cache=True)),
        reply("The answer to the first one."),
        keep(lambda history: [{"role": "user", "content": "One?"}, *history[1:]]),
        ask(text("Two?", cache=True)),
        reply("The answer to the second."),
    )
    assert story.calls[1].fresh == 1


def test_a_message_thread_is_rebuilt() -> None:
    """What a thread does not send again is put before what it does."""
    story = transcript(
        ask("Oslo?", tools=[tool("get_weather")]),
        reply(call("oslo", "get_weather", city="Oslo")),
        keep(lambda _: []),
        ask(result("oslo", "4 °C"), thread={"type": "continue", "previous_message_id": "msg_001"}),
        reply("It is four degrees in Oslo."),
    )
    second = story.calls[1]
    assert second.link == "exact"
    assert [message["role"] for message in second.messages] == ["user", "assistant", "user"]
    assert (second.offset, second.fresh) == (2, 1)
    assert second.where(2, 0) == "messages.0.content.0"


def test_prompts_are_the_same_whether_work_is_shared_or_not() -> None:
    """Reusing an earlier call's digests and counts must not show."""
    steps: list[Any] = [ask("0?", system=[text("s " * 3000, cache=True)], tools=[tool("get_weather")])]
    for number in range(8):
        steps += [
            reply(thought("Hm."), "I shall look.", call(f"c{number}", "get_weather", n=number)),
            ask(result(f"c{number}", "…"), f"{number}?"),
        ]
    story = transcript(*steps, reply("Done with it."))
    for each in story.calls:
        alone = read_transcript([each.exchange], prompts=prompts()).calls[0].prompt
        assert alone.digests() == each.prompt.digests()
        assert [alone.tokens(at) for at in range(len(alone))] == [each.prompt.tokens(at) for at in range(len(alone))]
        assert alone.input_tokens == each.prompt.input_tokens


def test_a_batch_is_followed_to_its_end() -> None:
    """Created, polled, ended, fetched: each state as far as the client saw it."""
    path, shown = "/v1/messages/batches", {"id": "msgbatch_1", "processing_status": "in_progress"}
    create = http("POST", path, body={"requests": [{"custom_id": "a"}, "?"]}, response=shown)
    poll = http("GET", f"{path}/msgbatch_1", response=shown)
    ended = http("GET", f"{path}/msgbatch_1", response={**shown, "processing_status": "ended"})
    fetch = http("GET", f"{path}/msgbatch_1/results", response="{}\n")
    broken = http("GET", f"{path}/msgbatch_1/results", response="{", ended="client_gone")
    cancel = http("POST", f"{path}/msgbatch_1/cancel", response=shown)
    for steps, state in (
        ([create], "never polled"),
        ([create, poll], "given up"),
        ([create, poll, ended], "ended, not fetched"),
        ([create, poll, ended, broken], "fetched in part"),
        ([create, poll, ended, fetch], "collected"),
        ([create, poll, cancel], "canceled"),
    ):
        batch = transcript(*steps).batches.by_id["msgbatch_1"]
        assert batch.state == state
        assert [row.get("custom_id") for row in batch.rows] == ["a", None]


def test_files_know_who_refers_to_them() -> None:
    """Once for each place, however often the history is sent."""
    source = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
    story = transcript(
        http("POST", "/v1/files", body="…", response={"id": "file_1", "size_bytes": 3}),
        ask("Read it.", source),
        reply("I have read all of it."),
        ask("And again."),
        reply("I have read it again."),
        http("DELETE", "/v1/files/file_1", response={"id": "file_1", "type": "file_deleted"}),
    )
    file = story.files.by_id["file_1"]
    assert file.uploaded is not None
    assert file.deleted is not None
    assert [each.number for each, _ in file.references] == [0]


def test_exchanges_in_any_order_are_the_same_story() -> None:
    """Recorders write answers as they come."""
    made = Example("…", ask("One?"), reply("The first answer, then."), ask("Two?"), reply("The second.")).exchanges()
    story = read_transcript(reversed(made), prompts=prompts())
    assert [each.id for each in story.calls] == ["exch_1", "exch_2"]
    assert story.calls[1].previous is story.calls[0]


def test_the_work_for_a_long_conversation_is_linear() -> None:
    """Each turn is judged once: what is fresh adds up to the history, and digests are made once per block."""
    steps: list[Any] = []
    for number in range(120):
        steps += [ask(text(f"Question {number}?")), reply(f"This is the answer number {number}.")]
    story = transcript(*steps)
    assert sum(len(each.messages) - each.fresh for each in story.calls) == 120 + 119
    shared = prompts().digests.computed
    for each in story.calls:
        each.prompt.digests()
    assert prompts().digests.computed - shared <= 240


def test_what_is_missing_is_none() -> None:
    """A recording without headers, times, bodies or answers is read all the same."""
    story = read_transcript([Exchange(id="a"), Exchange(id="b", body="not json", status=200)], prompts=prompts())
    assert [each.served for each in story.calls] == [None, None]
    assert story.logical_calls[0].gaps == []
    assert story.exchanges[0].ended_at is None


def test_the_order_of_keys_in_an_input_makes_another_message() -> None:
    """Python's equality does not see it; the model does."""
    swapped = [{"role": "assistant", "content": [call("a", "f", y={"q": 1, "p": [{"n": 1, "m": 2}]}, x=1)]}]
    deep = [{"role": "assistant", "content": [call("a", "f", x=1, y={"q": 1, "p": [{"m": 2, "n": 1}]})]}]
    for changed in (swapped, deep):

        def damaged(history: list[Any], changed: list[Any] = changed) -> list[Any]:
            return [history[0], *changed, *history[2:]]

        story = transcript(
            ask("Go."),
            reply(call("a", "f", x=1, y={"q": 1, "p": [{"n": 1, "m": 2}]})),
            ask(result("a", "1")),
            reply("One it is, I should think."),
            keep(damaged),
            ask("Sure?"),
            reply("Yes, I am quite sure of it."),
        )
        assert [each.fresh for each in story.calls] == [0, 1, 1]
