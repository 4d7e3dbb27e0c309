"""A coding agent with a planning turn at the end that forces one tool, as documented, exactly once.

Trap: `tool_choice` changes within a cached conversation, but only for the final answer; and `auto` is spelled out on
some turns and left out on others, which is the same.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, Json, Llm, assistant, calls, handbook, marked, result, user

RULE = None
REPORT: Json = {
    "name": "report",
    "description": "Hand in the final report.",
    "input_schema": {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]},
}


def arrange(claude: MockServer) -> None:
    for query in ("parser", "lexer", "printer"):
        claude.reply(tool_use("search", query=query))
    claude.reply(tool_use("report", summary="The parser is fine."))


def run(llm: Llm) -> str:
    history = [user([marked(f"Review the code.\n\n{handbook('review')}")])]
    for turn in range(4):
        choices: list[Json] = [
            {},
            {"tool_choice": {"type": "auto"}},
            {},
            {"tool_choice": {"type": "tool", "name": "report"}},
        ]
        message = llm.create(
            model=OPUS,
            max_tokens=800,
            tools=[SEARCH, REPORT],
            messages=history,
            cache_control={"type": "ephemeral"},
            **choices[turn],
        )
        (call,) = calls(message)
        if call["name"] == "report":
            return str(call["input"]["summary"])
        history += [assistant(message["content"]), user([result(call, f"{call['input']['query']}.py looks fine")])]
    raise RuntimeError("no report")
