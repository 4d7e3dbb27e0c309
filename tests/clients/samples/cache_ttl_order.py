"""A tutor with a long-lived course book and short-lived chat.

Bug: the system prompt in front keeps the default five minutes while the book behind it asks for an hour; longer
lifetimes have to come first.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, handbook, marked

RULE = "R35 cache-ttl-order"
RAISES = "BadRequestError"


def arrange(claude: MockServer) -> None:
    """The request is refused: nothing to say."""


async def run() -> str:
    system: Any = [marked("You are a patient tutor.\n" + handbook("tutoring"))]
    book: Any = marked(handbook("algebra"), ttl="1h")
    async with anthropic.AsyncAnthropic() as client:
        message = await client.messages.create(
            model=SONNET,
            max_tokens=500,
            system=system,
            messages=[{"role": "user", "content": [book, {"type": "text", "text": "Explain lesson one."}]}],
        )
    return "".join(block.text for block in message.content if block.type == "text")
