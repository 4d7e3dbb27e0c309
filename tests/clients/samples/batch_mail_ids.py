"""A mail merge that batches.

Bug: the addresses are the custom ids, and an id has no “@”.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R51 batch-custom-id"
NEEDS = ("batches",)
RAISES = "BadRequestError"


def letter(name: str) -> dict[str, Any]:
    return {"model": SONNET, "max_tokens": 400, "messages": [{"role": "user", "content": f"Write to {name}."}]}


def arrange(claude: MockServer) -> None:
    """The batch is refused: nothing to say."""


def run() -> str:
    people = {"ada@example.com": "Ada", "alan@example.com": "Alan"}
    requests: list[Any] = [{"custom_id": address, "params": letter(name)} for address, name in people.items()]
    with anthropic.Anthropic() as client:
        return client.messages.batches.create(requests=requests).id
