"""A thinking agent that keeps only what it understands.

Bug: it rebuilds the assistant turn from text and tool calls, and the signed thinking is gone when results go back.
"""

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = "R11 thinking-blocks-altered"
RAISES = ("BadRequestError", "HTTPStatusError")


def kept(message: Json) -> list[Json]:
    return [block for block in message["content"] if block["type"] in ("text", "tool_use")]


def arrange(claude: MockServer) -> None:
    claude.reply(thinking("I should look at the sky."), tool_use("get_weather", city="Skagen"))


def run(llm: Llm) -> str:
    history = [user("What shall I wear in Skagen?")]
    for _ in range(4):
        message = llm.create(
            model=SONNET,
            max_tokens=6000,
            thinking={"type": "enabled", "budget_tokens": 2000},
            tools=[WEATHER],
            messages=history,
        )
        if message["stop_reason"] != "tool_use":
            return said(message)
        done = [result(call, f"{call['input']['city']}: storm") for call in calls(message)]
        history += [assistant(kept(message)), user(done)]
    raise RuntimeError("too many turns")
