"""A nightly labelling job.

Bug: it submits its batch, logs that it did, and that is all anybody ever does about it.
"""

import logging
from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = "R48 batch-not-collected"
NEEDS = ("batches",)
ORACLES = {"complete": True}
TICKETS = ("My parcel is late", "Wrong size", "Great shop!")


def arrange(claude: MockServer) -> None:
    """Nobody asks for the answers."""


def run() -> str:
    requests: list[Any] = [
        {
            "custom_id": f"ticket-{number}",
            "params": {"model": HAIKU, "max_tokens": 20, "messages": [{"role": "user", "content": ticket}]},
        }
        for number, ticket in enumerate(TICKETS)
    ]
    with anthropic.Anthropic() as client:
        batch = client.messages.batches.create(requests=requests)
    logging.getLogger("nightly").info("submitted %s tickets as %s", len(requests), batch.id)
    return f"{len(requests)} tickets labelled"
