"""A prover that retries when no answer comes, asyncio.

Bug: it asks again with the very same limit, and the same thinking runs out again.
"""

import anthropic

from claudemock import thinking
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS

RULE = "R09 thinking-budget-exhausted"
ALSO = ("R08 stop-max-tokens-ignored",)


class NoAnswerError(Exception):
    """The model said nothing."""


async def prove(client: anthropic.AsyncAnthropic, claim: str) -> str:
    message = await client.messages.create(
        model=OPUS,
        max_tokens=3000,
        thinking={"type": "adaptive"},
        messages=[{"role": "user", "content": f"Prove: {claim}"}],
    )
    text = "".join(block.text for block in message.content if block.type == "text")
    if not text:
        raise NoAnswerError(claim)
    return text


def arrange(claude: MockServer) -> None:
    for _ in range(3):
        claude.reply(thinking("Let us assume the opposite. " * 300), stop_reason="max_tokens")
    claude.reply(thinking("Easy."), "Assume the opposite; contradiction.")


async def run() -> str:
    async with anthropic.AsyncAnthropic() as client:
        for _ in range(4):
            try:
                return await prove(client, "the square root of two is irrational")
            except NoAnswerError:
                continue
    return "no proof found"
