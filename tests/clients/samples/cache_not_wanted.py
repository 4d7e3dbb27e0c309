"""A short assistant with the time and a request number in its prompt, and no caching at all.

Trap: what changes stands at the very front, but nothing is marked and nothing is long enough to be.
"""

import json
import os
import urllib.request
from datetime import UTC, datetime

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, Json, headers, said, user

RULE = None
LINES = ("What day is it?", "Is it late?", "Good night.", "Still there?")


def post(body: Json) -> Json:
    request = urllib.request.Request(
        os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
        data=json.dumps(body).encode(),
        headers={**headers(), "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: Json = json.load(response)
    return answer


def arrange(claude: MockServer) -> None:
    for line in LINES:
        claude.reply(f"You said: {line}")


def run() -> list[str]:
    answers = []
    for number, line in enumerate(LINES):
        system = f"Request {number}, {datetime.now(UTC).isoformat()}. You are terse."
        answers.append(said(post({"model": HAIKU, "max_tokens": 60, "system": system, "messages": [user(line)]})))
    return answers
