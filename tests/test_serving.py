"""Starting and stopping: in a thread, as a command; nothing is shared, nothing is left behind."""

import os
import socket
import threading
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from claudemock.control.client import MockServer
from claudemock.serving import PortTakenError, listen, serve
from tests.wire_client import ask


def test_two_servers_share_nothing() -> None:
    """Scripts, exchanges and clocks of two servers in one process are their own."""
    with serve() as one, serve() as other:
        one.reply("only here")
        assert ask(one).json["content"][0]["text"] == "only here"
        assert ask(other).json["content"][0]["text"] != "only here"
        assert len(one.exchanges) == len(other.exchanges) == 1


def test_a_taken_port_is_named() -> None:
    """The error says which address could not be had."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
            listen("127.0.0.1", port)


def open_stream(server: MockServer) -> HTTPConnection:
    """A stream that will not end within any test's patience."""
    server.reply("word " * 1000, pacing={"tokens_per_second": 0.01})
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    body = b'{"model":"claude-opus-4-8","max_tokens":5000,"stream":true,"messages":[{"role":"user","content":"x"}]}'
    connection.request("POST", "/v1/messages", body, {"x-api-key": "sk-ant-mock", "anthropic-version": "2023-06-01"})
    return connection


def test_an_open_stream_does_not_block_shutdown() -> None:
    """Leaving the block stops the server although a client is still reading."""
    before = threading.active_count()
    with serve() as server:
        connection = open_stream(server)
        response = connection.getresponse()
        assert response.status == 200
    response.close()
    connection.close()
    assert threading.active_count() == before


def test_a_client_that_hangs_up_is_recorded() -> None:
    """The exchange of a stream whose reader went away ends as client_gone."""
    with serve() as server:
        connection = open_stream(server)
        with connection.getresponse() as response:
            response.read(10)
        connection.close()
        (exchange,) = server.wait(1, timeout=30)
        assert exchange["ended"] == "client_gone"
        assert exchange["response"]["events"][0]["event"] == "message_start"


def test_rounds_leave_no_threads_and_no_descriptors() -> None:
    """Ten servers later the process has what it had after the first."""

    def round_trip() -> tuple[int, int]:
        with serve() as server:
            ask(server)
        shown = Path(f"/proc/{os.getpid()}/fd")  # only some systems show a process its descriptors
        return threading.active_count(), len(list(shown.iterdir())) if shown.exists() else 0

    first = round_trip()
    assert [round_trip() for _ in range(10)][-1] <= first


def test_a_bound_journal_says_what_it_dropped() -> None:
    """Over its bytes the journal forgets the oldest exchanges and counts them."""
    with serve(journal_bytes=20_000) as server:
        for number in range(8):
            ask(server, f"{number} " + "x" * 3000)
        kept = server.exchanges
        assert 0 < len(kept) < 8
        assert kept.dropped == 8 - len(kept)
        assert kept.requests[-1]["messages"][0]["content"].startswith("7 ")
