"""A coding agent that turned the SDK's retries off because “we handle errors ourselves”.

Bug: one overloaded answer ends the whole loop with an apology.
"""

from typing import Any

import anthropic

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, result

RULE = "R03 overload-not-retried"
NEEDS = ("fault",)


class Agent:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self.client = client

    def work(self, task: str) -> str:
        history: list[Any] = [{"role": "user", "content": task}]
        body: dict[str, Any] = {"model": OPUS, "max_tokens": 800, "tools": [SEARCH], "messages": history}
        while True:
            try:
                message = self.client.messages.create(**body)
            except anthropic.APIError:
                return "Sorry, something went wrong. Please try again later."
            if message.stop_reason != "tool_use":
                return "".join(block.text for block in message.content if block.type == "text")
            done = [result({"id": block.id}, "3 hits") for block in message.content if block.type == "tool_use"]
            history += [{"role": "assistant", "content": message.content}, {"role": "user", "content": done}]


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("search", query="flaky tests"))
    claude.fault("overloaded", nth=2)


def run() -> str:
    with anthropic.Anthropic(max_retries=0) as client:
        return Agent(client).work("Find the flaky tests.")
