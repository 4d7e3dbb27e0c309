"""A batch job that waits for the status “completed”.

Bug: there is no such status; the batch ends, is seen to have ended, and its results are never fetched.
"""

import time
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R48 batch-not-collected"
NEEDS = ("batches",)
RAISES = "TimeoutError"
ORACLES = {"complete": True}
DONE: tuple[str, ...] = ("completed", "failed")


def wait(client: anthropic.Anthropic, batch_id: str) -> None:
    for attempt in range(5):
        if client.messages.batches.retrieve(batch_id).processing_status in DONE:
            return
        time.sleep(0.02 * 2**attempt)
    raise TimeoutError(batch_id)


def arrange(claude: MockServer) -> None:
    claude.when(contains="poem").reply("Roses are red.")


def run() -> list[str]:
    params: Any = {"model": SONNET, "max_tokens": 50, "messages": [{"role": "user", "content": "A poem."}]}
    with anthropic.Anthropic() as client:
        batch = client.messages.batches.create(requests=[{"custom_id": "poem", "params": params}])
        wait(client, batch.id)
        return [row.custom_id for row in client.messages.batches.results(batch.id)]
