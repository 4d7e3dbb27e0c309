"""A chat whose history is serialised in two ways: what is new as plain strings, what is old as lists of blocks.

Trap: string or block list, key order of the envelope, and optional keys set to null are the same prompt.
"""

import os

import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, handbook, headers, marked, said

RULE = None
LINES = ("Hello there.", "What is a deposit?", "Do I get it back?", "When?")


def old(role: str, text: str, *, flipped: bool) -> Json:
    block: Json = {"text": text, "type": "text"} if flipped else {"type": "text", "text": text}
    return {"content": [block], "role": role} if flipped else {"role": role, "content": [block]}


def arrange(claude: MockServer) -> None:
    for number, line in enumerate(LINES):
        claude.reply(f"Answer {number} to “{line}”, as it stands in the contract.")


def run() -> list[str]:
    rows: list[tuple[str, str]] = []
    answers = []
    with httpx2.Client(base_url=os.environ["ANTHROPIC_BASE_URL"], headers=headers(), timeout=30) as http:
        for number, line in enumerate(LINES):
            history = [old(role, text, flipped=bool(number % 2)) for role, text in rows]
            body: Json = {
                "max_tokens": 300,
                "model": SONNET,
                "system": [marked(handbook("rents"))],
                "messages": [*history, {"role": "user", "content": line}],
                "cache_control": {"type": "ephemeral"},
            }
            answer = http.post("/v1/messages", json=dict(reversed(body.items())) if number % 2 else body)
            answer.raise_for_status()
            answers.append(said(answer.json()))
            rows += [("user", line), ("assistant", answers[-1])]
    return answers
