"""HTTP itself, on a raw socket: what clients may send that the official SDKs do not."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from claudemock.control.client import MockServer

UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"


def request(server: MockServer, *, version: str = "1.1", more: str = "", stream: bool = False) -> bytes:
    """One POST /v1/messages as bytes; `more` are further header lines."""
    said = [{"role": "user", "content": "Hello"}]
    body = json.dumps({"model": "claude-opus-4-8", "max_tokens": 64_000, "stream": stream, "messages": said})
    return (
        f"POST /v1/messages HTTP/{version}\r\nHost: localhost\r\nx-api-key: {server.api_key}\r\n"
        f"anthropic-version: 2023-06-01\r\nContent-Length: {len(body)}\r\n{more}\r\n{body}"
    ).encode()


def last(server: MockServer, path: str) -> bytes:
    """A GET after whose answer the server closes the connection."""
    lines = f"Host: localhost\r\nx-api-key: {server.api_key}\r\nConnection: close\r\n"
    return f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode()


def answers(server: MockServer, *sent: bytes) -> list[tuple[bytes, bytes]]:
    """Send pieces on one connection and read to its end: (head, body) of each answer.

    Behind each piece another connection is served, so that the server sees it before the next one is there.
    """
    url = urlsplit(server.base_url)
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in sent:
            sock.sendall(piece)
            server.call("GET", "health")
        raw = b"".join(iter(lambda: sock.recv(65_536), b""))
    before, *others = raw.split(b"HTTP/1.1 ")
    assert before == b""
    parts = [answer.partition(b"\r\n\r\n") for answer in others]
    return [(head, body) for head, _, body in parts]


def test_a_stream_for_http_1_0_has_no_chunks(server: MockServer) -> None:
    """HTTP/1.0 knows no transfer codings (RFC 9112 §6.1): the body is plain, and ends with the connection."""
    server.reply("word " * 30_000)
    ((head, body),) = answers(server, request(server, version="1.0", stream=True))
    assert b"transfer-encoding" not in head
    assert b"\r\nconnection: close" in head
    assert body.startswith(b"event: message_start\n")
    assert body.endswith(b"}\n\n")
    assert body.count(b"word") == 30_000


def test_a_request_that_asks_for_http_2_is_answered_in_http_1(server: MockServer) -> None:
    """Java's own HTTP client asks with every request; its body must arrive, and the connection stays usable."""
    server.reply("One.", times=3)
    asking = request(server, more=UPGRADE)
    answered = answers(server, asking, asking + request(server), last(server, "/_mock/health"))
    assert [head[:3] for head, _ in answered] == [b"200"] * 4
    assert [b"One." in body for _, body in answered] == [True] * 3 + [False]
    assert len(server.exchanges) == 3


@pytest.mark.parametrize("at", [10, 200, -60, -20, -1])
def test_such_a_request_may_come_in_pieces(server: MockServer, at: int) -> None:
    """Wherever the network cuts it, in its line, its headers or its body."""
    server.reply("Whole.")
    asking = request(server, more=UPGRADE)
    (_, body), _ = answers(server, asking[:at], asking[at:], last(server, "/_mock/health"))
    assert b"Whole." in body


def test_what_cannot_be_asked_for_is_refused(server: MockServer) -> None:
    """CONNECT asks for a tunnel, which no second reading turns into a request."""
    ((head, _),) = answers(server, b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n")
    assert head.startswith(b"400")


def test_trailers_are_no_headers(server: MockServer) -> None:
    """What follows a chunked body cannot replace the key that the request came with (RFC 9110 §6.5.1)."""
    plain = request(server, more="Transfer-Encoding: chunked\r\n")
    head, _, body = plain.partition(b"\r\n\r\n")
    kept = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length"))
    chunked = b"%b\r\n\r\n%x\r\n%b\r\n0\r\nx-api-key: sk-ant-mock-invalid\r\n\r\n" % (kept, len(body), body)
    (answered, _), _ = answers(server, chunked + last(server, "/_mock/health"))
    assert answered.startswith(b"200")
    assert "invalid" not in json.dumps(server.exchanges[0]["request"]["headers"])


@pytest.mark.parametrize("stream", [False, True])
def test_the_next_of_a_pipeline_finds_the_exchange_before_it_complete(server: MockServer, stream: bool) -> None:
    """Two requests in one packet are served one after the other, and so is what they leave behind."""
    _, (_, listed) = answers(server, request(server, stream=stream) + last(server, "/_mock/exchanges"))
    assert [exchange["ended"] for exchange in json.loads(listed)["exchanges"]] == ["clean"]


def test_a_head_request_ends_where_the_events_would_begin(server: MockServer) -> None:
    """HEAD of a stream that never ends is answered, and the connection goes on."""
    asked = b"HEAD /_mock/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    (head, _), (_, health) = answers(server, asked + last(server, "/_mock/health"))
    assert b"text/event-stream" in head
    assert json.loads(health)["status"] == "ok"
