"""An extractor that wants both extended thinking and a certain tool call.

Bug: a forced `tool_choice` does not go with manual thinking.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, SEARCH

RULE = "R26 thinking-forced-tool-choice"
RAISES = "BadRequestError"


def arrange(claude: MockServer) -> None:
    """The request is refused: nothing to say."""


def run() -> Any:
    with anthropic.Anthropic() as client:
        tools: list[Any] = [SEARCH]
        message = client.messages.create(
            model=HAIKU,
            max_tokens=4000,
            thinking={"type": "enabled", "budget_tokens": 2000},
            tools=tools,
            tool_choice={"type": "tool", "name": "search"},
            messages=[{"role": "user", "content": "Find the travel policy."}],
        )
        return next(block.input for block in message.content if block.type == "tool_use")
