"""A Message as server-sent events, byte for byte as the real API writes them.

Recorded on 66,000 events: `event: X` + `data: {json}` with compact separators and `type` first; before the last `}` of
every data line but ping's a uniformly random 0 to 15 spaces; one ping, right after the first content_block_start, whose
data alone has a space after the colon; `input_json_delta` starts with an empty fragment; citations come before their
block's text; blocks without deltas (redacted thinking, server tool results) arrive whole in content_block_start.
"""

import json
import re
from collections.abc import Iterator
from hashlib import shake_128
from typing import Any, NamedTuple

import orjson

from claudemock.engine.reply import Block

_PADS = tuple(b" " * n + b"}\n\n" for n in range(16))
_PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_PIECE = re.compile(r"\s*\S{1,24}|\s+")
# how many words one text delta carries, drawn in turn: a short first one, then mostly two to six (OBSERVATIONS §5)
_WORDS = (4, 3, 5, 2, 6, 4, 3, 8, 2, 5, 4, 3, 7, 4, 1, 5)


_ONLY_AT_THE_END = frozenset({"output_tokens_details", "server_tool_use", "iterations"})


class Event(NamedTuple):
    """One server-sent event before it is written: its name and its data."""

    name: str
    data: dict[str, Any]
    tokens: int = 0  # how much of the output it carries, for pacing


def events(
    message: dict[str, Any], source: bytes, *, chunk: int | None = None, count_thinking: bool = False
) -> Iterator[Event]:
    """The events that assemble to `message`.

    `source` seeds what varies; `chunk` fixes the text deltas' length. `count_thinking` (beta
    thinking-token-count-2026-05-13) gives every thinking delta an `estimated_tokens`.
    """
    draws = shake_128(source).digest(64)
    yield Event("message_start", {"type": "message_start", "message": _opening(message, draws[0])})
    for index, block in enumerate(message["content"]):
        start, deltas = _parts(block, draws, chunk)
        yield Event("content_block_start", {"type": "content_block_start", "index": index, "content_block": start})
        if index == 0:
            yield Event("ping", {"type": "ping"})
        if count_thinking and block["type"] == "thinking":
            deltas = _counted(deltas, message["usage"])
        for delta in deltas:
            data = {"type": "content_block_delta", "index": index, "delta": delta}
            yield Event("content_block_delta", data, tokens=1)
        yield Event("content_block_stop", {"type": "content_block_stop", "index": index})
    yield Event("message_delta", _closing(message))
    yield Event("message_stop", {"type": "message_stop"})


def encode(sequence: Iterator[Event], source: bytes, *, padding: bool) -> Iterator[bytes]:
    """Each event as it goes over the wire."""
    pads = _pads(source) if padding else None
    for event in sequence:
        if event.name == "ping":
            yield _PING
        else:
            tail = b"}\n\n" if pads is None or event.name == "error" else next(pads)
            yield b"event: %b\ndata: %b%b" % (event.name.encode(), orjson.dumps(event.data)[:-1], tail)


def _pads(source: bytes) -> Iterator[bytes]:
    block = 0
    while True:
        for byte in shake_128(source + block.to_bytes(4, "big")).digest(32):
            yield _PADS[byte & 15]
            yield _PADS[byte >> 4]
        block += 1


def _opening(message: dict[str, Any], draw: int) -> dict[str, Any]:
    usage = {key: value for key, value in message["usage"].items() if key not in _ONLY_AT_THE_END}
    usage["output_tokens"] = min(usage["output_tokens"], 1 if draw & 1 else 1 + draw % 8)
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    opening.pop("context_management", None)
    opening.pop("container", None)
    if "stop_details" in opening:
        opening["stop_details"] = None
    return opening


def _closing(message: dict[str, Any]) -> dict[str, Any]:
    delta = {
        key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details", "container") if key in message
    }
    usage = message["usage"]
    order = (
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
        "output_tokens_details",
        "server_tool_use",
        "iterations",
    )
    closing: dict[str, Any] = {"type": "message_delta", "delta": delta}
    closing["usage"] = {key: usage[key] for key in order if key in usage}
    if "context_management" in message:
        closing["context_management"] = message["context_management"]
    return closing


def _parts(block: Block, draws: bytes, chunk: int | None) -> tuple[Block, Iterator[dict[str, Any]]]:
    """A block as content_block_start shows it, and the deltas that fill it."""
    match block["type"]:
        case "text":
            cited: Block = {"citations": []} if "citations" in block else {}
            return {**cited, "type": "text", "text": ""}, _text(block, draws, chunk)
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}, _thinking(block, draws, chunk)
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            return {**block, "input": {}}, _input(block, draws)
        case _:
            return block, iter(())


def _text(block: Block, draws: bytes, chunk: int | None) -> Iterator[dict[str, Any]]:
    for citation in block.get("citations") or ():
        yield {"type": "citations_delta", "citation": citation}
    for piece in _pieces(block["text"], draws, chunk):
        yield {"type": "text_delta", "text": piece}


def _thinking(block: Block, draws: bytes, chunk: int | None) -> Iterator[dict[str, Any]]:
    for piece in _pieces(block["thinking"], draws, chunk):
        yield {"type": "thinking_delta", "thinking": piece}
    yield {"type": "signature_delta", "signature": block["signature"]}


def _counted(deltas: Iterator[dict[str, Any]], usage: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Recorded: null beside shown thinking; where the text is omitted, one delta with an estimate and one with null."""
    shown = False
    for delta in deltas:
        if delta["type"] == "thinking_delta":
            shown = True
            yield {**delta, "estimated_tokens": None}
            continue
        if not shown:
            spent = usage.get("output_tokens_details", {}).get("thinking_tokens", 0)
            for estimate in (50 * max(1, round(spent / 50)), None):
                yield {"type": "thinking_delta", "thinking": "", "estimated_tokens": estimate}
        yield delta


def _pieces(text: str, draws: bytes, chunk: int | None) -> Iterator[str]:
    if chunk is not None:
        for at in range(0, len(text), chunk):
            yield text[at : at + chunk]
        return
    words = _PIECE.findall(text)
    at, turn = 0, draws[1]
    size = 1 + draws[2] % 2
    while at < len(words):
        yield "".join(words[at : at + size])
        at += size
        turn += 1
        size = _WORDS[turn % 16]


def _input(block: Block, draws: bytes) -> Iterator[dict[str, Any]]:
    """Fragments of 3 to 12 characters, of which no single one can be relied on to parse; the first is empty."""
    yield {"type": "input_json_delta", "partial_json": ""}
    text = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
    at, turn = 0, draws[3]
    while at < len(text):
        size = 3 + draws[turn % 64] % 10
        yield {"type": "input_json_delta", "partial_json": text[at : at + size]}
        at += size
        turn += 1
