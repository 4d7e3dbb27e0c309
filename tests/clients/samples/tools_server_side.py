"""An assistant that mixes a client tool with the API's own web search, which pauses once.

Trap: `server_tool_use` blocks need no result from the client; the paused turn is sent back as it came.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = None
TOOLS: list[Json] = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}, WEATHER]


def arrange(claude: MockServer) -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_01A", "name": "web_search", "input": {"query": "Oslo fair"}}
    claude.reply(content=[{"type": "text", "text": "Searching."}, search], stop_reason="pause_turn")
    hits = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01A", "content": []}
    weather = {"type": "tool_use", "id": "toolu_01B", "name": "get_weather", "input": {"city": "Oslo"}}
    claude.reply(content=[hits, {"type": "text", "text": "Nothing found."}, weather])
    claude.reply("No fair, but good weather.")


def run(llm: Llm) -> str:
    history = [user("Is there a fair in Oslo, and is it dry?")]
    for _ in range(8):
        message = llm.create(model=OPUS, max_tokens=900, tools=TOOLS, messages=history)
        if message["stop_reason"] == "pause_turn":
            history.append(assistant(message["content"]))
        elif message["stop_reason"] == "tool_use":
            done = [result(call, f"{call['input']['city']}: dry") for call in calls(message)]
            history += [assistant(message["content"]), user(done)]
        else:
            return said(message)
    raise RuntimeError("too many turns")
