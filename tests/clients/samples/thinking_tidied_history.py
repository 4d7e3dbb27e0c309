"""An assistant that tidies its history before each call: an empty line at the end of a text once cost a 400.

Bug: tidying strips every string, the signed thoughts of the open turn too.
"""

from typing import Any

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, AsyncLlm, assistant, calls, result, said, user

RULE = "R11 thinking-blocks-altered"
RAISES = ("BadRequestError", "HTTPStatusError")


def tidy(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [tidy(item) for item in value]
    return value


def arrange(claude: MockServer) -> None:
    thought = "The user asks about two ports.\n\nFirst Brest, as the ship is there:\n"
    claude.reply(thinking(thought), tool_use("get_weather", city="Brest"))


async def run(llm: AsyncLlm) -> str:
    budget = {"type": "enabled", "budget_tokens": 4000}
    history = [user("When can we leave Brest? \n")]
    while True:
        message = await llm.create(
            model=SONNET, max_tokens=8000, thinking=budget, tools=[WEATHER], messages=tidy(history)
        )
        if not calls(message):
            return said(message)
        history += [assistant(message["content"]), user([result(call, "14 °C") for call in calls(message)])]
