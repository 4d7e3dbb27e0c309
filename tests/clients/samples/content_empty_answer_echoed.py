"""An agent that cleans what it gets before it says it back: the model may begin a tool turn with an empty text.

Trap: an assistant turn that differs from what was served by a dropped empty block, as it has to.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = None


def clean(content: list[Json]) -> list[Json]:
    return [block for block in content if block["type"] != "text" or block["text"].strip()]


def arrange(claude: MockServer) -> None:
    call = {"type": "tool_use", "id": "toolu_01Kiel", "name": "get_weather", "input": {"city": "Kiel"}}
    claude.reply(content=[{"type": "text", "text": ""}, call])
    claude.reply("It is windy in Kiel.")


def run(llm: Llm) -> str:
    history = [user("Kiel?")]
    while True:
        message = llm.create(model=SONNET, max_tokens=200, tools=[WEATHER], messages=history)
        if message["stop_reason"] != "tool_use":
            return said(message)
        done = [result(call, "windy") for call in calls(message)]
        history += [assistant(clean(message["content"])), user(done)]
