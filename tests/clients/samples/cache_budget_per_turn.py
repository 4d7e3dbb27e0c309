"""A planner, asyncio, that lets the model think a little more on every turn.

Bug: the thinking budget is part of what the cached messages depend on, so that no turn reads what the last one wrote.
"""

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, AsyncLlm, assistant, calls, handbook, result, said, user

RULE = "R39 cache-param-flip"
TURNS = 5


def budget(turn: int) -> int:
    return 2000 + 500 * turn


def arrange(claude: MockServer) -> None:
    for number in range(TURNS - 1):
        claude.reply(thinking(f"Step {number}."), tool_use("search", query=f"milestone {number}"))
    claude.reply(thinking("That is all."), "The plan is ready.")


async def run(llm: AsyncLlm) -> str:
    history = [user(f"Plan the release.\n\n{handbook('planning')}")]
    for turn in range(TURNS):
        message = await llm.create(
            model=SONNET,
            max_tokens=9000,
            thinking={"type": "enabled", "budget_tokens": budget(turn)},
            tools=[SEARCH],
            messages=history,
            cache_control={"type": "ephemeral"},
        )
        if message["stop_reason"] == "end_turn":
            return said(message)
        done = [result(call, f"{call['input']['query']}: week {turn + 30}") for call in calls(message)]
        history += [assistant(message["content"]), user(done)]
    raise RuntimeError("no plan")
