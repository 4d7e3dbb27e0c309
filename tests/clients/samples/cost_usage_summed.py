"""A hand-written streaming client that counts its tokens.

Bug: `message_delta.usage` is cumulative, and it is added to what `message_start` said instead of replacing it.
"""

import json
from collections import Counter

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, raw_client, user

RULE = "R14 usage-cumulative-summed"
MEASURED = True


def count(usage: Counter[str], event: Json) -> None:
    more = event.get("message", event).get("usage", {})
    usage.update({key: value for key, value in more.items() if isinstance(value, int)})


def arrange(claude: MockServer) -> None:
    claude.reply("One, two, three, four, five, six, seven.")


def run() -> dict[str, int]:
    usage: Counter[str] = Counter()
    body = {"model": SONNET, "max_tokens": 300, "messages": [user("Count to seven.")], "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("data:"):
                count(usage, json.loads(line[5:]))
    return dict(usage)
