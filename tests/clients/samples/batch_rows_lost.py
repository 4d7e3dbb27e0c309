"""A moderation job that batches.

Bug: rows that did not succeed are passed over without a word, and their posts count as checked.
"""

import time
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = "R50 batch-nonsuccess-ignored"
NEEDS = ("batches",)
ORACLES = {"complete": True}
POSTS = {"p1": "Hello all", "p2": "Buy now!!!", "p3": "Nice picture", "p4": "You fool", "p5": "See you"}


class Moderation:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self.batches = client.messages.batches

    def check(self, posts: dict[str, str]) -> dict[str, str]:
        requests: list[Any] = [
            {
                "custom_id": key,
                "params": {"model": HAIKU, "max_tokens": 9, "messages": [{"role": "user", "content": post}]},
            }
            for key, post in posts.items()
        ]
        batch = self.batches.create(requests=requests)
        while batch.processing_status != "ended":
            time.sleep(0.1)
            batch = self.batches.retrieve(batch.id)
        verdicts: dict[str, str] = {}
        for row in self.batches.results(batch.id):
            if row.result.type == "succeeded":
                verdicts[row.custom_id] = "".join(
                    block.text for block in row.result.message.content if block.type == "text"
                )
        return verdicts


def arrange(claude: MockServer) -> None:
    claude.batches.script(errored=2)
    claude.when(contains="*").reply("fine")


def run() -> dict[str, str]:
    with anthropic.Anthropic() as client:
        return Moderation(client).check(POSTS)
