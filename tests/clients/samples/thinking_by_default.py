"""An extractor on a model that thinks by default, with a forced tool; the thinking comes back without its text.

Trap: a forced tool and thinking blocks in one request (nobody asked for thinking, so it is fine), and thinking blocks
whose text is empty but signed.
"""

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, Llm, assistant, calls, result, said, user

RULE = None
MODEL = "claude-opus-5"


def arrange(claude: MockServer) -> None:
    claude.reply(thinking("The policy is in the people folder."), tool_use("search", query="travel policy"))
    claude.reply(thinking("Found."), "Travel by train.")


def run(llm: Llm) -> str:
    history = [user("Find the travel policy.")]
    choice = {"type": "tool", "name": "search"}
    first = llm.create(model=MODEL, max_tokens=4000, tools=[SEARCH], tool_choice=choice, messages=history)
    history += [assistant(first["content"]), user([result(call, "one hit: by train") for call in calls(first)])]
    return said(llm.create(model=MODEL, max_tokens=4000, tools=[SEARCH], messages=history))
