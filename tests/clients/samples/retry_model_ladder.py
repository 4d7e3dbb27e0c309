"""A chat with fallback models: when one fails, the next is asked.

Bug: the ladder does not look at what failed, and climbs down with a conversation that is too long for all of them.
"""

from collections.abc import Sequence

import anthropic
from anthropic.types import MessageParam

from claudemock.control.client import MockServer

RULE = "R17 retry-nonretryable"
RAISES = ("BadRequestError", "RuntimeError")
NEEDS = ("fault",)
LADDER = ("claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5")


async def ask(client: anthropic.AsyncAnthropic, messages: Sequence[MessageParam]) -> str:
    last: anthropic.APIStatusError | None = None
    for model in LADDER:
        try:
            got = await client.messages.create(model=model, max_tokens=400, messages=messages)
        except anthropic.APIStatusError as error:
            last = error
            continue
        return "".join(block.text for block in got.content if block.type == "text")
    raise RuntimeError("all models are down") from last


def arrange(claude: MockServer) -> None:
    long = "prompt is too long: 214338 tokens > 200000 maximum"
    claude.fault("api_error", status=400, error_type="invalid_request_error", message=long, times=None)


async def run() -> str:
    question = "Summarise the minutes.\n" + "Item: the harbour. " * 40
    async with anthropic.AsyncAnthropic() as client:
        return await ask(client, [{"role": "user", "content": question}])
