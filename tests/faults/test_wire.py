"""Faults on the bytes of an answer, on real sockets."""

from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import Anthropic

from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.faults.raw import HELLO, post


@pytest.fixture
def client(server: MockServer) -> Iterator[Anthropic]:
    """The newest SDK without retries."""
    with Anthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0) as made:
        yield made


def last(server: MockServer) -> Any:
    """The last exchange, once it is over."""
    return server.wait(1)[-1]


@pytest.mark.parametrize("name", ["cut", "reset"])
def test_a_body_is_shorter_than_its_content_length(server: MockServer, client: Anthropic, name: str) -> None:
    """The promised length never comes; the SDK raises a connection error."""
    server.fault(name, after_bytes=40, times=2)
    wire = post(server)
    assert len(wire.body) == 40 < int(wire.headers["content-length"])
    assert wire.reset == (name == "reset")
    assert last(server)["ended"] == name
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**HELLO)


@pytest.mark.parametrize(("name", "raised"), [("cut", httpx2.RemoteProtocolError), ("reset", httpx2.ReadError)])
def test_a_stream_breaks_in_the_middle_of_an_event(
    server: MockServer, client: Anthropic, name: str, raised: type[Exception]
) -> None:
    """Whole events, then a part of one, then the end; the SDK's iterator raises and nothing is retried."""
    server.fault(name, after_event=4, times=2)
    wire = post(server, stream=True)
    whole, partial = wire.body.rsplit(b"\n\n", 1)
    assert whole.count(b"\n\n") == 3
    assert partial.startswith(b"event: ")
    assert b"" not in wire.chunks
    assert wire.reset == (name == "reset")
    with pytest.raises(raised), client.messages.stream(**HELLO) as stream:
        stream.until_done()
    assert [entry["ended"] for entry in server.exchanges] == [name, name]
    response = server.exchanges[0]["response"]
    names = [event.get("event") for event in response["events"]]
    assert names[:4] == ["message_start", "content_block_start", "ping", "content_block_delta"]
    assert "partial" in response["events"][4]
    assert response["intended"]["events"][-1]["event"] == "message_stop"


@pytest.mark.parametrize("after", [0, 1, 20])
@pytest.mark.parametrize("stream", [False, True])
def test_places_in_bytes(server: MockServer, after: int, stream: bool) -> None:
    """Exactly so many bytes come."""
    server.fault("cut", after_bytes=after)
    wire = post(server, stream=stream)
    assert wire.status == 200
    assert len(wire.body) == after
    assert last(server)["ended"] == "cut"


def test_a_place_beyond_the_end_is_still_no_proper_end(server: MockServer) -> None:
    """A body lacks its last byte, a stream the end of its chunks."""
    server.fault("cut", after_bytes=10_000_000, times=2)
    wire = post(server)
    assert len(wire.body) == int(wire.headers["content-length"]) - 1
    stream = post(server, stream=True)
    assert b"event: message_stop" in stream.body
    assert b"" not in stream.chunks
    assert [entry["ended"] for entry in server.exchanges] == ["cut", "cut"]


def test_no_answer_at_all(server: MockServer, client: Anthropic) -> None:
    """The connection ends before a status line although the request ran: it costs, and a scripted reply stays."""
    server.reply("still here")
    server.fault("close_before_response", times=2)
    assert post(server).raw == b""
    exchange = server.exchanges[0]
    assert (exchange["ended"], exchange["response"]["status"]) == ("cut", 0)
    assert exchange["cost"] is not None
    assert exchange["response"]["intended"]["body"]["content"][0]["text"] == "still here"
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.create(**HELLO)
    assert b"still here" in post(server).body


def test_slices_go_through_characters_and_line_ends(server: MockServer, client: Anthropic) -> None:
    """One byte at a time, lines ended with CR LF: the message is whole and right."""
    server.reply("4 °C und Schnee - ☃ überall 🎿", times=3)
    server.fault("slice", size=1, crlf=True, times=2)
    wire = post(server, stream=True)
    assert {len(chunk) for chunk in wire.chunks[:-1]} == {1}
    assert b"\r\n\r\n" in wire.body
    with client.messages.stream(**HELLO) as stream:
        assert stream.get_final_text() == "4 °C und Schnee - ☃ überall 🎿"
    server.fault("slice", size=7)
    assert client.messages.create(**HELLO).to_dict()["content"][0]["text"] == "4 °C und Schnee - ☃ überall 🎿"
    assert [entry["ended"] for entry in server.exchanges] == ["clean"] * 3


def test_a_drip_and_a_delay_take_time_on_the_scopes_clock(server: MockServer) -> None:
    """On a frozen clock a slow answer costs no real time, and the clock shows what it took."""
    server.clock.freeze()
    server.clock.set("2026-11-01T00:00:00Z")
    server.fault("delay", seconds=600)
    post(server)
    assert server.clock.now == "2026-11-01T00:10:00.000000Z"
    server.fault("slice", size=100, seconds=60)
    slices = -(-len(post(server).body) // 100)
    assert server.clock.now == f"2026-11-01T00:{10 + slices - 1:02}:00.000000Z"


def test_a_stall_ends_when_the_client_gives_up(server: MockServer, client: Anthropic) -> None:
    """Without `seconds` nothing more comes: the client's own timeout ends it, and the exchange says who went."""
    server.fault("stall", after_event=3)
    with (
        pytest.raises(httpx2.ReadTimeout),
        client.with_options(timeout=0.3).messages.stream(**HELLO) as stream,
    ):
        stream.until_done()
    exchange = last(server)
    assert exchange["ended"] == "client_gone"
    assert exchange["faults"][0]["sent"].startswith("paused until the client hung up")


def test_a_stall_may_ping(server: MockServer) -> None:
    """With `pings` the stream shows signs of life at event borders, and goes on afterwards."""
    server.clock.freeze()
    server.fault("stall", after_event=4, seconds=60, pings=True, ping_seconds=10)
    body = post(server, stream=True).body
    events = body.split(b"\n\n")
    assert [event.startswith(b"event: ping") for event in events[4:10]] == [True] * 5 + [False]
    assert b"message_stop" in body


def test_slow_errors(server: MockServer) -> None:
    """Wire faults act on the answers of other faults too."""
    server.clock.freeze()
    server.fault("overloaded")
    server.fault("delay", seconds=30)
    server.fault("cut", after_bytes=10)
    wire = post(server)
    assert wire.status == 529
    assert len(wire.body) == 10
    assert [strike["fault"] for strike in server.exchanges[0]["faults"]] == ["overloaded", "delay", "cut"]


def test_a_stalled_answer_does_not_hold_up_the_end() -> None:
    """A server stops although an answer would stall for ever."""
    with serve() as server:
        server.fault("stall", after_event=0)
        client = Anthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0, timeout=20)
        manager = client.messages.create(**HELLO, stream=True)
    with pytest.raises(httpx2.HTTPError):
        list(manager)
    client.close()


def test_a_connection_lives_on_after_a_fault_that_spares_it(server: MockServer, client: Anthropic) -> None:
    """Slices, delays and stalls leave the connection usable for the next request."""
    server.clock.freeze()
    for name in ("slice", "delay", "stall"):
        server.fault(name, **({"seconds": 5} if name == "stall" else {}))
        assert client.messages.create(**HELLO).stop_reason == "end_turn"
    assert client.messages.create(**HELLO).stop_reason == "end_turn"
