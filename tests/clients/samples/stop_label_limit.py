"""A classifier with a limit of four tokens, which is enough for its labels.

Trap: answers that stop at max_tokens, by design.
"""

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU

RULE = None
TICKETS = {"My parcel is late": "delivery", "I want my money back": "refund", "The app crashes": "technical"}


def label(client: anthropic.Anthropic, ticket: str) -> str:
    message = client.messages.create(
        model=HAIKU,
        max_tokens=4,
        system="Answer with one word: delivery, refund or technical.",
        messages=[{"role": "user", "content": ticket}],
    )
    text = "".join(block.text for block in message.content if block.type == "text")
    return text.split()[0].strip(".,").lower()


def arrange(claude: MockServer) -> None:
    for answer in TICKETS.values():
        claude.reply(f"{answer.capitalize()}. This", stop_reason="max_tokens")


def run() -> dict[str, str]:
    with anthropic.Anthropic() as client:
        found = {ticket: label(client, ticket) for ticket in TICKETS}
    assert found == TICKETS
    return found
