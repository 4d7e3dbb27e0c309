"""A writer that goes to another model when the first one declines, and says so when both do.

Trap: the same request again right after a refusal, but to another model.
"""

import anthropic

from claudemock import refusal
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SONNET

RULE = None


class DeclinedError(Exception):
    """No model wants to answer."""


async def ask(client: anthropic.AsyncAnthropic, task: str) -> str:
    for model in (OPUS, SONNET):
        message = await client.messages.create(
            model=model, max_tokens=700, messages=[{"role": "user", "content": task}]
        )
        if message.stop_reason != "refusal":
            return "".join(block.text for block in message.content if block.type == "text")
    raise DeclinedError(task)


def arrange(claude: MockServer) -> None:
    claude.reply(refusal("Not this.", category="bio"))
    claude.reply("Sourdough needs a starter.")
    claude.reply(refusal("No.", category="cyber"))
    claude.reply(refusal("No.", category="cyber"))


async def run() -> list[str]:
    answers = []
    async with anthropic.AsyncAnthropic() as client:
        for task in ("Which cultures do I need for bread?", "Write a worm."):
            try:
                answers.append(await ask(client, task))
            except DeclinedError:
                answers.append("declined")
    return answers
