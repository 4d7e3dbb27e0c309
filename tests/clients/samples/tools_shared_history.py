"""Two customers are served by two agents.

Bug: the history is a class attribute, so that the second customer's requests carry the first one's conversation, tool
calls included.
"""

from typing import ClassVar

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, Json, Llm, assistant, calls, result, said, user

RULE = "R68 conversation-crossed"


class Agent:
    history: ClassVar[list[Json]] = []

    def __init__(self, llm: Llm) -> None:
        self.llm = llm

    def step(self) -> Json:
        message = self.llm.create(model=OPUS, max_tokens=500, tools=[SEARCH], messages=self.history)
        self.history.append(assistant(message["content"]))
        return message

    def ask(self, line: str) -> Json:
        self.history.append(user(line))
        return self.step()

    def answer(self, message: Json) -> str:
        self.history.append(user([result(call, f"{call['input']['query']}: 3 hits") for call in calls(message)]))
        return said(self.step())


def arrange(claude: MockServer) -> None:
    claude.when(contains="re:orders of Ann").reply(tool_use("search", query="Ann"), times=1)
    claude.when(tool_result="Ann: 3 hits").reply("Ann has three orders.", times=1)
    claude.when(contains="re:orders of Bob").reply(tool_use("search", query="Bob"), times=1)
    claude.when(tool_result="Bob: 3 hits").reply("Bob has three orders.", times=1)


def run(llm: Llm) -> list[str]:
    Agent.history.clear()
    ann, bob = Agent(llm), Agent(llm)
    first = ann.answer(ann.ask("List the orders of Ann, customer 1."))
    second = bob.answer(bob.ask("List the orders of Bob, customer 2."))
    return [first, second]
