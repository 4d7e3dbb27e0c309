"""A documentation bot whose pages explain how a key looks.

Trap: “sk-ant-…” in the prompt, as a placeholder that is no key.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Llm, said, user

RULE = None
PAGE = "Set ANTHROPIC_API_KEY to your key, which begins with sk-ant-... (for example sk-ant-xxxxxxxx or sk-ant-<key>)."


def arrange(claude: MockServer) -> None:
    claude.reply("You set it in the environment.")


def run(llm: Llm) -> str:
    return said(llm.create(model=SONNET, max_tokens=200, system=PAGE, messages=[user("Where do I set the key?")]))
