"""A summariser with extended thinking.

Bug: the whole limit may go on thinking; then there is no text, and it returns an empty summary as if that were one.
"""

from claudemock import thinking
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Llm, said, user

RULE = "R09 thinking-budget-exhausted"
ALSO = ("R08 stop-max-tokens-ignored",)


def summarise(llm: Llm, text: str) -> str:
    message = llm.create(
        model=SONNET,
        max_tokens=4096,
        thinking={"type": "enabled", "budget_tokens": 2048},
        messages=[user(f"Summarise: {text}")],
    )
    return said(message)


def arrange(claude: MockServer) -> None:
    claude.reply(thinking("Where do I begin? " * 400), stop_reason="max_tokens")
    claude.reply(thinking("That is short."), "Two people talk about rain.")


def run(llm: Llm) -> list[str]:
    return [summarise(llm, text) for text in ("a very long report", "a short talk about rain")]
