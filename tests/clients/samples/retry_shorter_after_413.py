"""A chat that drops its oldest turns when a request is too large.

Trap: a second request right after a 413, which must not be repeated; but this one is smaller.
"""

from collections.abc import Iterator

import anthropic
import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, assistant, handbook, said, user

RULE = None
NEEDS = ("fault",)


def conversation(turns: int) -> Iterator[Json]:
    for number in range(turns):
        yield user(f"Chapter {number}: {handbook(str(number), 300)}")
        yield assistant(f"I have read chapter {number}.")


def ask(llm: Llm, history: list[Json], line: str) -> str:
    while True:
        try:
            return said(llm.create(model=SONNET, max_tokens=200, messages=[*history, user(line)]))
        except (anthropic.APIStatusError, httpx2.HTTPStatusError) as error:
            if error.response.status_code != 413 or len(history) < 2:
                raise
            history = history[len(history) // 4 * 2 :]


def arrange(claude: MockServer) -> None:
    claude.fault("request_too_large", times=2)
    claude.reply("It ends well.")


def run(llm: Llm) -> str:
    return ask(llm, list(conversation(8)), "How does it end?")
