"""A submitter whose batches are collected by another program, as the test says.

Trap: the batch is never polled here.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = None
NEEDS = ("batches",)
ORACLES = {"collected_elsewhere": True}


def arrange(claude: MockServer) -> None:
    """Nobody asks for the answers here."""


async def run() -> str:
    params: Any = {"model": HAIKU, "max_tokens": 20, "messages": [{"role": "user", "content": "Label: late parcel"}]}
    async with anthropic.AsyncAnthropic() as client:
        batch = await client.messages.batches.create(requests=[{"custom_id": "ticket-1", "params": params}])
    return batch.id
