"""Faults, attempts and virtual sleeps where the state is a file that several processes share."""

from pathlib import Path
from typing import Any

from anthropic import Anthropic

from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.faults.raw import HELLO, post


def played(server: MockServer) -> None:
    """A call that fails twice and waits virtually, and a stream that breaks."""
    server.fault("overloaded", times=2, retry_after=30)
    with server.clock.virtual(), Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        client.messages.create(**HELLO)
    server.fault("cut", after_event=2)
    post(server, stream=True)
    server.wait(4)


def told(server: MockServer) -> list[tuple[Any, ...]]:
    """What the journal says about it."""
    return [
        (entry["attempt"], entry["slept"], entry["faults"], entry["ended"], "intended" in entry["response"])
        for entry in server.exchanges
    ]


def test_a_state_file_says_the_same(tmp_path: Path) -> None:
    """In memory, in a file, in a second process on the file, and after a restart."""
    file = tmp_path / "state.db"
    with serve() as server:
        played(server)
        wanted = told(server)
    assert [row[1] for row in wanted] == [[30], [30], [], []]
    with serve(state=file) as server, serve(state=file) as other:
        played(server)
        assert told(server) == told(other) == wanted
        other.call("POST", "clock", {"slept": 5})
        assert told(server)[-1][1] == [5]
    with serve(state=file) as server:
        assert told(server)[:-1] == wanted[:-1]
        assert [fault["fired"] for fault in server.faults] == [2, 1]
        server.reset()
        assert told(server) == []
        played(server)
        assert [row[1:] for row in told(server)] == [row[1:] for row in wanted]
