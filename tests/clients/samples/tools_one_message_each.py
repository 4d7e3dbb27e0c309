"""An agent that appends one user message per tool result.

Bug: results of one turn belong in one message; split up they teach the model to stop calling in parallel, and stricter
endpoints refuse them.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, Llm, assistant, calls, result, said, user

RULE = "R10 tool-results-split"


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("search", query="budget 2025"), tool_use("search", query="budget 2026"))
    claude.reply("It grew a little.")


def run(llm: Llm) -> str:
    history = [user("How did the budget change?")]
    for _ in range(5):
        message = llm.create(model=OPUS, max_tokens=600, tools=[SEARCH], messages=history)
        if message["stop_reason"] == "end_turn":
            return said(message)
        history.append(assistant(message["content"]))
        history.extend(user([result(call, f"{call['input']['query']}: 1.2 million")]) for call in calls(message))
    raise RuntimeError("too many turns")
