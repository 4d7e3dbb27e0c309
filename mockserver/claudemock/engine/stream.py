"""A Message as server-sent events, byte for byte as the real API writes them.

Recorded on 66,000 events: `event: X` + `data: {json}` with compact separators and `type` first; before the last `}` of
every data line but ping's a uniformly random 0 to 15 spaces; one ping, right after the first content_block_start, whose
data alone has a space after the colon; `input_json_delta` starts with an empty fragment; citations come before their
block's text; blocks without deltas (redacted thinking, server tool results) arrive whole in content_block_start.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import shake_128
from typing import Any, NamedTuple

import orjson

from claudemock.engine.reply import Block

_PADS = tuple(b" " * n + b"}\n\n" for n in range(16))
_PIECE = re.compile(r"\s*\S{1,24}|\s+")
# how many words one text delta carries, drawn in turn: a short first one, then mostly two to six (OBSERVATIONS §5)
_WORDS = (4, 3, 5, 2, 6, 4, 3, 8, 2, 5, 4, 3, 7, 4, 1, 5)
_ONLY_AT_THE_END = frozenset({"output_tokens_details", "server_tool_use", "iterations"})
_CLOSING_USAGE = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
    "server_tool_use",
    "iterations",
)


class Event(NamedTuple):
    """One server-sent event before it is written: its lines up to the last brace, before which padding goes."""

    line: bytes
    tokens: int = 0  # how much of the output it carries, for pacing

    @property
    def name(self) -> str:
        """The event's name."""
        return self.line[7 : self.line.index(b"\n")].decode()

    @property
    def data(self) -> dict[str, Any]:
        """The event's data."""
        data: dict[str, Any] = orjson.loads(self.line[self.line.index(b"\n") + 7 :] + b"}")
        return data


_PING = Event(b'event: ping\ndata: {"type": "ping"')
_STOP = Event(b'event: message_stop\ndata: {"type":"message_stop"')
_DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":'
_BLOCK_STOP = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d'


def events(
    message: dict[str, Any],
    source: bytes,
    *,
    chunk: int | None = None,
    count_thinking: bool = False,
    first: Mapping[str, Any] | None = None,
) -> list[Event]:
    """The events that assemble to `message`.

    `source` seeds what varies; `chunk` fixes the text deltas' length. `count_thinking` (beta
    thinking-token-count-2026-05-13) gives every thinking delta an `estimated_tokens`. `first` are the input
    counters that the stream begins with, where the message ends with others (the API's own tools ran).
    """
    draws = shake_128(source).digest(64)
    opening = {"type": "message_start", "message": _opening(message, draws[0], first)}
    sequence = [_event(b"message_start", opening)]
    for index, block in enumerate(message["content"]):
        start, deltas = _parts(block, draws, chunk)
        opened = {"type": "content_block_start", "index": index, "content_block": start}
        sequence.append(_event(b"content_block_start", opened))
        if index == 0:
            sequence.append(_PING)
        if count_thinking and block["type"] == "thinking":
            deltas = _counted(block, deltas, message["usage"])
        head = _DELTA % index
        sequence += [Event(head + delta, 1) for delta in deltas]
        sequence.append(Event(_BLOCK_STOP % index))
    sequence.append(_event(b"message_delta", _closing(message)))
    sequence.append(_STOP)
    return sequence


def encode(sequence: Sequence[Event], source: bytes, *, padding: bool) -> list[bytes]:
    """Each event as it goes over the wire."""
    if not padding:
        return [event.line + b"}\n\n" for event in sequence]
    draws = shake_128(source).digest(len(sequence))
    return [event[0] + _PADS[0 if event is _PING else draw & 15] for event, draw in zip(sequence, draws, strict=True)]


def _event(name: bytes, data: dict[str, Any]) -> Event:
    return Event(b"event: %b\ndata: %b" % (name, orjson.dumps(data)[:-1]))


