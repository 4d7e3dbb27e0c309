"""The retry table of the official Python SDK (any major version): attempts, and the waits it asks for."""

import time
from contextlib import suppress
from typing import Any

import anthropic
from mocking import control

HELLO: Any = {"model": "claude-opus-4-8", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]}
FIRST, SECOND = (0.375, 0.5), (0.75, 1.0)
# versions before 1.6.0 take no more than a minute and fall back to their own backoff
LONG = tuple(map(int, anthropic.__version__.split(".")[:2])) >= (1, 6)
slept: list[float] = []


def check(fault: dict[str, Any], *waits: tuple[float, float], attempts: int | None = None, retries: int = 2) -> None:
    """One call under one fault: so many attempts, with waits within these bounds."""
    control("POST", "reset")
    slept.clear()
    control("POST", "faults", {"faults": [fault]})
    with anthropic.Anthropic(max_retries=retries) as client, suppress(anthropic.APIError):
        client.messages.create(**HELLO)
    made = len(control("GET", "exchanges")["exchanges"])
    assert made == (len(waits) + 1 if attempts is None else attempts), (fault, made, slept)
    assert len(slept) == len(waits), (fault, slept)
    for wait, (low, high) in zip(slept, waits, strict=True):
        assert low <= wait <= high, (fault, slept)


vars(time)["sleep"] = slept.append
for status in (400, 401, 403, 404, 413, 422):
    check({"fault": "api_error", "status": status, "times": None, "headers": {"x-should-retry": ""}})
for status in (408, 409, 429, 500, 501, 502, 503, 504, 529):
    check({"fault": "api_error", "status": status, "times": None}, FIRST, SECOND)
growing = [(base * 0.75, base) for base in (0.5, 1, 2, 4, 8, 8)]
check({"fault": "overloaded", "times": None}, *growing, retries=6)
check({"fault": "rate_limited", "retry_after": 2}, (2.0, 2.0))
check({"fault": "rate_limited", "retry_after": 0.3}, (0.3, 0.3))
check({"fault": "rate_limited", "retry_after": 5, "retry_after_ms": 300}, (0.3, 0.3))
check({"fault": "rate_limited", "retry_after": 0}, FIRST)
check({"fault": "rate_limited", "retry_after": 70}, (70.0, 70.0) if LONG else FIRST)
check({"fault": "rate_limited", "retry_after_date": 30}, (28.5, 30.0))
check({"fault": "api_error", "status": 400, "should_retry": True, "times": None}, FIRST, SECOND)
check({"fault": "overloaded", "should_retry": False, "times": None})
for broken in ("close_before_response", "cut", "reset"):
    check({"fault": broken, "times": None}, FIRST, SECOND)
