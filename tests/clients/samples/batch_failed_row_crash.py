"""A keyword extractor that batches.

Bug: it takes for granted that every row has a message; one that expired ends the whole collection.
"""

import asyncio
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R50 batch-nonsuccess-ignored"
NEEDS = ("batches",)
RAISES = "AttributeError"
ORACLES = {"complete": True}
TEXTS = ("On bees", "On bread", "On bridges", "On bells")


async def collect(client: anthropic.AsyncAnthropic, batch_id: str) -> dict[str, str]:
    keywords = {}
    async for row in await client.messages.batches.results(batch_id):
        result: Any = row.result
        keywords[row.custom_id] = result.message.content[0].text
    return keywords


def arrange(claude: MockServer) -> None:
    claude.batches.script(expired=1, errored=1)
    claude.when(contains="On b").reply("letters, words")


async def run() -> dict[str, str]:
    requests: list[Any] = [
        {
            "custom_id": text.replace(" ", "_"),
            "params": {"model": SONNET, "max_tokens": 30, "messages": [{"role": "user", "content": text}]},
        }
        for text in TEXTS
    ]
    async with anthropic.AsyncAnthropic() as client:
        batch = await client.messages.batches.create(requests=requests)
        for attempt in range(4):
            if (await client.messages.batches.retrieve(batch.id)).processing_status == "ended":
                break
            await asyncio.sleep(0.1 * 2**attempt)
        return await collect(client, batch.id)
