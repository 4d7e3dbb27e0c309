"""A summariser with a retry decorator.

Bug: the SDK retries too, so that four attempts of the decorator are twelve requests.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R16 retry-amplification"
RAISES = "OverloadedError"
NEEDS = ("fault",)
P = ParamSpec("P")


def retry(attempts: int) -> Callable[[Callable[P, str]], Callable[P, str]]:
    def decorate(function: Callable[P, str]) -> Callable[P, str]:
        @wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> str:
            for attempt in range(1, attempts):
                try:
                    return function(*args, **kwargs)
                except anthropic.APIStatusError as error:
                    if error.status_code < 429:
                        raise
                    time.sleep(0.1 * 2**attempt)
            return function(*args, **kwargs)

        return wrapper

    return decorate


@retry(attempts=4)
def summarise(client: anthropic.Anthropic, text: str) -> str:
    message = client.messages.create(
        model=SONNET, max_tokens=300, messages=[{"role": "user", "content": f"Summarise: {text}"}]
    )
    return "".join(block.text for block in message.content if block.type == "text")


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", times=40, retry_after_ms=30)


def run() -> str:
    with anthropic.Anthropic() as client:
        return summarise(client, "A long day.")
