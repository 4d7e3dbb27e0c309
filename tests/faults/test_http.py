"""Faults that answer instead of the API: on a raw socket, and as the newest SDK sees them."""

from email.utils import parsedate_to_datetime
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from claudemock.control.client import MockServer
from tests.faults.raw import HELLO, post
from tests.wire_client import ask, send

# fault, status, type, what the message begins with, x-should-retry, the SDK's class
ERRORS: list[tuple[str, int, str, str, str | None, type[Exception]]] = [
    ("overloaded", 529, "overloaded_error", "Overloaded", "true", anthropic.OverloadedError),
    ("rate_limited", 429, "rate_limit_error", "This request would exceed", "true", anthropic.RateLimitError),
    ("request_too_large", 413, "request_too_large", "Request exceeds", "false", anthropic.RequestTooLargeError),
    ("api_error", 500, "api_error", "Internal server error", None, anthropic.InternalServerError),
    ("gateway_timeout", 504, "timeout_error", "The request timed out", None, anthropic.DeadlineExceededError),
    ("authentication", 401, "authentication_error", "invalid x-api-key", "false", anthropic.AuthenticationError),
    ("permission", 403, "permission_error", "Your API key", "false", anthropic.PermissionDeniedError),
    ("billing", 402, "billing_error", "There's an issue", "false", anthropic.PaymentRequiredError),
    ("not_found", 404, "not_found_error", "model: claude-opus-4-8", "false", anthropic.NotFoundError),
    ("spend_cap", 429, "rate_limit_error", "You have reached your API usage limits", None, anthropic.RateLimitError),
]


@pytest.fixture
def client(server: MockServer) -> Anthropic:
    """The newest SDK without retries."""
    return Anthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0)


def create(client: Anthropic, **options: Any) -> Any:
    """One call."""
    with client:
        return client.messages.create(**{**HELLO, **options})


@pytest.mark.parametrize(("name", "status", "kind", "message", "retry"), [row[:5] for row in ERRORS])
def test_errors_on_the_wire(
    server: MockServer, name: str, status: int, kind: str, message: str, retry: str | None
) -> None:
    """Status, envelope, request id and retry headers are the API's, once; the next request is served."""
    server.fault(name)
    answer = ask(server)
    assert answer.error[:2] == (status, kind)
    assert answer.error[2].startswith(message)
    assert answer.headers.get("x-should-retry") == retry
    assert ("anthropic-organization-id" in answer.headers) == (status != 401)
    assert ask(server).status == 200


@pytest.mark.parametrize(("name", "status", "kind", "raised"), [(*row[:3], row[5]) for row in ERRORS])
@pytest.mark.parametrize("stream", [False, True])
def test_errors_in_the_sdk(
    server: MockServer, client: Anthropic, stream: bool, name: str, status: int, kind: str, raised: type[Exception]
) -> None:
    """The SDK raises the class that its error table has for the status, stream or not."""
    server.fault(name)
    with pytest.raises(raised) as caught:
        create(client, stream=stream)
    assert isinstance(caught.value, anthropic.APIStatusError)
    assert (caught.value.status_code, caught.value.type) == (status, kind)
    assert caught.value.request_id is not None
    assert caught.value.request_id.startswith("req_")


