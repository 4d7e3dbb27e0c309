"""What every request must show: credentials, version, betas; sizes, encodings, methods and paths."""

import gzip
import json
import zlib
from collections.abc import Iterator

import pytest

from claudemock.control.client import MockServer
from claudemock.serving import serve
from claudemock.settings import Limits
from tests.wire_client import ask, send

HELLO = {"model": "claude-opus-4-8", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


def test_both_credential_styles(server: MockServer) -> None:
    """An API key and a bearer token open the same doors; a subscription token is a bearer like another."""
    assert ask(server, headers={"x-api-key": "sk-ant-api03-anything"}).status == 200
    assert ask(server, headers={"x-api-key": None, "authorization": "Bearer sk-ant-oat01-x"}).status == 200


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x-api-key": None}, "x-api-key header is required"),
        ({"x-api-key": ""}, "x-api-key header is required"),
        ({"x-api-key": None, "authorization": "Basic abc"}, "x-api-key header is required"),
        ({"x-api-key": "sk-ant-mock-invalid"}, "invalid x-api-key"),
        ({"x-api-key": None, "authorization": "Bearer sk-ant-mock-invalid"}, "Invalid authentication credentials"),
    ],
)
def test_bad_credentials(server: MockServer, headers: dict[str, str | None], message: str) -> None:
    """401 comes before every other refusal and names neither organization nor workspace."""
    response = send(server, "POST", "/v1/messages", b"not json", {**headers, "anthropic-version": None})
    assert response.error == (401, "authentication_error", message)
    assert response.headers["x-should-retry"] == "false"
    assert "anthropic-organization-id" not in response.headers
    assert "anthropic-workspace-id" not in response.headers


def test_version_is_required(server: MockServer) -> None:
    """Without the header the API refuses; both current versions are served; a made-up one is refused by name."""
    assert ask(server, headers={"anthropic-version": None}).error == (
        400,
        "invalid_request_error",
        "anthropic-version: header is required",
    )
    assert ask(server, headers={"anthropic-version": "2026-10-21"}).status == 200
    status, kind, message = ask(server, headers={"anthropic-version": "2099-01-01"}).error
    assert (status, kind) == (400, "invalid_request_error")
    assert "2099-01-01" in message


def test_betas(server: MockServer) -> None:
    """Known values pass in any spacing; unknown ones are all named in the text Claude Code parses."""
    known = "claude-code-20250219, interleaved-thinking-2025-05-14,per-turn-control-2026-07-01"
    assert ask(server, headers={"anthropic-beta": known}).status == 200
    assert ask(server, headers={"anthropic-beta": "nope-1, claude-code-20250219,nope-2"}).error == (
        400,
        "invalid_request_error",
        (
            "Unexpected value(s) `nope-1`, `nope-2` for the `anthropic-beta` header. "
            "Please consult our documentation at platform.claude.com/docs or try again without the header."
        ),
    )


def test_paths_and_methods(server: MockServer) -> None:
    """Unknown paths are 404, known paths with another method 405 with Allow, both in the API's envelope."""
    assert send(server, "GET", "/v1/nothing").error == (404, "not_found_error", "Not found")
    assert send(server, "GET", "/").error[0] == 404
    wrong = send(server, "GET", "/v1/messages")
    assert wrong.error == (405, "invalid_request_error", "Method Not Allowed")
    assert wrong.headers["allow"] == "POST"


def test_head_requests_are_answered(server: MockServer) -> None:
    """Claude Code probes the base URL with HEAD: an answer without a body, on any path."""
    response = send(server, "HEAD", "/")
    assert (response.status, response.body) == (404, b"")
    assert send(server, "HEAD", "/v1/models").status == 200


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_compressed_bodies(server: MockServer, encoding: str) -> None:
    """A compressed request is read as if it were not."""
    raw = json.dumps(HELLO).encode()
    packed = gzip.compress(raw) if encoding == "gzip" else zlib.compress(raw)
    assert send(server, "POST", "/v1/messages", packed, {"content-encoding": encoding}).status == 200


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"x", "br", "request_body_encoding_unsupported"),
        (b"not gzip", "gzip", "request_body_encoding_invalid"),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", "request_body_encoding_invalid"),
    ],
)
def test_bad_encodings(server: MockServer, body: bytes, encoding: str, code: str) -> None:
    """Bad and unsupported encodings carry their error codes."""
    response = send(server, "POST", "/v1/messages", body, {"content-encoding": encoding})
    assert response.error[:2] == (400, "invalid_request_error")
    assert response.json["error"]["details"] == {"error_code": code}


