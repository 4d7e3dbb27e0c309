"""A hand-written streaming agent that passes over what it does not know and assembles tool inputs properly.

Trap: pings, events and blocks of unknown kinds, a call without arguments, inputs in pieces of two characters.
"""

import json

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SEARCH, SONNET, Json, assistant, calls, raw_client, result, said, user

RULE = None
NEEDS = ("fault",)
NOW: Json = {"name": "now", "description": "The time.", "input_schema": {"type": "object", "properties": {}}}
KEYS = {"text_delta": "text", "input_json_delta": "partial_json"}


def ask(history: list[Json]) -> Json:
    blocks: dict[int, Json] = {}
    pieces: dict[int, str] = {}
    stop = None
    body = {"model": SONNET, "max_tokens": 400, "tools": [SEARCH, NOW], "messages": history, "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            event = json.loads(line[6:]) if line.startswith("data: ") else {}
            kind, index = event.get("type"), event.get("index", 0)
            if kind == "content_block_start" and event["content_block"]["type"] in ("text", "tool_use"):
                blocks[index], pieces[index] = event["content_block"], ""
            elif kind == "content_block_delta" and index in blocks and event["delta"]["type"] in KEYS:
                pieces[index] += event["delta"][KEYS[event["delta"]["type"]]]
            elif kind == "message_delta":
                stop = event["delta"]["stop_reason"]
            elif kind == "error":
                raise RuntimeError(event["error"]["message"])
    if stop is None:
        raise RuntimeError("the stream broke off")
    for index, block in blocks.items():
        if block["type"] == "tool_use":
            block["input"] = json.loads(pieces[index] or "{}")
        else:
            block["text"] = pieces[index]
    return {"content": [blocks[index] for index in sorted(blocks)], "stop_reason": stop}


def arrange(claude: MockServer) -> None:
    claude.fault("unknown_event", after_event=2, nth=1)
    claude.fault("ping_storm", nth=2)
    claude.reply("Let me see. ", tool_use("now"), tool_use("search", query="Öffnungszeiten “heute”", limit=2), chunk=2)
    claude.reply("They are open.", chunk=2)


def run() -> str:
    history = [user("Are they open?")]
    while True:
        message = ask(history)
        if message["stop_reason"] != "tool_use":
            return said(message)
        done = [result(call, f"{call['name']}: {call['input']}") for call in calls(message)]
        history += [assistant(message["content"]), user(done)]
