"""A user stops a turn while its tools are asked for, and starts over.

Trap: a served call is never answered, because the conversation it belongs to is never continued.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = None


class Session:
    def __init__(self, llm: Llm, *, allowed: bool) -> None:
        self.llm = llm
        self.allowed = allowed
        self.history: list[Json] = []

    def ask(self, line: str) -> str | None:
        self.history.append(user(line))
        while True:
            message = self.llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=self.history)
            if message["stop_reason"] != "tool_use":
                return said(message)
            if not self.allowed:
                return None
            done = [result(call, f"{call['input']['city']}: fog") for call in calls(message)]
            self.history += [assistant(message["content"]), user(done)]


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("get_weather", city="Leeds"), tool_use("get_weather", city="York"))
    claude.reply(tool_use("get_weather", city="Hull"))
    claude.reply("There is fog in Hull.")


def run(llm: Llm) -> str:
    assert Session(llm, allowed=False).ask("Leeds and York?") is None
    return Session(llm, allowed=True).ask("Only Hull, please.") or "nothing"