def test_invalid_json(server: MockServer) -> None:
    """The API's JSON errors are orjson's, with line and column."""
    status, kind, message = send(server, "POST", "/v1/messages", b'{"a": "\\ud800"}').error
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith("The request body is not valid JSON: ")
    assert "line 1 column" in message
    assert send(server, "POST", "/v1/messages", b"").error[0] == 400


def test_workspaces(server: MockServer) -> None:
    """A key's workspace and the header's are the same thing under one id; a mismatch is refused."""
    plain = ask(server).headers["anthropic-workspace-id"]
    bound = ask(server, headers={"x-api-key": server.key("blue")}).headers["anthropic-workspace-id"]
    named = ask(server, headers={"anthropic-workspace-id": "blue"}).headers["anthropic-workspace-id"]
    assert plain.startswith("wrkspc_01")
    assert bound == named != plain
    assert ask(server, headers={"anthropic-workspace-id": bound}).headers["anthropic-workspace-id"] == bound
    assert ask(server, headers={"x-api-key": server.key("blue"), "anthropic-workspace-id": "red"}).status == 400


@pytest.fixture(scope="module")
def small() -> Iterator[MockServer]:
    """A server that takes 10 kB."""
    with serve(limits=Limits(messages=10_000, files=10_000)) as server:
        yield server


class TestSizes:
    """Limits hold while the body arrives."""

    def test_over_the_limit(self, small: MockServer) -> None:
        """413 with the type the API uses, whether the length is declared or not."""
        assert ask(small, "x" * 20_000).error == (413, "request_too_large", "Request exceeds the maximum size")
        assert ask(small, "x" * 2_000).status == 200

    def test_bombs(self, small: MockServer) -> None:
        """A small body that decodes to a large one is refused with its own code, without being decoded whole."""
        bomb = gzip.compress(b" " * 5_000_000)
        assert len(bomb) < 10_000
        response = send(small, "POST", "/v1/messages", bomb, {"content-encoding": "gzip"})
        assert response.error[:2] == (413, "request_too_large")
        assert response.json["error"]["details"] == {"error_code": "request_body_too_large_after_decoding"}


def test_headers_of_a_reply(server: MockServer) -> None:
    """The headers of August 2026, in the real API's order."""
    response = ask(server)
    order = [name for name in response.order if not name.startswith("anthropic-ratelimit")]
    assert order == [
        "date",
        "content-type",
        "content-length",
        "request-id",
        "strict-transport-security",
        "anthropic-organization-id",
        "anthropic-workspace-id",
        "traceresponse",
        "server",
        "vary",
        "content-security-policy",
        "cf-cache-status",
        "x-robots-tag",
        "cf-ray",
    ]
    limits = {name: value for name, value in response.headers.items() if name.startswith("anthropic-ratelimit")}
    assert len(limits) == 12
    for part in ("limit", "remaining"):
        total = int(limits[f"anthropic-ratelimit-tokens-{part}"])
        parts = [int(limits[f"anthropic-ratelimit-{kind}-tokens-{part}"]) for kind in ("input", "output")]
        assert total == sum(parts)
        assert total % 1000 == 0
    assert response.headers["content-type"] == "application/json"


def test_headers_of_an_error(server: MockServer) -> None:
    """Errors carry no rate limits, tell clients not to retry, and name the request in header and body."""
    response = ask(server, max_tokens=None)
    assert not [name for name in response.headers if "ratelimit" in name]
    assert response.headers["x-should-retry"] == "false"
    assert response.headers["request-id"].startswith("req_011C")
    assert response.error[0] == 400
