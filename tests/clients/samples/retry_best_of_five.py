"""A headline writer that samples the same prompt five times at once and takes the shortest.

Trap: equal requests that overlap are samples, not retries; two of them are retried by the SDK.
"""

import asyncio

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = None
NEEDS = ("fault",)


async def sample(client: anthropic.AsyncAnthropic, story: str) -> str:
    message = await client.messages.create(
        model=SONNET, max_tokens=60, messages=[{"role": "user", "content": f"A headline for: {story}"}]
    )
    return "".join(block.text for block in message.content if block.type == "text")


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", times=2)
    claude.fault("delay", seconds=0.15, times=7)
    for words in ("Dog bites man", "Man bites dog today", "Dog and man", "A bite", "Bitten at noon by a dog"):
        claude.reply(words)


async def run() -> str:
    async with anthropic.AsyncAnthropic() as client:
        headlines = await asyncio.gather(*(sample(client, "A dog bit a man.") for _ in range(5)))
    return min(headlines, key=len)