def _opening(message: dict[str, Any], draw: int, first: Mapping[str, Any] | None) -> dict[str, Any]:
    usage = {key: value for key, value in message["usage"].items() if key not in _ONLY_AT_THE_END}
    if first is not None:
        usage |= first
    usage["output_tokens"] = min(usage["output_tokens"], 1 if draw & 1 else 1 + draw % 8)
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    opening.pop("context_management", None)
    opening.pop("container", None)
    if "stop_details" in opening:
        opening["stop_details"] = None
    return opening


def _closing(message: dict[str, Any]) -> dict[str, Any]:
    keys = ("stop_reason", "stop_sequence", "stop_details", "container")
    closing: dict[str, Any] = {
        "type": "message_delta",
        "delta": {key: message[key] for key in keys if key in message},
        "usage": {key: message["usage"][key] for key in _CLOSING_USAGE if key in message["usage"]},
    }
    if "context_management" in message:
        closing["context_management"] = message["context_management"]
    return closing


def _parts(block: Block, draws: bytes, chunk: int | None) -> tuple[Block, Iterable[bytes]]:
    """A block as content_block_start shows it, and the deltas that fill it, as JSON."""
    match block["type"]:
        case "text":
            pieces = [
                b'{"type":"text_delta","text":%b}' % orjson.dumps(piece)
                for piece in _pieces(block["text"], draws, chunk)
            ]
            if "citations" not in block:
                return {"type": "text", "text": ""}, pieces
            cited = [orjson.dumps({"type": "citations_delta", "citation": one}) for one in block["citations"] or ()]
            return {"citations": [], "type": "text", "text": ""}, cited + pieces
        case "thinking":
            thoughts = [
                b'{"type":"thinking_delta","thinking":%b}' % orjson.dumps(piece)
                for piece in _pieces(block["thinking"], draws, chunk)
            ]
            signature = orjson.dumps({"type": "signature_delta", "signature": block["signature"]})
            return {"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, signature]
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            return {**block, "input": {}}, _input(block, draws)
        case "compaction" if block.get("content") is not None:
            # Recorded: empty first, then the summary at once.
            carried = {key: block[key] for key in ("content", "encrypted_content") if key in block}
            return {**block, **dict.fromkeys(carried)}, [orjson.dumps({"type": "compaction_delta", **carried})]
        case _:
            return block, ()


def _counted(block: Block, deltas: Iterable[bytes], usage: dict[str, Any]) -> Iterator[bytes]:
    """Recorded: null beside shown thinking; where the text is omitted, one delta with an estimate and one with null."""
    if not block["thinking"]:
        spent = usage.get("output_tokens_details", {}).get("thinking_tokens", 0)
        for estimate in (50 * max(1, round(spent / 50)), None):
            yield orjson.dumps({"type": "thinking_delta", "thinking": "", "estimated_tokens": estimate})
    for delta in deltas:
        shown = delta.startswith(b'{"type":"thinking_delta"')
        yield delta[:-1] + b',"estimated_tokens":null}' if shown else delta


def _pieces(text: str, draws: bytes, chunk: int | None) -> list[str]:
    if chunk is not None:
        return [text[at : at + chunk] for at in range(0, len(text), chunk)]
    words = _PIECE.findall(text)
    pieces, at, turn = [], 0, draws[1]
    size = 1 + draws[2] % 2
    while at < len(words):
        pieces.append("".join(words[at : at + size]))
        at += size
        turn += 1
        size = _WORDS[turn % 16]
    return pieces


def _input(block: Block, draws: bytes) -> Iterator[bytes]:
    """Fragments of 3 to 12 characters, of which no single one can be relied on to parse; the first is empty."""
    yield b'{"type":"input_json_delta","partial_json":""}'
    text = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
    at, turn = 0, draws[3]
    while at < len(text):
        size = 3 + draws[turn % 64] % 10
        yield b'{"type":"input_json_delta","partial_json":%b}' % orjson.dumps(text[at : at + size])
        at += size
        turn += 1
