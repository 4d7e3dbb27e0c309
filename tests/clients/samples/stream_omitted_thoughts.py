"""A hand-written agent that puts the assistant turn together from bytes, for a model that keeps its thoughts to itself.

Trap: an empty thinking text goes back, with its signature; slices end inside characters, lines end in CR LF, and a
call has no arguments.
"""

import codecs
import json
from collections.abc import Iterable, Iterator

from claudemock import thinking, tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import WEATHER, Json, assistant, calls, raw_client, result, said, user

RULE = None
NEEDS = ("fault",)
NOW: Json = {"name": "now", "description": "The time.", "input_schema": {"type": "object", "properties": {}}}
GROWS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


def events(chunks: Iterable[bytes]) -> Iterator[Json]:
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    for chunk in chunks:
        *frames, rest = (rest + decoder.decode(chunk).replace("\r", "")).split("\n\n")
        for frame in frames:
            data = "".join(line[5:].strip() for line in frame.split("\n") if line.startswith("data:"))
            if data:
                yield json.loads(data)


class Assembly:
    def __init__(self) -> None:
        self.blocks: dict[int, Json] = {}
        self.pieces: dict[int, str] = {}
        self.over = False

    def take(self, event: Json) -> None:
        kind, index = event["type"], event.get("index", 0)
        if kind == "content_block_start":
            self.blocks[index], self.pieces[index] = dict(event["content_block"]), ""
        elif kind == "content_block_delta":
            delta = event["delta"]
            if delta["type"] in GROWS:
                name = GROWS[delta["type"]]
                self.blocks[index][name] = self.blocks[index].get(name, "") + delta[name]
            elif delta["type"] == "input_json_delta":
                self.pieces[index] += delta["partial_json"]
        elif kind == "content_block_stop" and self.blocks[index]["type"] == "tool_use":
            self.blocks[index]["input"] = json.loads(self.pieces[index] or "{}")
        elif kind == "message_stop":
            self.over = True
        elif kind == "error":
            raise RuntimeError(event["error"]["type"])


def ask(history: list[Json]) -> Json:
    assembly = Assembly()
    adaptive = {"type": "adaptive"}
    body = {"model": "claude-opus-5", "max_tokens": 4000, "thinking": adaptive, "tools": [WEATHER, NOW]}
    with (
        raw_client() as http,
        http.stream("POST", "/v1/messages", json={**body, "messages": history, "stream": True}) as response,
    ):
        response.raise_for_status()
        for event in events(response.iter_bytes()):
            assembly.take(event)
    if not assembly.over:
        raise RuntimeError("the stream broke off")
    return {"content": [assembly.blocks[index] for index in sorted(assembly.blocks)]}


def arrange(claude: MockServer) -> None:
    claude.fault("slice", size=7, seconds=0, crlf=True, times=2)
    claude.reply(thinking("Both at once."), tool_use("now"), tool_use("get_weather", city="Tromsø ❄"))
    claude.reply(thinking("Done."), "Es ist 12:04 Uhr, und in Tromsø fällt Schnee.")


def run() -> str:
    history = [user("Wie spät ist es, und wie ist das Wetter in Tromsø?")]
    while True:
        message = ask(history)
        if not calls(message):
            return said(message)
        results = [result(call, f"{call['name']}: {call['input']}") for call in calls(message)]
        history += [assistant(message["content"]), user(results)]
