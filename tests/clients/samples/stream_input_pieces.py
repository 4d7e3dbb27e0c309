"""A hand-written streaming agent with tools.

Bug: it parses every `partial_json` by itself and keeps the last one that parses, so that the call goes out with an
input that nobody sent.
"""

import json
from contextlib import suppress

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, Json, assistant, calls, raw_client, result, said, user

RULE = "R24 tool-input-assembly"


class Assembler:
    def __init__(self) -> None:
        self.content: list[Json] = []
        self.stop_reason = ""

    def feed(self, event: Json) -> None:
        kind = event["type"]
        if kind == "content_block_start":
            self.content.append(dict(event["content_block"]))
        elif kind == "content_block_delta":
            block, delta = self.content[event["index"]], event["delta"]
            if delta["type"] == "text_delta":
                block["text"] += delta["text"]
            elif delta["type"] == "input_json_delta":
                with suppress(ValueError):
                    block["input"] = json.loads(delta["partial_json"])
        elif kind == "message_delta":
            self.stop_reason = event["delta"]["stop_reason"]


def ask(history: list[Json]) -> Json:
    assembler = Assembler()
    body = {"model": SONNET, "max_tokens": 400, "tools": [SEARCH], "messages": history, "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if line.startswith("data: "):
                assembler.feed(json.loads(line[6:]))
    if not assembler.stop_reason:
        raise RuntimeError("the stream broke off")
    return {"content": assembler.content}


def arrange(claude: MockServer) -> None:
    claude.reply(tool_use("search", query="north sea ferries", limit=3), chunk=4)
    claude.reply("There is one a day.", chunk=4)


def run() -> str:
    history = [user("Are there ferries?")]
    while True:
        message = ask(history)
        if not calls(message):
            return said(message)
        done = [result(call, f"Results for {call['input']}") for call in calls(message)]
        history += [assistant(message["content"]), user(done)]
