"""Faults among the events of a stream: what the SDK makes of them, and what is on the wire."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from claudemock import text, tool_use
from claudemock.control.client import MockServer
from tests.faults.raw import HELLO, post

STREAM: Any = {**HELLO, "stream": True}


@pytest.fixture
def client(server: MockServer) -> Iterator[Anthropic]:
    """The newest SDK."""
    with Anthropic(base_url=server.base_url, api_key=server.api_key) as made:
        yield made


def names(wire: bytes) -> list[str]:
    """The names of the events."""
    return [line[7:].decode() for line in wire.split(b"\n") if line.startswith(b"event: ")]


def served(server: MockServer) -> list[str]:
    """What a stream of the same reply has without a fault."""
    return names(post(server, stream=True).body)


def test_an_error_event_is_raised_and_never_retried(server: MockServer, client: Anthropic) -> None:
    """A 200 that becomes an error: plain APIStatusError with the event's type, after the text before it."""
    server.fault("error_event", after_event=6, message="Overloaded")
    kinds: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as caught:
        kinds.extend(event.type for event in client.messages.create(**STREAM))
    assert type(caught.value) is anthropic.APIStatusError
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    assert "content_block_delta" in kinds
    assert server.exchanges.statuses == [200]


def test_an_error_event_is_the_last_and_carries_the_request_id(server: MockServer) -> None:
    """After N events comes the error, in the API's key order, and then nothing."""
    server.fault("error_event", after_event=4, error_type="api_error", message="Internal server error")
    post(server, stream=True)
    (exchange,) = server.exchanges
    events = exchange["response"]["events"]
    assert [event["event"] for event in events[4:]] == ["error"]
    assert events[4]["data"] == {
        "type": "error",
        "error": {"details": None, "type": "api_error", "message": "Internal server error"},
        "request_id": exchange["response"]["headers"]["request-id"],
    }
    assert [event["event"] for event in exchange["response"]["intended"]["events"]][-1] == "message_stop"


def test_a_truncated_stream_looks_finished(server: MockServer, client: Anthropic) -> None:
    """No message_stop, no HTTP error: the SDK returns what there is with stop_reason None."""
    server.reply("one two three four five six seven eight nine ten")
    server.fault("truncate")
    with client.messages.stream(**HELLO) as stream:
        message = stream.get_final_message()
    assert message.stop_reason is None
    (block,) = message.content
    assert block.type == "text"
    assert 0 < len(block.text) < len("one two three four five six seven eight nine ten")


@pytest.mark.parametrize(("after", "left"), [(0, 0), (1, 1), (5, 5), (-1, -1), (-2, -2), (10_000, -1), (-10_000, 0)])
def test_places(server: MockServer, after: int, left: int) -> None:
    """`after_event` counts events; negative ones from the end; beyond the end is before the last."""
    whole = served(server)
    server.fault("truncate", after_event=after)
    assert served(server) == whole[:left]


@pytest.mark.parametrize(
    "fault",
    [{"name": "unknown_event"}, {"name": "unknown_event", "event": "telemetry"}, {"name": "ping_storm", "count": 5000}],
)
def test_what_clients_must_tolerate(server: MockServer, client: Anthropic, fault: dict[str, Any]) -> None:
    """Events nobody knows and storms of pings change nothing in the message."""
    server.reply("Hello there, you.", times=2)
    with client.messages.stream(**HELLO) as stream:
        plain = stream.get_final_message().content
    server.fault(fault.pop("name"), **fault)
    with client.messages.stream(**HELLO) as stream:
        assert stream.get_final_message().content == plain
    assert server.faults[0]["fired"] == 1


def test_an_unknown_block_comes_last(server: MockServer, client: Anthropic) -> None:
    """The SDK does not raise for a block type from the future, and the known block is whole."""
    server.reply("Known.")
    server.fault("unknown_block", block="hologram")
    with client.messages.stream(**HELLO) as stream:
        kinds = [block.type for block in stream.get_final_message().content]
    assert kinds == ["text", "hologram"]


def test_a_malformed_event_is_no_json(server: MockServer, client: Anthropic) -> None:
    """The SDK cannot parse the data; on the wire exactly one event is damaged."""
    server.fault("malformed_event", after_event=5, times=2)
    with pytest.raises(ValueError, match=r"char \d+"), client.messages.stream(**HELLO) as stream:
        stream.get_final_message()
    post(server, stream=True)
    events = server.exchanges[-1]["response"]["events"]
    assert [number for number, event in enumerate(events) if isinstance(event["data"], str)] == [5]


