"""A chat that makes a title for the conversation on the side, out of the same history.

Trap: the side call shares the prefix, ends differently, and the chat goes on as if it had never been.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, assistant, handbook, marked, said, user

RULE = None
LINES = ("How do glaciers move?", "How fast?", "And in summer?")


class Session:
    def __init__(self, client: anthropic.AsyncAnthropic) -> None:
        self.client = client
        self.history: list[Json] = []
        self.title = ""

    async def say(self, line: str) -> None:
        self.history.append(user(line))
        self.history.append(assistant((await self._ask(self.history))["content"]))
        if not self.title:
            self.title = said(await self._ask([*self.history, user("Give this conversation a title of four words.")]))

    async def _ask(self, history: list[Json]) -> Json:
        messages: Any = history
        system: Any = [marked(handbook("glaciers"))]
        answer: Any = await self.client.messages.create(
            model=SONNET, max_tokens=400, system=system, messages=messages, cache_control={"type": "ephemeral"}
        )
        return dict(answer.to_dict())


def arrange(claude: MockServer) -> None:
    claude.reply("They flow like very thick honey.")
    claude.reply("How glaciers move slowly")
    claude.reply("A few centimetres to metres a day.")
    claude.reply("Meltwater makes them slide faster in summer.")


async def run() -> str:
    async with anthropic.AsyncAnthropic() as client:
        session = Session(client)
        for line in LINES:
            await session.say(line)
        return session.title
