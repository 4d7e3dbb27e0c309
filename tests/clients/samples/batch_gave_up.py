"""A translation job, asyncio, with a short patience.

Bug: after three polls it returns what it has, which is nothing, and forgets the batch that is still running.
"""

import asyncio
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R48 batch-not-collected"
ALSO = ("R53 batch-abandoned",)
NEEDS = ("batches",)
ORACLES = {"complete": True}


async def translate(client: anthropic.AsyncAnthropic, lines: dict[str, str]) -> dict[str, str]:
    requests: list[Any] = [
        {
            "custom_id": key,
            "params": {"model": SONNET, "max_tokens": 99, "messages": [{"role": "user", "content": line}]},
        }
        for key, line in lines.items()
    ]
    batch = await client.messages.batches.create(requests=requests)
    found = {}
    for _ in range(3):
        if batch.processing_status == "ended":
            async for row in await client.messages.batches.results(batch.id):
                if row.result.type == "succeeded" and row.result.message.content[0].type == "text":
                    found[row.custom_id] = row.result.message.content[0].text
            break
        await asyncio.sleep(0.05)
        batch = await client.messages.batches.retrieve(batch.id)
    return found


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=3600)


async def run() -> dict[str, str]:
    async with anthropic.AsyncAnthropic() as client:
        return await translate(client, {"menu": "Soup of the day", "sign": "Closed on Sundays"})
