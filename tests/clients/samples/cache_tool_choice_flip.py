"""A planner that forces a tool call on every other turn.

Bug: `tool_choice` alternates within one cached conversation, and each change throws away the cached messages.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, Json, Llm, assistant, calls, handbook, result, user

RULE = "R39 cache-param-flip"


def choice(turn: int) -> Json:
    return {"type": "any"} if turn % 2 else {"type": "auto"}


def arrange(claude: MockServer) -> None:
    for number in range(5):
        claude.reply(tool_use("search", query=f"milestone {number}"))


def run(llm: Llm) -> list[str]:
    history = [user(f"Plan the release.\n\n{handbook('release planning')}")]
    seen = []
    for turn in range(5):
        message = llm.create(
            model=SONNET,
            max_tokens=700,
            tools=[SEARCH],
            tool_choice=choice(turn),
            messages=history,
            cache_control={"type": "ephemeral"},
        )
        found = []
        for call in calls(message):
            seen.append(call["input"]["query"])
            found.append(result(call, f"{call['input']['query']} is due in week {turn + 30}"))
        history += [assistant(message["content"]), user(found)]
    return seen
