"""An agent with hooks that comment on tool results.

Bug: the hook's note is put in front of the results, and results have to come first; the API refuses the request.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, RawLlm, assistant, calls, result, said, user

RULE = "R30 text-before-tool-result"
RAISES = "HTTPStatusError"


def hook(wanted: list[Json]) -> Json:
    return {"type": "text", "text": f"Note: {len(wanted)} sensors were read."}


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("get_weather", city="Ghent"), tool_use("get_weather", city="Namur"))


def run() -> str:
    with RawLlm() as llm:
        history = [user("Ghent or Namur?")]
        message = llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=history)
        wanted = calls(message)
        done = [result(call, f"{call['input']['city']}: wet") for call in wanted]
        history += [assistant(message["content"]), user([hook(wanted), *done])]
        return said(llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=history))
