"""A typed agent: arguments are checked, a bad call is sent back as an error to try again, and a tool of its own ends
the run.

Trap: the last call is answered only when the conversation goes on, in the message that holds the next question, and
one tool is called four times in a row.
"""

import re

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, Json, assistant, calls, result, user

RULE = None
PART: Json = {"type": "object", "properties": {"part": {"type": "string"}}, "required": ["part"]}
VERDICT = {"type": "object", "properties": {"verdict": {"enum": ["order", "wait"]}}, "required": ["verdict"]}
TOOLS: list[Json] = [
    {"name": "lookup", "description": "Look a part up.", "input_schema": PART},
    {"name": "final_result", "description": "The final answer of this run.", "input_schema": VERDICT},
]
PATTERN = re.compile(r"[A-Z]{2}-\d{3}")


class Agent:
    def __init__(self, llm: AsyncLlm) -> None:
        self._llm = llm
        self._history: list[Json] = []
        self._pending: list[Json] = []

    async def run(self, prompt: str) -> str:
        self._history.append(user([*self._pending, {"type": "text", "text": prompt}]))
        while True:
            message = await self._llm.create(
                model=OPUS, max_tokens=400, tools=TOOLS, tool_choice={"type": "any"}, messages=self._history
            )
            self._history.append(assistant(message["content"]))
            results = [self._answer(call) for call in calls(message)]
            final = [call for call in calls(message) if call["name"] == "final_result"]
            if final:
                self._pending = results
                return str(final[0]["input"]["verdict"])
            self._history.append(user(results))

    def _answer(self, call: Json) -> Json:
        if call["name"] == "final_result":
            return result(call, "Final result processed.")
        if not PATTERN.fullmatch(call["input"]["part"]):
            return result(call, "part: two capitals, a dash, three digits. Try again.", is_error=True)
        return result(call, f"{call['input']['part']}: 3 left")


def arrange(claude: MockServer) -> None:
    for part in ("ab-12", "AB-12", "AB-120"):
        claude.reply(tool_use("lookup", part=part))
    claude.reply(tool_use("lookup", part="AB-121"), tool_use("final_result", verdict="order"))
    claude.reply(tool_use("final_result", verdict="wait"))


async def run(llm: AsyncLlm) -> list[str]:
    agent = Agent(llm)
    return [await agent.run(prompt) for prompt in ("Do we order part ab-12?", "And the one after it?")]
