"""A research assistant, asyncio, with a metered search.

Bug: the search tool's description says how many searches are left: same name, another schema on every turn.
"""

from typing import Any

import anthropic

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, Json, handbook, marked, result

RULE = "R18 tools-unstable"


class MeteredSearch:
    def __init__(self, budget: int) -> None:
        self.left = budget

    @property
    def spec(self) -> Json:
        return {**SEARCH, "description": f"{SEARCH['description']} You have {self.left} searches left."}

    async def __call__(self, query: str) -> str:
        self.left -= 1
        return f"Three documents mention {query}."


def arrange(claude: MockServer) -> None:
    for query in ("pension scheme", "parental leave", "sabbatical"):
        claude.reply(tool_use("search", query=query))
    claude.reply("You may take a sabbatical after five years.")


async def run() -> str:
    search = MeteredSearch(5)
    history: list[Json] = [{"role": "user", "content": "When can I take a sabbatical?"}]
    async with anthropic.AsyncAnthropic() as client:
        while search.left > 0:
            spec: Any = search.spec
            turns: Any = history
            system: Any = [marked(handbook("people"))]
            answer: Any = await client.messages.create(
                model=SONNET, max_tokens=800, system=system, tools=[spec], messages=turns
            )
            if answer.stop_reason != "tool_use":
                return str(answer.content[0].text)
            content = answer.to_dict()["content"]
            history.append({"role": "assistant", "content": content})
            done = [
                result(call, await search(call["input"]["query"])) for call in content if call["type"] == "tool_use"
            ]
            history.append({"role": "user", "content": done})
    raise RuntimeError("out of searches")
