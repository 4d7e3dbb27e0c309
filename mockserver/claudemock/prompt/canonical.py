"""One digest per part of a prompt, equal for every way to write the same part.

A block is the same prompt whatever the order of its own keys, with or without `cache_control`, with an optional key
null or left out, and with a string for a list of one text. Inside `input` and `input_schema` the order of keys counts:
it is rendered into the prompt (docs: prompt caching, troubleshooting).
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson

SIZE = 16
"""Bytes of every digest."""

_MOST = 65_536  # digests remembered, about 150 bytes each
_AS_SENT = frozenset({"input", "input_schema"})
_OFF = frozenset({"is_error", "strict", "defer_loading"})  # false is what leaving it out means


class BlockDigests:
    """Digests of blocks, remembering those of the blocks seen most recently.

    Texts are not kept, only their 64-bit hashes (keyed, so that no two can be made to collide), and a conversation
    that is sent again costs one pass over its text and no copy of it. `most` bounds how many blocks are remembered.
    Instances share nothing.
    """

    __slots__ = ("_half", "_old", "_young", "computed")

    def __init__(self, most: int = _MOST) -> None:
        self._half = max(most // 2, 1)
        self._young: dict[tuple[str, int], bytes] = {}
        self._old: dict[tuple[str, int], bytes] = {}
        self.computed = 0
        """How many digests were not remembered and had to be computed."""

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def all(self, places: Iterable[str], blocks: Iterable[Any]) -> list[bytes]:
        """The digest of each of these JSON values, which stand at `places`: a role, `tools` or `system`.

        Equal blocks at different places have different digests.
        """
        found = []
        known = self._young.get
        for place, block in zip(places, blocks, strict=True):
            # A string's hash is computed once, by whoever asks for it first: mostly the token estimator.
            kind = block.get("type") if type(block) is dict else None
            if kind == "text" and len(block) == 2 and type(block.get("text")) is str:
                key = (place, hash(block["text"]))
            elif kind == "tool_use":
                key = (place, hash((_dump(block),)))
            elif kind == "tool_result" and len(block) == 3 and type(block.get("content")) is str:
                key = (place, _result_hash(block.get("tool_use_id"), False, block["content"]) or _hash(block))
            else:
                key = (place, _hash(block))
            digest = known(key)
            if digest is None:
                digest = self._recall(key, place, block)
                known = self._young.get
            found.append(digest)
        return found

    def _recall(self, key: tuple[str, int], place: str, block: object) -> bytes:
        digest = self._old.pop(key, None)
        if digest is None:
            self.computed += 1
            digest = block_digest(place, block)
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = digest
        return digest


def block_digest(place: str, block: object) -> bytes:
    """The digest of one block, computed."""
    whole = {"type": "text", "text": block} if isinstance(block, str) else block
    try:
        raw = _dump(canonical(whole))
    except RecursionError:
        raw = _flattened(whole)
    return blake2b(b"%b\0%b" % (place.encode("utf-8", "surrogatepass"), raw), digest_size=SIZE).digest()


def fold(*values: object) -> bytes:
    """A digest of several JSON values in the order in which their keys stand."""
    return blake2b(_dump(values), digest_size=SIZE).digest()


def canonical(value: object) -> object:
    """The value in its one canonical form: markers, nulls and defaults gone, keys sorted except where order counts."""
    if isinstance(value, dict):
        return {key: _field(key, value[key]) for key in sorted(value) if not _means_nothing(key, value[key])}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


def plain_text(block: object) -> str | None:
    """The text of a block that is nothing but text, marked or not; of a string, itself."""
    if isinstance(block, str):
        return block
    if not isinstance(block, dict) or block.get("type") != "text":
        return None
    text = block.get("text")
    ignored = ("cache_control" in block) + ("citations" in block and block["citations"] in (None, []))
    return text if isinstance(text, str) and len(block) == 2 + ignored else None


def _field(key: str, value: object) -> object:
    if key in _AS_SENT:
        return value
    if key == "content" and isinstance(value, str):
        return [{"text": value, "type": "text"}]
    return canonical(value)


def _means_nothing(key: str, value: object) -> bool:
    if value is None or key == "cache_control":
        return True
    if key in _OFF:
        return value is False
    if key == "citations":
        return value in ([], {}, {"enabled": False})
    if key == "caller":
        return value == {"type": "direct"}
    return value in ("", []) if key == "content" else key == "type" and value == "custom"


def _hash(block: object) -> int:
    """What tells a block from others in memory: 64 bits."""
    text = plain_text(block)
    if text is not None:
        return hash(text)
    if isinstance(block, dict) and block.get("type") == "tool_result":
        name, result, failed = block.get("tool_use_id"), block.get("content"), block.get("is_error", False)
        if isinstance(result, list) and len(result) == 1:
            result = plain_text(result[0])
        usual = len(block) == 3 + ("is_error" in block) + ("cache_control" in block)
        known = _result_hash(name, failed, result) if usual else None
        if known is not None:
            return known
    # A string and its own bytes have the same hash, and a text may well be the JSON of a block.
    return hash((_dump(block),))


def _result_hash(name: object, failed: object, result: object) -> int | None:
    """The hash of a tool result that is one text; None for any other."""
    usual = type(name) is str and type(failed) is bool and type(result) is str and result
    return hash((name, failed, result)) if usual else None


def _dump(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair, a number beyond 64 bits, or nested too deeply: JSON, but not orjson's
        return _flattened(value)


def _flattened(value: object) -> bytes:
    """Every name and leaf with its depth, without recursion."""
    parts: list[str] = []
    waiting: list[tuple[int, object]] = [(0, value)]
    while waiting:
        depth, part = waiting.pop()
        if isinstance(part, Mapping):
            parts.append(f"{depth}:object")
            waiting += [(depth + 1, item) for pair in part.items() for item in pair]
        elif isinstance(part, list):
            parts.append(f"{depth}:array")
            waiting += [(depth + 1, item) for item in part]
        else:
            parts.append(f"{depth}:{part!r}")
    return "\0".join(parts).encode("utf-8", "surrogatepass")