def test_spend_cap_has_a_code_and_no_retry_after(server: MockServer) -> None:
    """No wait helps: the code says why, the date says when."""
    server.clock.set("2026-12-24T12:00:00Z")
    server.fault("spend_cap")
    answer = ask(server)
    assert answer.json["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    assert "retry-after" not in answer.headers
    assert "on 2027-01-01 at 00:00 UTC" in answer.json["error"]["message"]


def test_a_rate_limit_shows_the_spent_limit(server: MockServer) -> None:
    """429 has retry-after and the groups concerned, which agree about when."""
    server.clock.freeze()
    server.clock.set("2026-12-24T12:00:00Z")
    server.fault("rate_limited", retry_after=20)
    headers = ask(server).headers
    assert headers["retry-after"] == "20"
    assert headers["anthropic-ratelimit-input-tokens-remaining"] == "0"
    assert headers["anthropic-ratelimit-input-tokens-reset"] == "2026-12-24T12:00:20Z"


def test_html_502_is_a_page(server: MockServer, client: Anthropic) -> None:
    """A proxy's page: HTML, no request id, nothing of the API's; the SDK calls it a server error."""
    server.fault("html_502", times=2)
    wire = post(server)
    assert wire.status == 502
    assert wire.headers["content-type"] == "text/html"
    assert "request-id" not in wire.headers
    assert wire.body.startswith(b"<html>")
    assert int(wire.headers["content-length"]) == len(wire.body)
    with pytest.raises(anthropic.InternalServerError) as caught:
        create(client)
    assert caught.value.status_code == 502


@pytest.mark.parametrize(
    ("given", "name", "sent"),
    [
        ({"retry_after": 3}, "retry-after", "3"),
        ({"retry_after": 0.3}, "retry-after", "0.3"),
        ({"retry_after": 12345678}, "retry-after", "12345678"),
        ({"retry_after_ms": 3_600_000}, "retry-after-ms", "3600000"),
        ({"retry_after": "soon"}, "retry-after", "soon"),
        ({"retry_after": -1}, "retry-after", "-1"),
        ({"retry_after_ms": 300}, "retry-after-ms", "300"),
        ({"should_retry": False}, "x-should-retry", "false"),
        ({"should_retry": True}, "x-should-retry", "true"),
        ({"headers": {"X-Extra": "yes"}}, "x-extra", "yes"),
        ({"headers": {"retry-after": "9"}, "retry_after": 3}, "retry-after", "9"),
    ],
)
def test_parameters_of_the_answer(server: MockServer, given: dict[str, Any], name: str, sent: str) -> None:
    """Each parameter is sent as given."""
    server.fault("overloaded", **given)
    assert ask(server).headers[name] == sent


def test_a_date_is_an_http_date(server: MockServer) -> None:
    """`retry_after_date` is in the future by the Date header of the same answer."""
    server.fault("overloaded", retry_after_date=30)
    headers = ask(server).headers
    wait = parsedate_to_datetime(headers["retry-after"]) - parsedate_to_datetime(headers["date"])
    assert 29 <= wait.total_seconds() <= 31


def test_any_status_type_and_message(server: MockServer) -> None:
    """Every error the API could have can be had."""
    server.fault("api_error", status=409, error_type="conflict_error", message="Somebody else was first.")
    assert ask(server).error == (409, "conflict_error", "Somebody else was first.")


def test_faults_act_on_every_endpoint(server: MockServer) -> None:
    """Not only Messages fail; `path` says which do."""
    server.fault("overloaded", path="/v1/models")
    assert ask(server).status == 200
    assert send(server, "GET", "/v1/models").status == 529
    server.disarm()
    server.fault("api_error")
    assert send(server, "GET", "/v1/models").status == 500


def test_a_wrong_key_is_refused_before_any_fault(server: MockServer) -> None:
    """The API looks at credentials first, and the fault is still there afterwards."""
    server.fault("overloaded")
    assert ask(server, headers={"x-api-key": "sk-ant-mock-invalid"}).status == 401
    assert ask(server).status == 529


def test_the_exchange_knows_what_was_meant_and_what_was_sent(server: MockServer) -> None:
    """Body, model and fault of a failed exchange can be read back; the scripted reply is still there."""
    server.reply("for the second attempt")
    server.fault("overloaded", retry_after_ms=1)
    ask(server, "Hi")
    assert ask(server, "Hi").json["content"][0]["text"] == "for the second attempt"
    failed, served = server.exchanges
    assert failed["faults"] == [
        {"id": "fault_1", "fault": "overloaded", "meant": {"retry_after_ms": 1.0}, "sent": "529 overloaded_error"}
    ]
    assert failed["model"] == "claude-opus-4-8"
    assert failed["request"]["body"]["messages"][0]["content"] == "Hi"
    assert served["faults"] == []
