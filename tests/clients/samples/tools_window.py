"""A chat agent that keeps the last few messages.

Bug: the window may begin with a tool result whose call was cut off.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, RawLlm, assistant, calls, result, said, user

RULE = "R06 tool-result-orphan"
RAISES = "HTTPStatusError"
WINDOW = 5


class Memory:
    def __init__(self, size: int) -> None:
        self.size = size
        self.turns: list[Json] = []

    def add(self, *turns: Json) -> None:
        self.turns = [*self.turns, *turns][-self.size :]


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("get_weather", city="Rome"))
    claude.reply("It is fine in Rome.")
    claude.reply(tool_use("get_weather", city="Pisa"))


def ask(llm: RawLlm, memory: Memory, line: str) -> str:
    memory.add(user(line))
    while True:
        message = llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=memory.turns)
        wanted = calls(message)
        memory.add(assistant(message["content"]))
        if not wanted:
            return said(message)
        memory.add(user([result(call, f"{call['input']['city']}: 20 °C") for call in wanted]))


def run() -> list[str]:
    memory = Memory(WINDOW)
    with RawLlm() as llm:
        return [ask(llm, memory, f"And {city}?") for city in ("Rome", "Pisa")]
