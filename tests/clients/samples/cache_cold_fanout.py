"""Six reviewers read the same long report at once.

Bug: all six start before the first has begun to answer, so that each of them writes the cache and none reads it.
"""

import asyncio

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, AsyncLlm, handbook, marked, said, user

RULE = "R38 cache-cold-fanout"
NEEDS = ("fault",)
ROLES = ("lawyer", "engineer", "accountant", "designer", "translator", "customer")


async def review(llm: AsyncLlm, report: str, role: str) -> str:
    message = await llm.create(
        model=SONNET, max_tokens=400, system=[marked(report)], messages=[user(f"Review the report as a {role}.")]
    )
    return said(message)


def arrange(claude: MockServer) -> None:
    claude.fault("delay", seconds=0.4, times=len(ROLES))
    for role in ROLES:
        claude.when(contains=f"as a {role}").reply(f"The {role} likes it.")


async def run(llm: AsyncLlm) -> list[str]:
    report = handbook("annual report", 30_000)
    return await asyncio.gather(*(review(llm, report, role) for role in ROLES))
