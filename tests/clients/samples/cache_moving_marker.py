"""A streaming chat whose breakpoint moves forward: only the newest line is marked, older marks are taken off.

Trap: the last block always differs, and earlier blocks lose their `cache_control`, which is not part of the content.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, assistant, handbook, marked, user

RULE = None
LINES = ("Tell me about parcels.", "Which are late?", "Why is that?", "Who can help?", "Thank you!")


async def say(client: anthropic.AsyncAnthropic, history: list[Json], line: str) -> str:
    turns: Any = [*history, user([marked(line)])]
    system: Any = [{"type": "text", "text": handbook("parcels")}]
    async with client.messages.stream(model=SONNET, max_tokens=600, system=system, messages=turns) as stream:
        answer = "".join([text async for text in stream.text_stream])
        if (await stream.get_final_message()).stop_reason != "end_turn":
            raise RuntimeError("the answer is not complete")
    history += [user(line), assistant(answer)]
    return answer


def arrange(claude: MockServer) -> None:
    for number, line in enumerate(LINES):
        claude.reply(f"To “{line}” I say sentence number {number}.")


async def run() -> list[str]:
    async with anthropic.AsyncAnthropic() as client:
        history: list[Json] = []
        return [await say(client, history, line) for line in LINES]
