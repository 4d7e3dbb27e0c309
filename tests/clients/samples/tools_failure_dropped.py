"""An agent that gathers with `return_exceptions=True`.

Bug: calls that failed are filtered out instead of being answered with an error.
"""

import asyncio
from typing import Any

import anthropic

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, WEATHER, Json, result, user

RULE = "R01 tool-result-missing"
RAISES = "BadRequestError"


async def get_weather(city: str) -> str:
    if city == "Atlantis":
        raise LookupError("no such city")
    return f"Sun in {city}"


async def answer(wanted: list[Json]) -> list[Json]:
    outcomes = await asyncio.gather(*(get_weather(**call["input"]) for call in wanted), return_exceptions=True)
    pairs = zip(wanted, outcomes, strict=True)
    return [result(call, outcome) for call, outcome in pairs if not isinstance(outcome, BaseException)]


def arrange(claude: MockServer) -> None:
    claude.reply(*(tool_use("get_weather", city=city) for city in ("Athens", "Atlantis", "Ankara")))


async def run() -> str:
    history: list[Any] = [user("Athens, Atlantis, Ankara?")]
    tools: list[Any] = [WEATHER]
    async with anthropic.AsyncAnthropic() as client:
        for _ in range(5):
            message = await client.messages.create(model=OPUS, max_tokens=300, tools=tools, messages=history)
            if message.stop_reason != "tool_use":
                return "".join(block.text for block in message.content if block.type == "text")
            content: Any = message.to_dict()["content"]
            done = await answer([block for block in content if block["type"] == "tool_use"])
            history += [{"role": "assistant", "content": content}, user(done)]
    raise RuntimeError("too many turns")
