"""A gateway that rewrites tool ids into its own short form.

Bug: it counts from one in every turn, so that ids repeat within the conversation.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, RawLlm, assistant, calls, result, said, user

RULE = "R32 tool-id-duplicated"
RAISES = "HTTPStatusError"


def shortened(message: Json) -> Json:
    number, content = 0, []
    for block in message["content"]:
        if block["type"] == "tool_use":
            number += 1
            content.append({**block, "id": f"toolu_{number}"})
        else:
            content.append(block)
    return {**message, "content": content}


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("get_weather", city="Turku"))
    claude.reply(tool_use("get_weather", city="Vaasa"))


def run() -> str:
    history = [user("Which is colder, Turku or Vaasa?")]
    with RawLlm() as llm:
        for _ in range(4):
            message = shortened(llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=history))
            if message["stop_reason"] != "tool_use":
                return said(message)
            done = [result(call, f"{call['input']['city']}: -4 °C") for call in calls(message)]
            history += [assistant(message["content"]), user(done)]
    raise RuntimeError("too many turns")
