"""A web handler for which the API stays down: it tries three times with growing pauses and tells the user so.

Trap: every request fails and no answer comes; the failure is handled and said.
"""

import asyncio
import random

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = None
NEEDS = ("fault",)


async def handle(client: anthropic.AsyncAnthropic, line: str) -> tuple[int, str]:
    for attempt in range(3):
        try:
            message = await client.messages.create(
                model=HAIKU, max_tokens=100, messages=[{"role": "user", "content": line}]
            )
        except (anthropic.InternalServerError, anthropic.APIConnectionError):
            await asyncio.sleep(0.3 * 2**attempt * random.uniform(0.8, 1.2))
            continue
        return 200, "".join(block.text for block in message.content if block.type == "text")
    return 503, "The assistant is overloaded. Your question was not answered."


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", times=3)


async def run() -> tuple[int, str]:
    async with anthropic.AsyncAnthropic(max_retries=0) as client:
        return await handle(client, "Hello")
