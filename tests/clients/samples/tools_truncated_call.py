"""A file writer that notices when a tool call was cut off by max_tokens.

Trap: the served tool_use is never answered: it is dropped and the turn is asked for again with a larger limit.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Json, Llm, assistant, calls, result, said, user

RULE = None
WRITE: Json = {
    "name": "write_file",
    "description": "Write a file.",
    "input_schema": {
        "type": "object",
        "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
        "required": ["path", "content"],
    },
}


class Writer:
    def __init__(self, llm: Llm) -> None:
        self.llm = llm
        self.disk: dict[str, str] = {}

    def _turn(self, history: list[Json], limit: int = 512) -> Json:
        message = self.llm.create(model=OPUS, max_tokens=limit, tools=[WRITE], messages=history)
        if message["stop_reason"] == "max_tokens" and limit < 8192:
            return self._turn(history, limit * 4)
        return message

    def work(self, task: str) -> str:
        history = [user(task)]
        while True:
            message = self._turn(history)
            if message["stop_reason"] != "tool_use":
                return said(message)
            for call in calls(message):
                self.disk[call["input"]["path"]] = call["input"]["content"]
            done = [result(call, "written") for call in calls(message)]
            history += [assistant(message["content"]), user(done)]


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("write_file", path="poem.txt"), stop_reason="max_tokens")
    claude.reply(tool_use("write_file", path="poem.txt", content="Roses are red."))
    claude.reply("The poem is in poem.txt.")


def run(llm: Llm) -> str:
    writer = Writer(llm)
    answer = writer.work("Write a poem to a file.")
    assert writer.disk == {"poem.txt": "Roses are red."}
    return answer