def test_a_duplicate_event_is_there_twice(server: MockServer) -> None:
    """The same event, again."""
    server.reply("one two three four five")
    server.fault("duplicate_event", after_event=3, count=2)
    post(server, stream=True)
    data = [event["data"] for event in server.exchanges[0]["response"]["events"]]
    assert data[3] == data[4] == data[5]
    assert [event["data"] for event in server.exchanges[0]["response"]["intended"]["events"]] == data[:3] + data[5:]


def test_out_of_order_events_are_exchanged(server: MockServer) -> None:
    """Two neighbours in the wrong order, all others in place."""
    server.fault("out_of_order_event", after_event=3)
    post(server, stream=True)
    response = server.exchanges[0]["response"]
    sent, meant = ([event["data"] for event in part["events"]] for part in (response, response["intended"]))
    assert sent[3:5] == [meant[4], meant[3]]
    assert sent[:3] + sent[5:] == meant[:3] + meant[5:]


@pytest.mark.parametrize(("fault", "made"), [("duplicate_event", "abbc"), ("out_of_order_event", "acb")])
def test_the_sdk_believes_the_order_of_events(server: MockServer, client: Anthropic, fault: str, made: str) -> None:
    """Nothing in an event tells it from its repetition or its neighbour, so the text is another, without an error."""
    server.reply("abc", chunk=1)
    server.fault(fault, after_event=4)
    with client.messages.stream(**HELLO) as stream:
        assert stream.get_final_text() == made


def test_a_stream_that_runs_is_spared(server: MockServer) -> None:
    """Faults are for requests that come: armed in the middle of a stream, they wait for the next one."""
    server.reply("one two three four five six seven", pacing={"tokens_per_second": 60}, chunk=4)
    with Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        running = client.messages.create(**STREAM)
        kinds = [next(running).type]
        server.fault("error_event")
        server.fault("cut")
        kinds += [event.type for event in running]
    assert kinds[-1] == "message_stop"
    assert [fault["fired"] for fault in server.faults] == [0, 0]


def test_stream_faults_wait_for_a_stream(server: MockServer) -> None:
    """A request without a stream does not use them up."""
    server.fault("error_event")
    assert b'"type":"message"' in post(server).body
    assert server.faults[0]["left"] == 1
    assert names(post(server, stream=True).body)[-1] == "error"


def test_a_broken_answer_leaves_its_reply_for_the_retry(server: MockServer) -> None:
    """The reply a fault destroyed is served to the next attempt."""
    server.reply(text("Calling."), tool_use("get_weather", city="Oslo"))
    server.reply("later")
    server.fault("error_event")
    post(server, stream=True)
    assert b"get_weather" in post(server, stream=True).body
    assert b"later" in post(server).body


def test_faults_compose(server: MockServer) -> None:
    """Several faults act on one stream in the order they were armed."""
    server.fault("unknown_event", after_event=0)
    server.fault("ping_storm", after_event=0, count=2)
    server.fault("truncate", after_event=4)
    assert names(post(server, stream=True).body) == ["ping", "ping", "future_event", "message_start"]
    assert [strike["fault"] for strike in server.exchanges[0]["faults"]] == ["unknown_event", "ping_storm", "truncate"]


def test_paced_streams_break_too(server: MockServer) -> None:
    """A stream that is paced on the clock has its faults at the same events."""
    server.clock.freeze()
    server.reply("one two three four five six", pacing={"tokens_per_second": 1}, times=2)
    whole = served(server)
    server.fault("truncate", after_event=5)
    assert served(server) == whole[:5]


def test_two_faults_in_one_stream_are_told_apart(server: MockServer) -> None:
    """Each says from where on it changed what the one before left of the stream."""
    whole = len(served(server))
    server.fault("malformed_event", after_event=3)
    server.fault("error_event", after_event=6)
    served(server)
    assert [strike["sent"] for strike in server.exchanges[-1]["faults"]] == [
        f"changed after 3 events: {whole} instead of {whole}",
        f"changed after 6 events: 7 instead of {whole}",
    ]
