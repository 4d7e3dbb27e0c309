"""Where two versions of one block part, and what kind of value it is that differs."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from claudemock_contracts.volatile import PATTERNS, skeleton

_AROUND = 24  # characters of context in a fragment
_MOST = 80
_ORDERED = ("input", "input_schema")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`kind` is the class of the cause, `path` the place of the differing value below the block.

    `byte` is the offset of the first difference in that value (UTF-8), `before` and `after` the values or the pieces
    of them that differ; `template` says that the two texts are the same but for values of the volatile kinds.
    """

    kind: str
    path: str
    byte: int
    before: str
    after: str
    template: bool = False


def explain(before: Any, after: Any) -> Difference:
    """The first difference of two blocks, which are not the same to the model."""
    if _sorted(before) == _sorted(after):
        return _as_json("json-key-order", _order_path(before, after), before, after)
    path, old, new = _leaf(before, after, "")
    if isinstance(old, str) and isinstance(new, str):
        return _texts(path, old, new)
    return _as_json("structure", path, old, new)


def _sorted(value: Any) -> Any:
    return json.dumps(_bare(value), sort_keys=True, ensure_ascii=False, default=str)


def _bare(value: Any) -> Any:
    """Without markers: they are no part of the prompt."""
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if key != "cache_control"}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _order_path(before: Any, after: Any) -> str:
    """Where the order of keys differs inside a part whose order is rendered."""
    for name in _ORDERED:
        if isinstance(before, dict) and isinstance(after, dict) and before.get(name) != after.get(name):
            return name
        if isinstance(before, dict) and json.dumps(before.get(name)) != json.dumps(_value(after, name)):
            return name
    return ""


def _value(block: Any, name: str) -> Any:
    return block.get(name) if isinstance(block, dict) else None


def _leaf(before: Any, after: Any, path: str) -> tuple[str, Any, Any]:
    """The first place where two values differ, as deep as both go."""
    if isinstance(before, str) != isinstance(after, str) and path.rpartition(".")[2] in ("content", ""):
        before, after = _as_text(before), _as_text(after)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            if key != "cache_control" and _bare(before.get(key)) != _bare(after.get(key)):
                return _leaf(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(before, list) and isinstance(after, list):
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            if _bare(one) != _bare(other):
                return _leaf(one, other, f"{path}.{index}" if path else str(index))
    return path, before, after


def _as_text(value: Any) -> Any:
    """A single text block as its text, since a string may stand for it."""
    block = value[0] if isinstance(value, list) and len(value) == 1 else value
    return block.get("text", value) if isinstance(block, dict) and block.get("type") == "text" else value


def _texts(path: str, old: str, new: str) -> Difference:
    at = parting(old, new)
    byte = len(old[:at].encode("utf-8", "replace"))
    alike = _alike(old, new)
    if alike is not None:
        return Difference(kind=alike, path=path, byte=byte, before=_around(old, at), after=_around(new, at))
    if _json_alike(old, new):
        return Difference(
            kind="json-text-key-order", path=path, byte=byte, before=_around(old, at), after=_around(new, at)
        )
    template = skeleton(old) == skeleton(new)
    for kind, pattern in PATTERNS.items():
        one, other = _covering(pattern, old, at), _covering(pattern, new, at)
        if one is not None and other is not None and one[0] == other[0]:
            return Difference(kind=kind, path=path, byte=byte, before=one[1], after=other[1], template=template)
    if _same_items(old, new):
        return Difference(kind="set-order", path=path, byte=byte, before=_around(old, at), after=_around(new, at))
    return Difference(
        kind="text", path=path, byte=byte, before=_around(old, at), after=_around(new, at), template=template
    )


def _alike(old: str, new: str) -> str | None:
    if "".join(old.split()) == "".join(new.split()):
        return "whitespace"
    if unicodedata.normalize("NFC", old) == unicodedata.normalize("NFC", new):
        return "unicode-normalisation"
    return "case" if old.casefold() == new.casefold() else None


def _json_alike(old: str, new: str) -> bool:
    if old[:1] not in "{[" or new[:1] not in "{[" or not old or not new:
        return False
    try:
        return bool(json.loads(old) == json.loads(new))
    except (ValueError, RecursionError):
        return False


def _covering(pattern: Any, text: str, at: int) -> tuple[int, str] | None:
    """The value of this kind that holds the character at `at`, or ends right there; where it starts."""
    start = max(at - _MOST, 0)
    for found in pattern.finditer(text, start, min(at + _MOST, len(text))):
        if found.start() <= at <= found.end():
            return found.start(), found[0]
        if found.start() > at:
            break
    return None


def _same_items(old: str, new: str) -> bool:
    """Whether both are the same words, or the same lines, in another order."""
    for items in (_lines, _words):
        one, other = items(old), items(new)
        if len(one) > 1 and one != other and sorted(one) == sorted(other):
            return True
    return False


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(text: str) -> Sequence[str]:
    return [word.strip(",;.()[]{}'\"") for word in text.split()]


def _around(text: str, at: int) -> str:
    start = max(at - _AROUND, 0)
    piece = text[start : start + _MOST]
    return ("…" if start else "") + piece + ("…" if start + _MOST < len(text) else "")


def _as_json(kind: str, path: str, before: Any, after: Any) -> Difference:
    """A difference of two values that are no texts, shown as JSON."""
    one, other = (json.dumps(_bare(value), ensure_ascii=False, default=str) for value in (before, after))
    at = parting(one, other)
    return Difference(kind=kind, path=path, byte=0, before=_around(one, at), after=_around(other, at))


def parting(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
