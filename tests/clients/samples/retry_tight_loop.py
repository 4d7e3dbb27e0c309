"""A raw client that retries at once.

Bug: no growth, no jitter: seven requests within a tenth of a second while the API is overloaded.
"""

import time

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, raw_client, said, user

RULE = "R45 retry-storm"
NEEDS = ("fault",)
PAUSE = 0.01


def ask(line: str) -> str:
    body = {"model": SONNET, "max_tokens": 100, "messages": [user(line)]}
    with raw_client() as http:
        for _ in range(8):
            response = http.post("/v1/messages", json=body)
            if response.status_code < 500:
                return said(response.raise_for_status().json())
            time.sleep(PAUSE)
    raise RuntimeError("overloaded")


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", times=6)
    claude.reply("Here I am.")


def run() -> str:
    return ask("Hello?")
