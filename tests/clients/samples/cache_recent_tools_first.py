"""An agent with a tool box that is cached together with the conversation.

Bug: the tool used last is listed first (“the model finds it faster”), so that the tools change order between turns.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Json, Llm, assistant, calls, handbook, marked, result, said, user

RULE = "R18 tools-unstable"
NAMES = ("read_file", "list_folder", "run_tests", "write_file")


class ToolBox:
    def __init__(self) -> None:
        self._order = list(NAMES)

    def specs(self) -> list[Json]:
        return [
            {
                "name": name,
                "description": f"{name.replace('_', ' ').capitalize()} in the workspace.",
                "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}},
            }
            for name in self._order
        ]

    def use(self, name: str, path: str) -> str:
        self._order.remove(name)
        self._order.insert(0, name)
        return f"{name} {path}: done"


def arrange(claude: MockServer) -> None:
    for name in ("list_folder", "run_tests", "write_file"):
        claude.reply(tool_use(name, path="src"))
    claude.reply("All tests pass now.")


def run(llm: Llm) -> str:
    box, history = ToolBox(), [user("Make the tests pass.")]
    for _ in range(10):
        message = llm.create(
            model=OPUS,
            max_tokens=1000,
            tools=box.specs(),
            system=[marked(handbook("coding"))],
            messages=history,
        )
        if message["stop_reason"] != "tool_use":
            return said(message)
        history.append(assistant(message["content"]))
        history.append(user([result(call, box.use(call["name"], call["input"]["path"])) for call in calls(message)]))
    raise RuntimeError("too many turns")
