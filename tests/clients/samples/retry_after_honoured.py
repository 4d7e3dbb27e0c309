"""A raw client that waits as told: seconds, an HTTP date, or a backoff of its own when the header says nothing of use.

Trap: a `retry-after` of 0 is no reason to wait, and the attempts differ in nothing.
"""

import random
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, raw_client, said, user

RULE = None
NEEDS = ("fault",)


def wait_of(header: str | None, attempt: int) -> float:
    backoff: float = 0.5 * 2**attempt * random.uniform(0.75, 1.0)
    try:
        return float(header or 0) or backoff
    except ValueError:
        pass
    until = parsedate_to_datetime(header or "")
    return max(backoff, (until - datetime.now(UTC)).total_seconds())


def ask(body: Json) -> str:
    with raw_client() as http:
        for attempt in range(5):
            response = http.post("/v1/messages", json=body)
            if response.status_code != 429 and response.status_code < 500:
                return said(response.raise_for_status().json())
            time.sleep(wait_of(response.headers.get("retry-after"), attempt))
    raise RuntimeError("no answer after five attempts")


def arrange(claude: MockServer) -> None:
    claude.fault("rate_limited", nth=1, retry_after=1)
    claude.fault("rate_limited", nth=3, retry_after_date=2)
    claude.fault("rate_limited", nth=5, retry_after=0)
    for number in range(3):
        claude.reply(f"Page {number} is done.")


def run() -> list[str]:
    return [ask({"model": SONNET, "max_tokens": 100, "messages": [user(f"Page {n}.")]}) for n in range(3)]
