"""A streaming chat on the SDK's `text_stream`, asyncio.

Bug: a stream that just ends, without a stop reason, raises nothing; the half answer becomes part of the conversation.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, assistant, user

RULE = "R22 stream-truncated-accepted"
NEEDS = ("fault",)


async def say(client: anthropic.AsyncAnthropic, history: list[Any], line: str) -> str:
    history.append(user(line))
    async with client.messages.stream(model=OPUS, max_tokens=300, messages=history) as stream:
        answer = "".join([text async for text in stream.text_stream])
    history.append(assistant(answer))
    return answer


def arrange(claude: MockServer) -> None:
    claude.fault("truncate", after_event=8)
    claude.when(turn=1).reply("First melt the butter, then add the flour, and at the very end the milk.", chunk=6)
    claude.when(turn=2).reply("Stir for ten minutes.")


async def run() -> list[str]:
    history: list[Any] = []
    async with anthropic.AsyncAnthropic() as client:
        return [await say(client, history, line) for line in ("How do I make the sauce?", "And then?")]
