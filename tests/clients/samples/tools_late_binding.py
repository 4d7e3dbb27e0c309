"""A shop agent that plans all calls of a turn before it runs them, so that a supervisor can look at the plan.

Bug: the plan's functions close over the loop variable, so that every id gets what the last call returns.
"""

from collections.abc import Callable, Mapping

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, assistant, calls, said, user

RULE = "R21 tool-result-misattributed"
ORDER: Json = {
    "name": "order_state",
    "description": "The state of an order.",
    "input_schema": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]},
}
STATES = {"KX-4471": "packed", "BW-0093": "lost at sea", "TR-8820": "delivered on Monday"}
Plan = Mapping[str, Callable[[], str]]


def order_state(order: str) -> str:
    return f"Order {order} is {STATES[order]}."


def plan(message: Json) -> Plan:
    steps: dict[str, Callable[[], str]] = {}
    for call in calls(message):
        steps[call["id"]] = lambda: order_state(**call["input"])  # noqa: B023 - the bug
    return steps


def arrange(claude: MockServer) -> None:
    claude.reply(*(tool_use("order_state", order=order) for order in STATES))
    claude.reply("One is packed, one is lost, one was delivered.")


def run(llm: Llm) -> str:
    history = [user("Where are my orders KX-4471, BW-0093 and TR-8820?")]
    while True:
        message = llm.create(model=SONNET, max_tokens=500, tools=[ORDER], messages=history)
        steps = plan(message)
        if not steps:
            return said(message)
        results = [{"type": "tool_result", "tool_use_id": name, "content": step()} for name, step in steps.items()]
        history += [assistant(message["content"]), user(results)]
