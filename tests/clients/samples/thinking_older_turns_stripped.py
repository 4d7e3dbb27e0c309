"""A thinking agent that drops the thinking of turns that are over, to save tokens.

Trap: thinking that was served is missing from the history; within the open tool turn it is all there.
"""

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = None
LINES = ("Is it raining in Derby?", "And in Luton?")


def closed(turn: Json) -> Json:
    if turn["role"] == "user" or isinstance(turn["content"], str):
        return turn
    return {**turn, "content": [block for block in turn["content"] if block["type"] != "thinking"]}


class Agent:
    def __init__(self, llm: Llm) -> None:
        self.llm = llm
        self.past: list[Json] = []

    def ask(self, line: str) -> str:
        turn = [user(line)]
        while True:
            message = self.llm.create(
                model=SONNET,
                max_tokens=5000,
                thinking={"type": "enabled", "budget_tokens": 1024},
                tools=[WEATHER],
                messages=[*self.past, *turn],
            )
            turn.append(assistant(message["content"]))
            if message["stop_reason"] != "tool_use":
                self.past += [closed(each) for each in turn]
                return said(message)
            turn.append(user([result(call, f"{call['input']['city']}: yes") for call in calls(message)]))


def arrange(claude: MockServer) -> None:
    for city in ("Derby", "Luton"):
        claude.reply(thinking(f"I must look at {city}."), tool_use("get_weather", city=city))
        claude.reply(thinking("It rains."), f"Yes, it rains in {city}.")


def run(llm: Llm) -> list[str]:
    agent = Agent(llm)
    return [agent.ask(line) for line in LINES]
