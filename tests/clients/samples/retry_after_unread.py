"""A raw client with exponential backoff.

Bug: it does not look at `retry-after`, and knocks again long before the limit is reset.
"""

import random
import time

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, raw_client, said, user

RULE = "R04 retry-after-ignored"
NEEDS = ("fault",)


class Client:
    def __init__(self) -> None:
        self._random = random.Random(7)

    def _pause(self, attempt: int) -> None:
        time.sleep(0.25 * 2**attempt * self._random.uniform(0.8, 1.0))

    def ask(self, line: str) -> str:
        body: Json = {"model": SONNET, "max_tokens": 100, "messages": [user(line)]}
        with raw_client() as http:
            for attempt in range(5):
                response = http.post("/v1/messages", json=body)
                if response.status_code not in (429, 529):
                    return said(response.raise_for_status().json())
                self._pause(attempt)
        raise RuntimeError("no answer after five attempts")


def arrange(claude: MockServer) -> None:
    claude.fault("rate_limited", times=2, retry_after=3)
    claude.reply("At last.")


def run() -> str:
    return Client().ask("May I?")
