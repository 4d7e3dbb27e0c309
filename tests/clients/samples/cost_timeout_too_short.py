"""A report writer that allows long answers.

Bug: it waits ten seconds at most, for up to sixteen thousand tokens that come in one piece.
"""

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS

RULE = "R46 timeout-mismatch"


def arrange(claude: MockServer) -> None:
    claude.reply("Chapter one is about the sea.")
    claude.reply("Chapter two is about the land.")


def run() -> list[str]:
    chapters = []
    with anthropic.Anthropic(timeout=10.0, max_retries=1) as client:
        for topic in ("the sea", "the land"):
            message = client.messages.create(
                model=OPUS, max_tokens=16_000, messages=[{"role": "user", "content": f"A chapter about {topic}."}]
            )
            chapters.append("".join(block.text for block in message.content if block.type == "text"))
    return chapters
