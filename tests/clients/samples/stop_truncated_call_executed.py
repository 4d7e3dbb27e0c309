"""A file writer with defaults for missing arguments.

Bug: it runs a tool call that was cut off by max_tokens, and writes half a file.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Json, Llm, assistant, calls, result, said, user

RULE = "R08 stop-max-tokens-ignored"
WRITE: Json = {
    "name": "write_file",
    "description": "Write a file.",
    "input_schema": {
        "type": "object",
        "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
        "required": ["path", "content"],
    },
}


def write_file(path: str, content: str = "") -> str:
    return f"{len(content)} characters written to {path}"


def arrange(claude: MockServer) -> None:
    claude.reply("Here is your novel.", tool_use("write_file", path="novel.txt"), stop_reason="max_tokens")
    claude.reply("The novel is written.")


def run(llm: Llm) -> str:
    history = [user("Write a novel to novel.txt.")]
    while True:
        message = llm.create(model=OPUS, max_tokens=1000, tools=[WRITE], messages=history)
        wanted = calls(message)
        if not wanted:
            return said(message)
        history += [assistant(message["content"]), user([result(call, write_file(**call["input"])) for call in wanted])]
