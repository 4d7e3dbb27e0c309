"""An agent written before calls came in parallel.

Bug: it takes the first tool call of a turn and never answers the others; the API refuses the next request.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, RawLlm, assistant, result, said, user

RULE = "R01 tool-result-missing"
RAISES = "HTTPStatusError"


def arrange(claude: MockServer) -> None:
    claude.reply("Let me look.", tool_use("get_weather", city="Bergen"), tool_use("get_weather", city="Bodø"))


def run() -> str:
    history = [user("Bergen or Bodø?")]
    with RawLlm() as llm:
        while True:
            message = llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=history)
            call = next((block for block in message["content"] if block["type"] == "tool_use"), None)
            if call is None:
                return said(message)
            weather = f"Rain in {call['input']['city']}"
            history += [assistant(message["content"]), user([result(call, weather)])]
