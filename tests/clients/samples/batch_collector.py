"""A careful batch job: ids of its own, growing pauses, results joined by id, failed rows sent once more in a batch of
their own.

Trap: two batches with the same custom ids, and rows that did not succeed; each is accounted for.
"""

import time
from collections.abc import Mapping
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = None
NEEDS = ("batches",)
ORACLES = {"complete": True}
TEXTS = {f"text-{n}": f"Text number {n} about the sea" for n in range(6)}


class Job:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self.batches = client.messages.batches
        self.failed: dict[str, str] = {}

    def run(self, texts: Mapping[str, str]) -> dict[str, str]:
        requests: list[Any] = [
            {
                "custom_id": key,
                "params": {"model": HAIKU, "max_tokens": 30, "messages": [{"role": "user", "content": text}]},
            }
            for key, text in texts.items()
        ]
        batch_id = self.batches.create(requests=requests).id
        for attempt in range(6):
            if self.batches.retrieve(batch_id).processing_status == "ended":
                return self._collect(batch_id)
            time.sleep(0.2 * 2**attempt)
        self.batches.cancel(batch_id)
        raise TimeoutError(batch_id)

    def _collect(self, batch_id: str) -> dict[str, str]:
        found: dict[str, str] = {}
        self.failed = {}
        for row in self.batches.results(batch_id):
            if row.result.type == "succeeded":
                found[row.custom_id] = "".join(b.text for b in row.result.message.content if b.type == "text")
            else:
                self.failed[row.custom_id] = row.result.type
        return found


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=0.3, errored=1, expired=1)
    for number in range(6):
        claude.when(contains=f"number {number} ").reply(f"Summary {number}")


def run() -> dict[str, str]:
    with anthropic.Anthropic() as client:
        job = Job(client)
        found = job.run(TEXTS)
        if job.failed:
            found |= job.run({key: TEXTS[key] for key in job.failed})
        found |= {key: f"failed: {why}" for key, why in job.failed.items()}
    assert found == {f"text-{n}": f"Summary {n}" for n in range(6)}
    return found
