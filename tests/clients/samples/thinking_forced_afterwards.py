"""An extractor with adaptive thinking and a tool whose call is the answer. Who replies in prose is asked again with the
tool forced, and without thinking, because both together are refused.

Trap: thinking is on and off in one conversation, a tool is forced, and its calls never get a result.
"""

import asyncio

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, Json, assistant, calls, user

RULE = None
RECORD: Json = {
    "name": "record",
    "description": "Record what the letter says.",
    "input_schema": {
        "type": "object",
        "properties": {"sender": {"type": "string"}, "wish": {"type": "string"}},
        "required": ["sender", "wish"],
    },
}
LETTERS = ("Please send two more boxes. A. Aune", "Stop sending me boxes! Bakke", "Where are my boxes? Dahl")


async def extract(llm: AsyncLlm, letter: str) -> str:
    history = [user(f"Record this letter.\n\n{letter}")]
    body: Json = {"model": OPUS, "max_tokens": 8000, "tools": [RECORD]}
    message = await llm.create(**body, messages=history, thinking={"type": "adaptive"})
    if not calls(message):
        history += [assistant(message["content"]), user("Use the tool, please.")]
        message = await llm.create(**body, messages=history, tool_choice={"type": "tool", "name": "record"})
    (call,) = calls(message)
    return str(call["input"]["sender"])


def arrange(claude: MockServer) -> None:
    wanted = tool_use("record", sender="Ms Aune", wish="two boxes")
    claude.when(contains="A. Aune").reply(thinking("She wants more."), wanted)
    claude.when(contains="Use the tool").reply(tool_use("record", sender="Mr Bakke", wish="none"))
    claude.when(contains="Stop sending").reply(thinking("Simple."), "Mr Bakke wants no more boxes.")
    claude.when(contains="Where are").reply(thinking("A question."), tool_use("record", sender="Dr Dahl", wish="news"))


async def run(llm: AsyncLlm) -> list[str]:
    return list(await asyncio.gather(*(extract(llm, letter) for letter in LETTERS)))
