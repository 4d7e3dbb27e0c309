"""Conversations that are sent again with more behind them, as agents do: what is known of their beginning."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from claudemock.api.outline import message_starts

LEAST = 8192
"""Bytes of a body from which on it pays to know its beginning; smaller ones are read in no time."""

_MOST = 32  # conversations
_ROOM = 8_000_000  # bytes of their bodies
_SAMPLE = 2048  # bytes
_ENDS = 4  # messages at the end that may change: a moved cache marker changes two, some clients mark two

Value = TypeVar("Value")


class Body:
    """The bytes of a large request and what they tell: their digest, and where the messages begin.

    `hashed` are the states of the hash at some offsets, for a body that begins alike to go on from.
    """

    __slots__ = ("digest", "hashed", "raw", "starts")

    def __init__(self, raw: bytes, starts: list[int] | None = None, hashed: Iterable[tuple[int, blake2b]] = ()) -> None:
        self.raw = raw
        self.starts = starts
        at, state = max(hashed, key=itemgetter(0), default=(0, blake2b(digest_size=16)))
        state, self.hashed, view = state.copy(), [(at, state.copy())], memoryview(raw)
        for start in [] if starts is None else starts[-_ENDS:]:
            if start > at:
                state.update(view[at:start])
                at = start
                self.hashed.append((at, state.copy()))
        state.update(view[at:])
        self.digest = state.digest()


class Opening(NamedTuple, Generic[Value]):
    """How a body begins like one seen before, of which `value` is known.

    The first `messages` messages of both are the same bytes, and neither's last. `rest` is the body without them: valid
    JSON if, and only if, the body is. It is empty if the two bodies are equal.
    """

    value: Value
    messages: int
    rest: bytes
    number: int  # of what was seen


class _Seen(NamedTuple, Generic[Value]):
    key: Hashable
    body: Body
    value: Value


class Conversations(Generic[Value]):
    """What is known of the conversations seen last, within bounds. `key` is what else the value depends on."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, _Seen[Value]] = OrderedDict()
        self._size = 0
        self._count = 0

    def look(self, key: Hashable, raw: bytes) -> tuple[Body, Opening[Value] | None]:
        """A body, and what is known of it: None if it is not even for half of one seen before its like."""
        for number, seen in reversed(self._seen.items()):
            other = seen.body
            half = len(other.raw) // 2  # two samples: whether all up to there is the same is looked at below
            if not raw.startswith(other.raw[:_SAMPLE]) or not raw.startswith(other.raw[half : half + 64], half):
                continue
            if seen.key != key:
                continue
            if raw == other.raw:
                self._seen.move_to_end(number)
                return other, Opening(seen.value, 0, b"", number)
            if other.starts is None:
                other.starts = message_starts(other.raw)
            starts = other.starts
            kept = _shared(raw, other.raw, starts)
            rest = raw[: starts[0]] + raw[starts[kept] :] if kept else b""
            further = message_starts(rest) if kept else []
            if further:
                shift = len(raw) - len(rest)
                hashed = [(at, state) for at, state in other.hashed if at <= starts[kept]]
                body = Body(raw, [*starts[:kept], *(start + shift for start in further)], hashed)
                return body, Opening(seen.value, kept, rest, number)
        return Body(raw), None

    def keep(self, key: Hashable, body: Body, value: Value, opening: Opening[Value] | None) -> None:
        """Know a body, in the place of the one that `opening` told of."""
        if opening is not None and opening.number in self._seen:
            self._drop(opening.number)
        self._count += 1
        self._seen[self._count] = _Seen(key, body, value)
        self._size += len(body.raw)
        while len(self._seen) > _MOST or self._size > _ROOM:
            self._drop(next(iter(self._seen)))

    def _drop(self, number: int) -> None:
        self._size -= len(self._seen.pop(number).body.raw)


def _shared(raw: bytes, other: bytes, starts: list[int]) -> int:
    """How many messages both begin with, or somewhat fewer, where a further one follows in both.

    Looked for from the end, where most changes are, in steps that grow.
    """
    kept, step = len(starts) - 1, 1
    while kept > 0 and not raw.startswith(other[: starts[kept]]):
        kept, step = kept - step, step * 2
    return kept if kept > 0 and raw.startswith(b"{", starts[kept]) else 0
