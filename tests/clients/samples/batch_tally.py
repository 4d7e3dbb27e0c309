"""A poll of opinions that batches and only counts the answers, and what could not be answered.

Trap: rows are read in the order of the file and ids are never looked at; for a sum that does not matter.
"""

import time
from collections import Counter
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = None
NEEDS = ("batches",)
ORACLES = {"complete": True}
OPINIONS = ("More trains", "Fewer cars", "More trains please", "No idea", "Trains!")


def arrange(claude: MockServer) -> None:
    claude.batches.script(errored=1)
    claude.when(contains="*").reply("yes")


def run() -> dict[str, int]:
    requests: list[Any] = [
        {
            "custom_id": f"o{n}",
            "params": {"model": HAIKU, "max_tokens": 5, "messages": [{"role": "user", "content": text}]},
        }
        for n, text in enumerate(OPINIONS)
    ]
    tally: Counter[str] = Counter()
    with anthropic.Anthropic() as client:
        batch = client.messages.batches.create(requests=requests)
        for attempt in range(5):
            if client.messages.batches.retrieve(batch.id).processing_status == "ended":
                break
            time.sleep(0.1 * 2**attempt)
        for row in client.messages.batches.results(batch.id):
            if row.result.type == "succeeded":
                tally["".join(block.text for block in row.result.message.content if block.type == "text")] += 1
            else:
                tally[f"unanswered ({row.result.type})"] += 1
    assert tally.total() == len(OPINIONS)
    return dict(tally)
