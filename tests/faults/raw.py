"""A raw socket: what really comes over the wire, and how it ends."""

import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from claudemock.control.client import MockServer

HELLO: Any = {"model": "claude-opus-4-8", "max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}]}


@dataclass(frozen=True)
class Wire:
    """All bytes until the end, the pieces they came in, and whether the end was a reset."""

    raw: bytes
    pieces: tuple[bytes, ...]
    reset: bool

    @property
    def status(self) -> int:
        """The HTTP status; 0 without an answer."""
        return int(self.raw.split(b" ", 2)[1]) if self.raw else 0

    @property
    def headers(self) -> dict[str, str]:
        """Headers, names in lower case."""
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def body(self) -> bytes:
        """The body, without the chunks' framing; of a broken stream what there is."""
        body = self.raw.partition(b"\r\n\r\n")[2]
        if "transfer-encoding" not in self.headers:
            return body
        return b"".join(self.chunks)

    @property
    def chunks(self) -> list[bytes]:
        """The chunks of a chunked body, the last and empty one included."""
        rest, found = self.raw.partition(b"\r\n\r\n")[2], []
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            found.append(rest[: int(size, 16)])
            rest = rest[int(size, 16) + 2 :]
        return found


def post(server: MockServer, *, headers: dict[str, str] | None = None, **body: Any) -> Wire:
    """POST /v1/messages and read until the server closes or the answer is over."""
    url = urlsplit(server.base_url)
    content = json.dumps({**HELLO, **body}).encode()
    lines = {
        "host": "localhost",
        "x-api-key": server.api_key,
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
        "content-length": str(len(content)),
        "connection": "close",
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection((url.hostname or "", url.port or 80), timeout=30) as sock:
        sock.sendall(f"POST {url.path}/v1/messages HTTP/1.1\r\n{head}\r\n".encode() + content)
        pieces: list[bytes] = []
        while True:
            try:
                piece = sock.recv(65_536)
            except ConnectionResetError:
                return Wire(b"".join(pieces), tuple(pieces), reset=True)
            if not piece:
                return Wire(b"".join(pieces), tuple(pieces), reset=False)
            pieces.append(piece)
