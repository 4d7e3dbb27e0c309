"""A thinking agent that streams with the SDK and appends what it got, verbatim, through four tool turns.

Trap: several signed thinking blocks in one open turn, in order, among text and calls.
"""

from typing import Any

import anthropic

from claudemock import text, thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, result

RULE = None


async def run() -> str:
    history: list[Any] = [{"role": "user", "content": "Find me somewhere dry."}]
    tools: list[Any] = [WEATHER]
    async with anthropic.AsyncAnthropic() as client:
        for _ in range(6):
            async with client.messages.stream(
                model=SONNET,
                max_tokens=8000,
                thinking={"type": "enabled", "budget_tokens": 3000},
                tools=tools,
                messages=history,
            ) as stream:
                message = await stream.get_final_message()
            if message.stop_reason == "end_turn":
                return "".join(block.text for block in message.content if block.type == "text")
            wanted: list[Json] = [{"id": block.id} for block in message.content if block.type == "tool_use"]
            history.append({"role": "assistant", "content": message.content})
            history.append({"role": "user", "content": [result(call, "rain") for call in wanted]})
    raise RuntimeError("nowhere is dry")


def arrange(claude: MockServer) -> None:
    for city in ("Goa", "Pune", "Agra"):
        claude.reply(thinking(f"Perhaps {city}?"), text(f"I try {city}."), tool_use("get_weather", city=city))
    claude.reply(thinking("Then the desert."), "Go to Jaisalmer.")
