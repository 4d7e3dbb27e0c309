"""A log analyst that saves tokens.

Bug: on every turn all tool results but the newest are replaced by a stub, which rewrites the cached history each time
and costs more than it saves.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, Json, Llm, assistant, calls, handbook, marked, result, said, user

RULE = "R20 history-rewritten"
STUB = "[old result removed to save tokens]"


class Analyst:
    def __init__(self, llm: Llm) -> None:
        self.llm = llm
        self.history: list[Json] = []

    def ask(self, question: str) -> str:
        self.history = [user(question)]
        for _ in range(12):
            message = self.llm.create(
                model=OPUS,
                max_tokens=900,
                tools=[SEARCH],
                system=[marked("You read logs.\n" + handbook("operations"))],
                messages=self._pruned(),
                cache_control={"type": "ephemeral"},
            )
            if message["stop_reason"] != "tool_use":
                return said(message)
            self.history.append(assistant(message["content"]))
            self.history.append(user([result(call, self._grep(call["input"]["query"])) for call in calls(message)]))
        raise RuntimeError("no answer within twelve turns")

    def _grep(self, query: str) -> str:
        return "\n".join(f"10:{minute % 60:02} {query}: worker {minute} restarted" for minute in range(80))

    def _pruned(self) -> list[Json]:
        last = len(self.history) - 1
        return [turn if place == last else _stubbed(turn) for place, turn in enumerate(self.history)]


def _stubbed(turn: Json) -> Json:
    if turn["role"] != "user" or isinstance(turn["content"], str):
        return turn
    return user([{**block, "content": STUB} for block in turn["content"]])


def arrange(claude: MockServer) -> None:
    for query in ("OutOfMemory", "restart", "disk full", "timeout", "panic", "retry"):
        claude.reply(tool_use("search", query=query))
    claude.reply("The disk filled up first; all else followed.")


def run(llm: Llm) -> str:
    return Analyst(llm).ask("What went wrong at ten?")
