"""A nightly job that sits out rate limits.

Bug: a 429 that says the spend limit is reached does not go away by waiting.
"""

import time

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R44 retry-spend-cap"
RAISES = "EnforcedSpendLimitReachedError"
NEEDS = ("fault",)


def patient(client: anthropic.Anthropic, line: str) -> str:
    for attempt in range(4):
        try:
            message = client.messages.create(model=SONNET, max_tokens=100, messages=[{"role": "user", "content": line}])
        except anthropic.RateLimitError as error:
            if attempt == 3:
                raise
            time.sleep(float(error.response.headers.get("retry-after", 0.25 * 2**attempt)))
            continue
        return "".join(block.text for block in message.content if block.type == "text")
    raise RuntimeError("not reached")


def arrange(claude: MockServer) -> None:
    claude.fault("spend_cap", times=20)


def run() -> str:
    with anthropic.Anthropic(max_retries=0) as client:
        return patient(client, "Write the nightly report.")
