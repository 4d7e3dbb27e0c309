"""A summariser that notices a turn that was all thinking, and asks again with more room.

Trap: the same prompt twice after a stop at max_tokens, but not with the same limit.
"""

from claudemock import thinking
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, AsyncLlm, said, user

RULE = None


async def summarise(llm: AsyncLlm, text: str) -> str:
    limit = 4096
    while limit <= 32_768:
        message = await llm.create(
            model=SONNET,
            max_tokens=limit,
            thinking={"type": "enabled", "budget_tokens": 2048},
            messages=[user(f"Summarise: {text}")],
        )
        if message["stop_reason"] == "end_turn":
            return said(message)
        limit *= 2
    raise RuntimeError("too long to summarise")


def arrange(claude: MockServer) -> None:
    claude.reply(thinking("Where do I begin? " * 400), stop_reason="max_tokens")
    claude.reply(thinking("Now I have room."), "It is about rain.")


async def run(llm: AsyncLlm) -> str:
    return await summarise(llm, "a very long report")
