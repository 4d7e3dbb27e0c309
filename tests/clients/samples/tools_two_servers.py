"""An agent over two tool servers: they connect in any order; names are prefixed and sorted, results are lists of parts.

Trap: tools are listed anew for every request; in one turn a result with a picture, an error, an empty list and a text.
"""

import base64
import itertools
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, assistant, calls, result, said, user

RULE = None


@dataclass(frozen=True)
class Server:
    name: str
    tools: dict[str, str]

    def call(self, tool: str, gate: str = "") -> list[Json]:
        if tool == "list":
            return []
        if tool == "shot" and gate == "north":
            raise OSError("camera north is covered")
        picture = {"type": "image", "mimeType": "image/png", "data": grey()}
        words = {"type": "text", "text": f"{gate} is closed"}
        return [words, picture] if tool == "shot" else [words]


CAMERAS = Server("camera", {"shot": "A picture of a gate.", "list": "The cameras that are on."})
DOORS = Server("doors", {"state": "Open or closed?"})


def grey() -> str:
    """A grey square as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"".join(b"\0" + b"\x80" * 8 for _ in range(8)))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def connected() -> Iterator[Sequence[Server]]:
    """The servers as they happen to connect: one first, then the other."""
    return itertools.cycle(((DOORS, CAMERAS), (CAMERAS, DOORS)))


def listed(servers: Sequence[Server]) -> list[Json]:
    schema = {"type": "object", "properties": {"gate": {"type": "string"}}}
    return [
        {"name": f"{server.name}__{tool}", "description": words, "input_schema": schema}
        for server in sorted(servers, key=lambda server: server.name)
        for tool, words in sorted(server.tools.items())
    ]


def part(item: Json) -> Json:
    if item["type"] == "text":
        return item
    source: dict[str, Any] = {"type": "base64", "media_type": item["mimeType"], "data": item["data"]}
    return {"type": "image", "source": source}


def answered(servers: Sequence[Server], call: Json) -> Json:
    name, _, tool = call["name"].partition("__")
    server = next(server for server in servers if server.name == name)
    try:
        return result(call, [part(item) for item in server.call(tool, **call["input"])])
    except OSError as error:
        return result(call, str(error), is_error=True)


def arrange(claude: MockServer) -> None:
    pictures = (tool_use("camera__shot", gate=gate) for gate in ("south", "north"))
    claude.reply(*pictures, tool_use("camera__list"), tool_use("doors__state", gate="north"))
    claude.reply("I check the south door too.", tool_use("doors__state", gate="south"))
    claude.reply("Both gates are closed; the north camera is covered.")


def run(llm: Llm) -> str:
    history = [user("Are the gates closed?")]
    for servers in connected():
        message = llm.create(model=SONNET, max_tokens=500, tools=listed(servers), messages=history)
        if not calls(message):
            return said(message)
        history += [assistant(message["content"]), user([answered(servers, call) for call in calls(message)])]
    raise AssertionError
