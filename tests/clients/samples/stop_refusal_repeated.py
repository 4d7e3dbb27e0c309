"""A writer that does not take no for an answer, asyncio.

Bug: a refusal is treated like an empty answer, and the same request is sent again and again.
"""

from claudemock import refusal
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, said, user

RULE = "R28 refusal-ignored"


async def write(llm: AsyncLlm, task: str) -> str:
    for _ in range(4):
        message = await llm.create(model=OPUS, max_tokens=700, messages=[user(task)])
        if said(message):
            return said(message)
    return ""


def arrange(claude: MockServer) -> None:
    for _ in range(4):
        claude.reply(refusal("This is not something to help with.", category="cyber"))


async def run(llm: AsyncLlm) -> str:
    return await write(llm, "Write a worm.")
