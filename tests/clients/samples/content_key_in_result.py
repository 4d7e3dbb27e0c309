"""An operations agent with a tool that prints a service's settings, secrets masked.

Bug: the mask knows PASSWORD, SECRET and TOKEN, but not KEY, so that the service's own API key goes to the model, and
stays in the history.
"""

import os
import re

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, AsyncLlm, Json, assistant, calls, result, said, user

RULE = "R58 auth-and-secrets"
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN", re.IGNORECASE)
SETTINGS: Json = {
    "name": "settings",
    "description": "The settings of a service.",
    "input_schema": {"type": "object", "properties": {"service": {"type": "string"}}, "required": ["service"]},
}


def settings(service: str) -> str:
    values = {
        "SERVICE": service,
        "DB_PASSWORD": "correct-horse",
        "REGION": "eu-north-1",
        "ANTHROPIC_API_KEY": os.environ["ANTHROPIC_API_KEY"],
        "WORKERS": "4",
    }
    return "\n".join(f"{name}={'***' if SECRET.search(name) else value}" for name, value in values.items())


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("settings", service="mailer"))
    claude.reply("The mailer runs with four workers in eu-north-1.")


async def run(llm: AsyncLlm) -> str:
    history = [user("Why is the mailer slow?")]
    while True:
        message = await llm.create(model=HAIKU, max_tokens=300, tools=[SETTINGS], messages=history)
        if not calls(message):
            return said(message)
        results = [result(call, settings(**call["input"])) for call in calls(message)]
        history += [assistant(message["content"]), user(results)]
