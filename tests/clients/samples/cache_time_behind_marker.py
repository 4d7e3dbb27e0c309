"""A support desk that does it right: the guide is marked, the time follows in a block of its own behind it.

Trap: two things change with every request (time, customer), both behind a breakpoint that hits.
"""

from datetime import UTC, datetime

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, handbook, marked, said, user

RULE = None
CUSTOMERS = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Edsger Dijkstra")


def system(guide: str, customer: str) -> list[Json]:
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    return [marked(guide), {"type": "text", "text": f"It is {now}. You are talking to {customer}."}]


def arrange(claude: MockServer) -> None:
    for name in CUSTOMERS:
        claude.reply(f"Good day, {name}, how can I help?")


def run(llm: Llm) -> list[str]:
    guide = handbook("support")
    return [
        said(llm.create(model=SONNET, max_tokens=300, system=system(guide, name), messages=[user("Hello!")]))
        for name in CUSTOMERS
    ]
