"""The SDK's tool runner, which lets the server hold the conversation as a message thread.

Trap: a request whose only message is a tool result; the call it answers is in no request at all.
"""

import anthropic
from anthropic import beta_tool

from claudemock import tool_use
from claudemock.control.client import MockServer

RULE = None


@beta_tool
def population(city: str) -> str:
    """The number of inhabitants.

    Args:
        city: The name of the city.
    """
    return f"{city}: {len(city)}00,000"


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("population", city="Ulm"), tool_use("population", city="Bonn"))
    claude.reply(tool_use("population", city="Trier"))
    claude.reply("Trier is the largest of them.")


def run() -> str:
    with anthropic.Anthropic() as client:
        runner = client.beta.messages.tool_runner(
            model="claude-opus-5",
            max_tokens=500,
            max_iterations=6,
            tools=[population],
            messages=[{"role": "user", "content": "Ulm, Bonn or Trier?"}],
        )
        final = runner.until_done()
    return "".join(block.text for block in final.content if block.type == "text")
