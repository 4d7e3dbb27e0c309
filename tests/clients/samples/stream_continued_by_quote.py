"""A streaming writer that, when a stream breaks off, quotes what it has and asks for the rest, as documented.

Trap: a partial answer is used, and appears in the next request, inside a user message that says what happened.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, user

RULE = None
NEEDS = ("fault",)
TASK = "Tell me the story of the lighthouse."


async def write(client: anthropic.AsyncAnthropic) -> str:
    messages: list[Any] = [user(TASK)]
    story = ""
    for _ in range(3):
        async with client.messages.stream(model=OPUS, max_tokens=500, messages=messages) as stream:
            story += "".join([text async for text in stream.text_stream])
            if (await stream.get_final_message()).stop_reason is not None:
                return story
        quoted = f"Your previous answer was interrupted. It ended with: “{story}” Continue from there."
        messages = [user(f"{TASK}\n\n{quoted}")]
    raise RuntimeError("the story has no end")


def arrange(claude: MockServer) -> None:
    claude.fault("truncate", after_event=7)
    claude.when(contains="was interrupted").reply("… and so it learned to shine.")
    claude.when(contains=TASK).reply("Far out at sea there stood a lighthouse that feared the dark.", chunk=6)


async def run() -> str:
    async with anthropic.AsyncAnthropic() as client:
        return await write(client)
