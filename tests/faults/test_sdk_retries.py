"""The retry table of the official SDK (RULES C1), reproduced against the server in virtual time."""

from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import Anthropic

from claudemock.control.client import MockServer
from tests.faults.raw import HELLO

FIRST, SECOND = (0.375, 0.5), (0.75, 1.0)  # 0.5 and 1.0 s, each less up to a quarter


def waits(server: MockServer, *, retries: int = 2, stream: bool = False, timeout: float | None = None) -> list[float]:
    """The SDK's waits between its attempts at one call; its error, if any, is expected."""
    options: Any = {} if timeout is None else {"timeout": timeout}
    with (
        server.clock.virtual() as virtual,
        Anthropic(base_url=server.base_url, api_key=server.api_key, max_retries=retries, **options) as client,
    ):
        try:
            made = client.messages.create(**HELLO, stream=stream)
            if stream:
                list(made)
        except (anthropic.APIError, httpx2.HTTPError):
            pass
        return virtual.slept


def fits(slept: list[float], *bounds: tuple[float, float]) -> bool:
    """Whether there are as many waits as bounds, each within its own."""
    return len(slept) == len(bounds) and all(low <= one <= high for one, (low, high) in zip(slept, bounds, strict=True))


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 425, 499])
def test_not_retried(server: MockServer, status: int) -> None:
    """One attempt."""
    server.fault("api_error", status=status, times=None, headers={"x-should-retry": ""})
    assert waits(server) == []
    assert server.exchanges.statuses == [status]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 501, 502, 503, 504, 529])
def test_retried_with_backoff(server: MockServer, status: int) -> None:
    """Three attempts, waits of half a second and one, less up to a quarter."""
    server.fault("api_error", status=status, times=None)
    assert fits(waits(server), FIRST, SECOND)
    assert server.exchanges.statuses == [status] * 3
    assert [exchange["attempt"]["number"] for exchange in server.exchanges] == [1, 2, 3]


@pytest.mark.parametrize("fault", ["overloaded", "api_error", "gateway_timeout", "html_502", "spend_cap"])
def test_the_faults_named_after_them_are_retried(server: MockServer, fault: str) -> None:
    """No header of ours changes what clients do by themselves; even the spend cap costs the SDK three attempts."""
    server.fault(fault, times=None)
    assert fits(waits(server), FIRST, SECOND)


def test_backoff_doubles_up_to_eight_seconds(server: MockServer) -> None:
    """Seven attempts with max_retries=6."""
    server.fault("overloaded", times=None)
    bases = (0.5, 1, 2, 4, 8, 8)
    assert fits(waits(server, retries=6), *((base * 0.75, base) for base in bases))
    assert len(server.exchanges) == 7


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        ({"retry_after": 2}, 2.0),
        ({"retry_after": 0.3}, 0.3),
        ({"retry_after": 5, "retry_after_ms": 300}, 0.3),
        ({"retry_after": 70}, 70.0),
        ({"retry_after": 3600}, 3600.0),
    ],
)
def test_retry_after_is_obeyed_exactly(server: MockServer, given: dict[str, Any], wait: float) -> None:
    """No jitter, milliseconds win, and no cap at a minute."""
    server.fault("rate_limited", **given)
    assert waits(server) == [wait]
    assert server.exchanges.statuses == [429, 200]


@pytest.mark.parametrize("retry_after", [0, -1, "soon"])
def test_a_retry_after_of_no_use(server: MockServer, retry_after: float | str) -> None:
    """Falls back to backoff."""
    server.fault("rate_limited", retry_after=retry_after)
    assert fits(waits(server), FIRST)


def test_retry_after_as_a_date(server: MockServer) -> None:
    """An HTTP date has whole seconds, so up to one of them is lost."""
    server.fault("rate_limited", retry_after_date=30)
    assert fits(waits(server), (28.5, 30.0))


@pytest.mark.parametrize(("status", "should", "attempts"), [(400, True, 3), (529, False, 1)])
def test_x_should_retry_overrides_the_status(server: MockServer, status: int, should: bool, attempts: int) -> None:
    """Either way."""
    server.fault("api_error", status=status, should_retry=should, times=None)
    assert len(waits(server)) == attempts - 1
    assert len(server.exchanges) == attempts


@pytest.mark.parametrize("fault", ["close_before_response", "cut", "reset"])
def test_connections_that_break_are_retried(server: MockServer, fault: str) -> None:
    """No answer, or a body that is not whole: three attempts."""
    server.fault(fault, times=None)
    assert fits(waits(server), FIRST, SECOND)
    assert len(server.exchanges) == 3


def test_a_read_timeout_is_retried(server: MockServer) -> None:
    """The client gives up, tries again, and the server sees it go."""
    server.fault("stall", after_bytes=0, times=None)
    assert fits(waits(server, timeout=0.3), FIRST, SECOND)
    assert [exchange["ended"] for exchange in server.wait(3)] == ["client_gone"] * 3


@pytest.mark.parametrize("fault", ["error_event", "cut", "reset", "truncate"])
def test_broken_streams_are_never_retried(server: MockServer, fault: str) -> None:
    """Once a stream has begun there is one attempt."""
    server.fault(fault, times=None)
    assert waits(server, stream=True) == []
    assert len(server.exchanges) == 1


def test_a_retry_differs_only_in_its_count(server: MockServer) -> None:
    """The header counts from 0, the body stays."""
    server.fault("overloaded", times=2)
    waits(server)
    counts = [exchange["request"]["headers"]["x-stainless-retry-count"] for exchange in server.exchanges]
    bodies = [exchange["request"]["body"] for exchange in server.exchanges]
    assert counts == ["0", "1", "2"]
    assert bodies == [bodies[0]] * 3
