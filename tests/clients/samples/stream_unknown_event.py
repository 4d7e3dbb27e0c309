"""A hand-written streaming client with a table of handlers.

Bug: an event it does not know is a KeyError, and new kinds of events may come at any time.
"""

import json
from collections.abc import Callable

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, Json, raw_client, user

RULE = "R60 unknown-event-crash"
RAISES = "KeyError"
NEEDS = ("fault",)


class Reader:
    def __init__(self) -> None:
        self.text = ""
        self.stop: str | None = None
        self.handlers: dict[str, Callable[[Json], None]] = {
            "message_start": self._ignore,
            "content_block_start": self._ignore,
            "content_block_delta": self._delta,
            "content_block_stop": self._ignore,
            "message_delta": self._end,
            "message_stop": self._ignore,
            "ping": self._ignore,
        }

    def _ignore(self, event: Json) -> None:
        assert event

    def _delta(self, event: Json) -> None:
        self.text += event["delta"].get("text", "")

    def _end(self, event: Json) -> None:
        self.stop = event["delta"]["stop_reason"]


def arrange(claude: MockServer) -> None:
    claude.fault("unknown_event", after_event=3)
    claude.reply("Good evening to you all.", chunk=5)


def run() -> str:
    reader = Reader()
    body = {"model": HAIKU, "max_tokens": 100, "messages": [user("Good evening!")], "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("data: "):
                event = json.loads(line[6:])
                reader.handlers[event["type"]](event)
    return reader.text
