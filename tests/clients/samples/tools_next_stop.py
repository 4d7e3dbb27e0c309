"""A route finder on the SDK's tool runner: three parallel calls ask for the stop after a given one.

Trap: the answer to one call is the argument of the next, so each result names another call's stop and not its own.
"""

import anthropic
from anthropic import beta_tool

from claudemock import tool_use
from claudemock.control.client import MockServer

RULE = None
LINE = {"Trogir": "Kaštela", "Kaštela": "Solin", "Solin": "Split"}


@beta_tool
def next_stop(stop: str) -> str:
    """The stop after this one.

    Args:
        stop: Name of a stop.
    """
    return LINE[stop]


def arrange(claude: MockServer) -> None:
    claude.reply(*[tool_use("next_stop", stop=stop) for stop in LINE])
    claude.reply("From Trogir the bus goes by Kaštela and Solin to Split.")


def run() -> str:
    client = anthropic.Anthropic()
    runner = client.beta.messages.tool_runner(
        model="claude-sonnet-4-6",
        max_tokens=400,
        tools=[next_stop],
        max_iterations=5,
        messages=[{"role": "user", "content": "How does bus 37 go?"}],
    )
    return "".join(block.text for block in runner.until_done().content if block.type == "text")
