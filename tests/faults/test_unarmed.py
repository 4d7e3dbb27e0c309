"""What faults cost where none is armed: nothing of theirs runs."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from claudemock import faults
from claudemock.api import faulting, wired
from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.wire_client import ask, send

OWN = (str(Path(faults.__file__).parent), faulting.__file__, wired.__file__)
QUESTION = {"model": "claude-opus-4-8", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def called() -> set[str]:
    """The functions of faults that a server has called."""
    return set()


@pytest.fixture
def server(called: set[str]) -> Iterator[MockServer]:
    """A server whose calls are watched."""

    def watch(frame: FrameType, event: str, arg: object) -> None:  # noqa: ARG001 - a profiler's signature
        if event == "call" and frame.f_code.co_filename.startswith(OWN):
            called.add(frame.f_code.co_name)

    before = threading.getprofile()
    threading.setprofile(watch)
    try:
        with serve() as server:
            yield server
    finally:
        threading.setprofile(before)


def work(server: MockServer) -> None:
    """Requests of every kind."""
    ask(server)
    ask(server, stream=True)
    ask(server, max_tokens=0)
    send(server, "POST", "/v1/messages/count_tokens", QUESTION)
    send(server, "GET", "/v1/models")


def test_nothing_runs_unless_a_fault_is_armed(server: MockServer, called: set[str]) -> None:
    """One look at a flag is all: before any fault, after the last one has acted, and in other scopes."""
    other = server.scope("other")
    work(server)
    work(other)
    called.clear()
    work(server)
    assert called == {"armed"}
    server.fault("error_event")
    server.fault("slice", size=100)
    ask(server, stream=True)
    assert [fault["fired"] for fault in server.faults] == [1, 1]
    assert {"choose", "on_events", "on_bytes", "settle"} <= called
    called.clear()
    work(server)
    work(other)
    assert called == {"armed"}
