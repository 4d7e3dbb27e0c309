"""An agent that hands part of its work to a sub-agent with a short prompt and a tool of its own, on a small model.

Trap: tools, system prompt and model differ from one request to the next; they belong to two agents.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, OPUS, SEARCH, Json, Llm, assistant, calls, handbook, marked, result, said, user

RULE = None
DELEGATE: Json = {
    "name": "delegate",
    "description": "Let a helper find something out.",
    "input_schema": {"type": "object", "properties": {"task": {"type": "string"}}, "required": ["task"]},
}


def loop(llm: Llm, task: str, settings: Json, use: dict[str, str]) -> str:
    history = [user(task)]
    for _ in range(8):
        message = llm.create(messages=history, max_tokens=900, **settings)
        if message["stop_reason"] != "tool_use":
            return said(message)
        found = []
        for call in calls(message):
            if call["name"] == "delegate":
                found.append(result(call, helper(llm, call["input"]["task"])))
            else:
                found.append(result(call, use[call["input"]["query"]]))
        history += [assistant(message["content"]), user(found)]
    raise RuntimeError("too many turns")


def helper(llm: Llm, task: str) -> str:
    settings: Json = {"model": HAIKU, "system": "You find things.", "tools": [SEARCH]}
    return loop(llm, task, settings, {"office hours": "Monday to Friday", "holidays": "None in May"})


def arrange(claude: MockServer) -> None:
    for task, query in (("When are they open?", "office hours"), ("Any holidays in May?", "holidays")):
        claude.reply(tool_use("delegate", task=task))
        claude.reply(tool_use("search", query=query))
        claude.reply(f"I looked up the {query} for you.")
    claude.reply("They are open all May, Monday to Friday.")


def run(llm: Llm) -> str:
    settings: Json = {"model": OPUS, "system": [marked(handbook("assistants"))], "tools": [DELEGATE]}
    return loop(llm, "Are they open on 5 May?", settings, {})
