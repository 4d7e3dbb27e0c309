"""An agent that waits for a deployment.

Bug: nothing bounds its loop; it asks for the same status again as long as the model wants to.
"""

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, assistant, calls, result, said, user

RULE = "R23 runaway-loop"
ALSO = ("R33 cache-unused",)
STATUS: Json = {
    "name": "deployment_status",
    "description": "Whether the deployment is done.",
    "input_schema": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
}


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("deployment_status", id="d-17"), times=60)
    claude.reply("It is still pending, I give up.")


def run(llm: Llm) -> str:
    history = [user("Tell me when deployment d-17 is done.")]
    while True:
        message = llm.create(model=SONNET, max_tokens=300, tools=[STATUS], messages=history)
        if message["stop_reason"] == "end_turn":
            return said(message)
        history += [assistant(message["content"]), user([result(call, "pending") for call in calls(message)])]
