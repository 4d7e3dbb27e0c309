"""An experiment: requests alternate between two variants of a long prompt that differ in one early word.

Trap: 99 % equal prompts whose difference recurs (A, B, A, B), and each variant finds its own cache entry.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, AsyncLlm, handbook, marked, said, user

RULE = None
TICKETS = ("Lamp broken", "Wrong colour", "Too late", "Very happy", "No reply", "Paid twice", "Lost key", "All fine")


async def classify(llm: AsyncLlm, tone: str, ticket: str) -> str:
    prompt = f"Write in a {tone} tone.\n{handbook('tickets')}"
    message = await llm.create(model=SONNET, max_tokens=200, system=[marked(prompt)], messages=[user(ticket)])
    return said(message)


def arrange(claude: MockServer) -> None:
    for ticket in TICKETS:
        claude.reply(f"We read your ticket “{ticket}” and will write back.")


async def run(llm: AsyncLlm) -> dict[str, list[str]]:
    answers: dict[str, list[str]] = {"formal": [], "casual": []}
    for number, ticket in enumerate(TICKETS):
        tone = "casual" if number % 2 else "formal"
        answers[tone].append(await classify(llm, tone, ticket))
    return answers
