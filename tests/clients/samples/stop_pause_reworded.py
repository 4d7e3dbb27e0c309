"""A researcher with web search.

Bug: when a turn pauses it appends “please continue” as a user message, with the server's search still unresolved.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Json, Llm, assistant, said, user

RULE = "R27 pause-turn-dropped"
TOOLS: list[Json] = [{"type": "web_search_20250305", "name": "web_search"}]


def arrange(claude: MockServer) -> None:
    claude.reply("I shall look that up, one moment.", stop_reason="pause_turn")
    claude.reply("The bridge was built in 1894.")


def run(llm: Llm) -> str:
    history = [user("When was the bridge built?")]
    for _ in range(3):
        message = llm.create(model=OPUS, max_tokens=900, tools=TOOLS, messages=history)
        if message["stop_reason"] != "pause_turn":
            return said(message)
        history += [assistant(message["content"]), user("Please continue.")]
    raise RuntimeError("no answer")
