"""A batch job with a deadline: what is not done by then is cancelled, and what is done is collected.

Trap: a batch that is given up while in progress, but in order.
"""

import asyncio
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = None
NEEDS = ("batches",)
ORACLES = {"complete": True}


async def wait(client: anthropic.AsyncAnthropic, batch_id: str, polls: int) -> bool:
    for attempt in range(polls):
        if (await client.messages.batches.retrieve(batch_id)).processing_status == "ended":
            return True
        await asyncio.sleep(0.2 * 2**attempt)
    return False


async def run() -> dict[str, str]:
    requests: list[Any] = [
        {
            "custom_id": f"n{n}",
            "params": {"model": SONNET, "max_tokens": 9, "messages": [{"role": "user", "content": f"n{n}"}]},
        }
        for n in range(3)
    ]
    async with anthropic.AsyncAnthropic() as client:
        batch = await client.messages.batches.create(requests=requests)
        if not await wait(client, batch.id, 2):
            await client.messages.batches.cancel(batch.id)
            if not await wait(client, batch.id, 4):
                raise TimeoutError(batch.id)
        return {row.custom_id: row.result.type async for row in await client.messages.batches.results(batch.id)}


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=3600)
    claude.when(contains="n").reply("yes")
