"""A hand-written streaming client that knows when an answer is complete.

Trap: the stream ends without `message_stop`, but after the stop reason: nothing is missing.
"""

import json

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, assistant, raw_client, user

RULE = None
NEEDS = ("fault",)


def say(history: list[Json]) -> str:
    text, stop = "", None
    body = {"model": SONNET, "max_tokens": 300, "messages": history, "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            event = json.loads(line[6:]) if line.startswith("data: ") else {}
            match event.get("type"):
                case "content_block_delta":
                    text += event["delta"].get("text", "")
                case "message_delta":
                    stop = event["delta"]["stop_reason"]
                case "error":
                    raise RuntimeError(event["error"]["message"])
    if stop is None:
        raise RuntimeError("the answer is incomplete")
    return text


def arrange(claude: MockServer) -> None:
    claude.fault("truncate", after_event=-1)
    claude.when(turn=1).reply("A complete answer to the first question.")
    claude.when(turn=2).reply("And one to the second.")


def run() -> list[str]:
    history: list[Json] = []
    for line in ("First?", "Second?"):
        history.append(user(line))
        history.append(assistant(say(history)))
    return [turn["content"] for turn in history[1::2]]
