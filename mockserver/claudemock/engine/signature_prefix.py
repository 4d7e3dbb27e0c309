"""What the prefix check compares: everything that stood before a thinking block when it was made.

As documented and as probed by third parties in September 2026: the top-level system prompt, the set of tools and all
content before the block, but no thinking. A string and its one text block are the same; markers of the cache, deferred
tools, the order of keys and how messages of one role are split do not matter. A URL counts without its query, which a
signed one changes, and nothing is fetched. What is compared behind a compaction block is not known here (`compacted`).
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import orjson

from claudemock.engine.signature import Prefix
from claudemock.wire.messages import PromptRequest

THINKING = frozenset({"thinking", "redacted_thinking"})
_WHOLE = re.compile(rb"(?<=\d)\.0(?=[,}\]])")
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_NAMED_BLOCKS = 64  # whose change can be named; a later one is noticed too
_NAME = 2  # bytes of a block's digest that a prefix keeps


class PrefixReader:
    """Reads a conversation block by block, and says at any point what stood before."""

    def __init__(self, request: PromptRequest) -> None:
        self._system = _digest(*(part.text.encode(errors="surrogatepass") for part in request.system), size=4)
        tools = (tool.model_dump(exclude={"cache_control"}, exclude_none=True) for tool in request.tools)
        known = sorted(_json(tool) for tool in tools if not tool.get("defer_loading"))
        self._tools = _digest(*known, size=4)
        self._content = blake2b(digest_size=8)
        self._blocks = bytearray()
        self._count = 0
        self.places: list[str] = []  # of the blocks whose change can be named
        self.compacted = False

    def add(self, role: str, block: Any, place: str) -> None:
        """The next block, a model or an object; `place` is its path in messages to the client."""
        kind = _get(block, "type")
        if kind in THINKING or (kind == "text" and not _get(block, "text")):
            return
        self.compacted = self.compacted or kind == "compaction"
        digest = _digest(role.encode(), *_essence(block), size=8)
        self._content.update(digest)
        self._count += 1
        if len(self.places) < _NAMED_BLOCKS:
            self._blocks += digest[:_NAME]
            self.places.append(place)

    def prefix(self) -> Prefix:
        """What stands before the next block."""
        return Prefix(self._system, self._tools, self._content.digest(), self._count, bytes(self._blocks))

    def difference(self, made: Prefix) -> str | None:
        """How the conversation differs from the one a block was made in, in the API's words; None if it does not.

        Wording: quoted with request ids (tools, system), captured on Fable 5.1 and Opus 5.5 (content).
        """
        if made.tools != self._tools:
            return "The `tools` list differs from the one this block was created with."
        if made.system != self._system:
            return "The `system` prompt differs from the one this block was created with."
        if made.content == self._content.digest():
            return None
        for number, place in enumerate(self.places):
            at = number * _NAME
            if made.blocks[at : at + _NAME] != self._blocks[at : at + _NAME]:
                return f"Content before this block differs from when it was created, first at `{place}`."
        return "Content before this block differs from when it was created."


def _essence(block: Any) -> Iterator[bytes]:
    """What of a block may not change. Of a reply's rarer blocks that is their kind and id."""
    kind = _get(block, "type")
    yield str(kind).encode()
    if kind == "text":
        yield _text(_get(block, "text"))
    elif kind in _CALLS:
        yield _text(_get(block, "id"))
        yield _text(_get(block, "name"))
        yield _json(_get(block, "input"))
    elif kind == "tool_result":
        yield _text(_get(block, "tool_use_id"))
        yield b"error" if _get(block, "is_error") else b""
        for part in _get(block, "content") or ():
            yield _digest(*_essence(part), size=8)
    else:
        for name in ("id", "tool_use_id", "file_id", "title", "context"):
            yield _text(_get(block, name))
        yield from _source(_get(block, "source"))


def _source(source: Any) -> Iterator[bytes]:
    if isinstance(source, str):
        yield _text(source)
    elif source is not None:
        yield _text(_get(source, "data"))
        yield _text(_get(source, "file_id"))
        yield _text(_get(source, "url")).partition(b"?")[0]
        for part in _get(source, "content") or ():
            yield _digest(*_essence(part), size=8)


def _get(block: Any, name: str) -> Any:
    return block.get(name) if isinstance(block, Mapping) else getattr(block, name, None)


def _text(value: Any) -> bytes:
    return value.encode(errors="surrogatepass") if isinstance(value, str) else b""


def _json(value: Any) -> bytes:
    """Bytes that equal values have in common: clients in JavaScript send 1.0 back as 1."""
    return _WHOLE.sub(b"", orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))


def _digest(*parts: bytes, size: int) -> bytes:
    state = blake2b(digest_size=size)
    for part in parts:
        state.update(len(part).to_bytes(8, "little"))
        state.update(part)
    return state.digest()
