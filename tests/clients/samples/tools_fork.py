"""A helper agent inherits its parent's conversation, tool calls and all, and goes its own way; so does the parent.

Trap: the same tool ids in two lineages, which fork from one prefix.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, Json, Llm, assistant, calls, result, said, user

RULE = None


class Agent:
    def __init__(self, llm: Llm, history: list[Json]) -> None:
        self.llm = llm
        self.history = history

    def fork(self) -> "Agent":
        return Agent(self.llm, list(self.history))

    def ask(self, line: str) -> str:
        self.history.append(user(line))
        while True:
            message = self.llm.create(model=SONNET, max_tokens=500, tools=[SEARCH], messages=self.history)
            self.history.append(assistant(message["content"]))
            wanted = calls(message)
            if not wanted:
                return said(message)
            self.history.append(user([result(call, f"About {call['input']['query']}: yes") for call in wanted]))


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("search", query="roof"))
    claude.reply("The roof is leaking.")
    claude.reply(tool_use("search", query="insurance"))
    claude.reply("The insurance pays half of it.")
    claude.reply(tool_use("search", query="roofers"))
    claude.reply("A roofer can come on Monday.")


def run(llm: Llm) -> list[str]:
    parent = Agent(llm, [])
    first = parent.ask("What is wrong with the house?")
    helper = parent.fork()
    return [first, helper.ask("Who pays?"), parent.ask("Who repairs it?")]
