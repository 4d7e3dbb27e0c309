"""A hand-written streaming client.

Bug: its switch does not know `error` events; what came before one is taken for the whole answer.
"""

import json
from collections.abc import Iterator

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, assistant, raw_client, user

RULE = "R05 stream-error-swallowed"
ALSO = ("R22 stream-truncated-accepted",)
NEEDS = ("fault",)


def pieces(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("data:"):
            continue
        event = json.loads(line[5:])
        if event["type"] == "content_block_delta" and event["delta"]["type"] == "text_delta":
            yield event["delta"]["text"]


def say(history: list[Json]) -> str:
    body = {"model": SONNET, "max_tokens": 300, "messages": history, "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        return "".join(pieces(response.iter_lines()))


def arrange(claude: MockServer) -> None:
    claude.fault("error_event", after_event=7)
    claude.when(turn=1).reply("Take the first road left, then the second right, then ask again.", chunk=6)
    claude.when(turn=2).reply("Yes, that is all.")


def run() -> str:
    history: list[Json] = []
    for line in ("How do I get to the station?", "Is that all?"):
        history.append(user(line))
        history.append(assistant(say(history)))
    return str(history[1]["content"])
