"""Findings of tests that nobody ran, to be reported."""

from collections.abc import Callable
from typing import Any

import pytest

from claudemock_contracts.finding import Finding, fingerprint
from claudemock_contracts.report.model import TestResult

Make = Callable[..., TestResult]


def finding(**changed: Any) -> dict[str, Any]:
    """A finding as reports get it."""
    known: dict[str, Any] = {
        "rule": "R01",
        "name": "tool-result-missing",
        "kind": "missing",
        "severity": "error",
        "verdict": "violation",
        "title": "Every call has a result",
        "expected": "a result",
        "actual": "none",
        "location": "messages.1.content.0",
        "exchanges": ("exch_2", "exch_1"),
        "fix": "send it",
        "confidence": "high",
        "scope": "s",
        "caller": "app.py:9",
    }
    made = {**known, **changed}
    made["fingerprint"] = fingerprint(made["rule"], made.get("test"), made["location"], made["kind"])
    return Finding(**made).to_json()


@pytest.fixture
def result() -> Make:
    """Makes the result of a test with one finding, whose fields are given."""

    def make(test: str = "tests/test_a.py::test_one", **changed: Any) -> TestResult:
        return TestResult(
            test=test, file="tests/test_a.py", line=3, findings=[finding(test=test, **changed)], exchanges=2
        )

    return make
