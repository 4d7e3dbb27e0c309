"""A hand-written streaming client that counts its tokens right, per call and over two calls.

Trap: it adds, but only the final usage of different calls.
"""

import json
from collections import Counter

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, raw_client, user

RULE = None
MEASURED = True


def one_call(question: str) -> dict[str, int]:
    usage: Json = {}
    body = {"model": SONNET, "max_tokens": 300, "messages": [user(question)], "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("data:"):
                event = json.loads(line[5:])
                usage |= event.get("message", event).get("usage", {})
    return {key: value for key, value in usage.items() if isinstance(value, int)}


def arrange(claude: MockServer) -> None:
    claude.reply("One, two, three.")
    claude.reply("A, b, c, d.")


def run() -> dict[str, int]:
    total: Counter[str] = Counter()
    for question in ("Count to three.", "Say the alphabet."):
        total.update(one_call(question))
    return dict(total)
