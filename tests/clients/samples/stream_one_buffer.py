"""A hand-written streaming agent that builds the assistant turn by itself.

Bug: the buffer for tool inputs is made once per message; the second call's JSON lands behind the first's, and what
does not parse counts as no input.
"""

import json

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, assistant, calls, raw_client, result, said, user

RULE = "R24 tool-input-assembly"
STOCK: Json = {
    "name": "stock",
    "description": "How many of a part a depot has.",
    "input_schema": {"type": "object", "properties": {"part": {"type": "string"}, "depot": {"type": "string"}}},
}


def parsed(pieces: list[str]) -> Json:
    try:
        found: Json = json.loads("".join(pieces) or "{}")
    except ValueError:
        return {}
    return found


def ask(history: list[Json]) -> Json:
    content: list[Json] = []
    pieces: list[str] = []
    stop = None
    body = {"model": SONNET, "max_tokens": 400, "tools": [STOCK], "messages": history, "stream": True}
    with raw_client() as http, http.stream("POST", "/v1/messages", json=body) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            event: Json = json.loads(line[5:]) if line.startswith("data:") else {"type": ""}
            match event:
                case {"type": "content_block_start"}:
                    content.append(event["content_block"])
                case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}:
                    content[event["index"]]["text"] += text
                case {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": piece}}:
                    pieces.append(piece)
                case {"type": "content_block_stop"} if content[event["index"]]["type"] == "tool_use":
                    content[event["index"]]["input"] = parsed(pieces)
                case {"type": "message_delta"}:
                    stop = event["delta"]["stop_reason"]
    if stop is None:
        raise RuntimeError("the stream broke off")
    return {"content": content}


def stock(part: str = "any", depot: str = "main") -> str:
    return f"{part} in {depot}: 7"


def arrange(claude: MockServer) -> None:
    parts = (("valve-9", "Ploče"), ("gasket-2", "Rijeka"))
    claude.reply(*(tool_use("stock", part=part, depot=depot) for part, depot in parts))
    claude.reply("Seven of each are in stock.")


def run() -> str:
    history = [user("Do we have valve-9 in Ploče and gasket-2 in Rijeka?")]
    while True:
        message = ask(history)
        if not calls(message):
            return said(message)
        results = [result(call, stock(**call["input"])) for call in calls(message)]
        history += [assistant(message["content"]), user(results)]
