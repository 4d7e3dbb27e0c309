"""A hand-written streaming agent with thinking, on raw HTTP.

Bug: it assembles thinking from `thinking_delta` and forgets `signature_delta`, so that the block goes back unsigned.
"""

import json
from collections.abc import Iterator

import httpx2

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, assistant, calls, raw_client, result, said, user

RULE = "R11 thinking-blocks-altered"
RAISES = "HTTPStatusError"
FIELDS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def events(response: httpx2.Response) -> Iterator[Json]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def assemble(stream: Iterator[Json]) -> Json:
    content: list[Json] = []
    pieces: dict[int, str] = {}
    stop: str | None = None
    for event in stream:
        match event["type"]:
            case "content_block_start":
                content.append(dict(event["content_block"]))
                pieces[event["index"]] = ""
            case "content_block_delta" if event["delta"]["type"] in FIELDS:
                pieces[event["index"]] += event["delta"][FIELDS[event["delta"]["type"]]]
            case "content_block_stop":
                block, piece = content[event["index"]], pieces[event["index"]]
                if block["type"] == "tool_use":
                    block["input"] = json.loads(piece or "{}")
                else:
                    block[block["type"]] = piece
            case "message_delta":
                stop = event["delta"]["stop_reason"]
    return {"content": content, "stop_reason": stop}


def arrange(claude: MockServer) -> None:
    claude.reply(thinking("Hm, the coast."), "I will look.", tool_use("get_weather", city="Split"))


def run() -> str:
    history = [user("Is it warm in Split?")]
    with raw_client() as http:
        for _ in range(4):
            body = {
                "model": SONNET,
                "max_tokens": 4000,
                "thinking": {"type": "enabled", "budget_tokens": 1500},
                "tools": [WEATHER],
                "messages": history,
                "stream": True,
            }
            with http.stream("POST", "/v1/messages", json=body) as response:
                response.raise_for_status()
                message = assemble(events(response))
            if message["stop_reason"] != "tool_use":
                return said(message)
            done = [result(call, "26 °C") for call in calls(message)]
            history += [assistant(message["content"]), user(done)]
    raise RuntimeError("too many turns")
