"""A support bot that shows the model its configuration.

Bug: the configuration contains the API key, which so becomes part of the prompt.
"""

import json
import os

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Llm, said, user

RULE = "R58 auth-and-secrets"


def configuration() -> str:
    names = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "LANG")
    return json.dumps({name: os.environ.get(name, "") for name in names}, indent=1)


def arrange(claude: MockServer) -> None:
    claude.reply("Your configuration looks fine.")


def run(llm: Llm) -> str:
    question = f"My configuration:\n{configuration()}\nWhat is wrong with it?"
    return said(llm.create(model=SONNET, max_tokens=300, messages=[user(question)]))
