"""A raw HTTP client for tests: what goes over the wire, nothing more."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from claudemock.control.client import MockServer

HEADERS: dict[str, str] = {
    "x-api-key": "sk-ant-mock",
    "anthropic-version": "2023-06-01",
    "content-type": "application/json",
}


@dataclass(frozen=True)
class Response:
    """One answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    order: list[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, error type and message; fails unless the body is exactly the API's envelope."""
        envelope = self.json
        assert list(envelope) == ["type", "error", "request_id"]
        assert envelope["type"] == "error"
        assert envelope["request_id"] == self.headers["request-id"]
        assert list(envelope["error"])[:2] == ["type", "message"]
        return self.status, envelope["error"]["type"], envelope["error"]["message"]


def send(
    server: MockServer,
    method: str,
    path: str,
    body: Any = None,
    headers: dict[str, str | None] | None = None,
) -> Response:
    """One request; `body` is bytes as they are or anything else as JSON; a header of None is left out."""
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    merged = {name: value for name, value in {**HEADERS, **(headers or {})}.items() if value is not None}
    raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    try:
        connection.request(method, url.path + path, raw, merged)
        response = connection.getresponse()
        pairs = [(name.lower(), value) for name, value in response.getheaders()]
        return Response(response.status, dict(pairs), [name for name, _ in pairs], response.read())
    finally:
        connection.close()


def ask(
    server: MockServer, content: Any = "Hello", /, *, headers: dict[str, str | None] | None = None, **body: Any
) -> Response:
    """POST /v1/messages with one user message."""
    request = {"model": "claude-opus-4-8", "max_tokens": 1024, "messages": [{"role": "user", "content": content}]}
    return send(server, "POST", "/v1/messages", {**request, **body}, headers)
