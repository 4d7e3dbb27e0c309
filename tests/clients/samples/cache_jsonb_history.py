"""An agent whose conversation lives in a database between turns.

Bug: the JSON column sorts keys by length, so that a tool call comes back with another key order than it was sent with
on the turn before, inside what the moving breakpoint had cached.
"""

import json
from typing import Any

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, Json, Llm, assistant, calls, handbook, marked, result, said, user

RULE = "R19 json-key-order"


class JsonbStore:
    """Rows as PostgreSQL's jsonb gives them back: keys by length, then by bytes."""

    def __init__(self) -> None:
        self._rows: list[str] = []

    def append(self, message: Json) -> None:
        self._rows.append(json.dumps(message))

    def load(self) -> list[Json]:
        return [json.loads(row, object_pairs_hook=self._sorted) for row in self._rows]

    @staticmethod
    def _sorted(pairs: list[tuple[str, Any]]) -> Json:
        return dict(sorted(pairs, key=lambda pair: (len(pair[0]), pair[0])))


def arrange(claude: MockServer) -> None:
    for query in ("open invoices", "late payers", "payment plans", "write-offs"):
        claude.reply(tool_use("search", query=query, limit=60))
    claude.reply("Four customers are late.")


def run(llm: Llm) -> str:
    store = JsonbStore()
    store.append(user("Who is late with paying?"))
    fresh: list[Json] = []
    for _ in range(10):
        last = fresh or [user("Who is late with paying?")]
        body = [*store.load()[: len(store.load()) - len(last)], *last]
        message = llm.create(
            model=SONNET,
            max_tokens=600,
            system=[marked(handbook("billing"))],
            tools=[SEARCH],
            messages=[*body[:-1], _with_breakpoint(body[-1])],
        )
        if message["stop_reason"] != "tool_use":
            return said(message)
        found = [result(call, _rows(call["input"])) for call in calls(message)]
        fresh = [assistant(message["content"]), user(found)]
        for row in fresh:
            store.append(row)
    raise RuntimeError("too many turns")


def _rows(wanted: Json) -> str:
    return "\n".join(f"{n}: {wanted['query']}, customer {n * 37}, {n * 12}.50 €" for n in range(wanted["limit"]))


def _with_breakpoint(message: Json) -> Json:
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return {**message, "content": [*blocks[:-1], {**blocks[-1], "cache_control": {"type": "ephemeral"}}]}
