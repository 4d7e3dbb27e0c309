"""An agent that reads twenty files, one after another, with a bound of thirty turns.

Trap: many turns with the same tool, but always another input, and it ends.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, AsyncLlm, Json, assistant, calls, result, said, user

RULE = None
READ: Json = {
    "name": "read_file",
    "description": "Read a file.",
    "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
}


def arrange(claude: MockServer) -> None:
    for number in range(20):
        claude.reply(tool_use("read_file", path=f"src/part{number}.py"))
    claude.reply("I have read all twenty files.")


async def run(llm: AsyncLlm) -> str:
    history = [user("Read all files in src.")]
    for _ in range(30):
        message = await llm.create(
            model=SONNET, max_tokens=300, tools=[READ], messages=history, cache_control={"type": "ephemeral"}
        )
        if message["stop_reason"] == "end_turn":
            return said(message)
        done = [result(call, f"# {call['input']['path']}\n") for call in calls(message)]
        history += [assistant(message["content"]), user(done)]
    raise RuntimeError("stopped after thirty turns")
