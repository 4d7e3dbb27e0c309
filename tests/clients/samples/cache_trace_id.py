"""A contract reviewer, asyncio: the rules of the house are cached, the clauses are not.

Bug: the tracing decorator puts a fresh trace id between the role and the rules, inside the marked region.
"""

from collections.abc import Sequence
from uuid import uuid4

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, Json, handbook, marked, said, user

RULE = "R02 cache-prefix-drift"
CLAUSES = ("Payment within 90 days.", "Liability is unlimited.", "Either side may end this at will.")


def prompt(trace: str) -> list[Json]:
    return [
        {"type": "text", "text": "You review contracts for a small company."},
        {"type": "text", "text": f"Trace: {trace}"},
        marked(handbook("contract review")),
    ]


async def review(llm: AsyncLlm, clauses: Sequence[str]) -> list[str]:
    notes = []
    for clause in clauses:
        message = await llm.create(
            model=OPUS, max_tokens=300, system=prompt(str(uuid4())), messages=[user(f"Clause: {clause}")]
        )
        notes.append(said(message))
    return notes


def arrange(claude: MockServer) -> None:
    for clause in CLAUSES:
        claude.reply(f"A lawyer should look at this one: {clause}")


async def run(llm: AsyncLlm) -> list[str]:
    return await review(llm, CLAUSES)
