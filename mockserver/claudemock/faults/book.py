"""A scope's armed faults: which of them are meant for the next request. Counting, chance and time live here.

The state is plain data (`Entry`), so that it can be kept anywhere. Chance depends on the seed, the fault and the
request, never on the order in which requests arrive.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from claudemock.faults.base import Strike
from claudemock.faults.spec import FaultSpec
from claudemock.script.match import Facts

_CONVERSATIONS = 65_536  # per fault, so that no client makes the book grow without bound
_SENT_ALONG = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a fault is armed for is compared with: one request. `source` tells it from its repetitions."""

    path: str
    stream: bool
    source: bytes
    body: bytes  # digest of the body: the same for every attempt
    conversation: bytes | None
    facts: Callable[[], Facts | None]  # None: not a valid Messages request


@dataclass(slots=True)
class Entry:
    """One armed fault: `left` of its times (None: any number), how many requests fitted, how often it acted."""

    id: str
    spec: FaultSpec
    left: int | None
    until: float | None
    fitted: int = 0
    fired: int = 0
    conversations: OrderedDict[bytes, int] = field(default_factory=OrderedDict)

    def to_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {"id": self.id, **self.spec.to_json(), "fired": self.fired, "left": self.left}


class FaultBook:
    """The faults of one scope, over those the server was started with (`base`), which every scope has."""

    def __init__(self, base: Iterable[FaultSpec], seed: bytes, now: float) -> None:
        self._base = tuple(base)
        self._seed = seed
        self._next = 1
        self._along: OrderedDict[bytes, int] = OrderedDict()
        self._reset(now)

    @property
    def armed(self) -> bool:
        """Whether any fault can still act."""
        return self._armed

    def clear(self, now: float) -> None:
        """Back to what the server was started with."""
        with self._change():
            self._reset(now)

    def add(self, specs: Iterable[FaultSpec], now: float) -> list[str]:
        """Arm faults at an instant of the scope's clock; returns their ids."""
        with self._change():
            return self._add(specs, now)

    def _change(self) -> AbstractContextManager[None]:
        """Everything that changes the book is done in one of these."""
        return nullcontext()

    def _reset(self, now: float) -> None:
        self._entries: list[Entry] = []
        self._armed = False
        self._add(self._base, now)

    def _add(self, specs: Iterable[FaultSpec], now: float) -> list[str]:
        ids = []
        for spec in specs:
            until = spec.until if spec.arming.for_seconds is None else now + spec.arming.for_seconds
            entry = Entry(f"fault_{self._next}", spec, spec.arming.most, until)
            self._next += 1
            self._entries.append(entry)
            ids.append(entry.id)
        self._armed = self._armed or bool(ids)
        return ids

    def remove(self, fault_id: str) -> bool:
        """Disarm one fault; False if there is none of that id."""
        with self._change():
            kept = [entry for entry in self._entries if entry.id != fault_id]
            found = len(kept) < len(self._entries)
            self._entries = kept
            self._look(None)
        return found

    def __iter__(self) -> Iterator[Entry]:
        """Every fault armed so far, spent ones too, in order."""
        return iter(self._entries)

    def choose(self, asked: Asked, now: float) -> list[Strike]:
        """The faults meant for this request, in the order they were armed; of those that answer only the first.

        Each has one of its times taken; `settle` gives it back if nothing came of it.
        """
        with self._change():
            return self._choose(asked, now)

    def _choose(self, asked: Asked, now: float) -> list[Strike]:
        struck: list[Strike] = []
        answered = False
        for entry in self._entries:
            kind = entry.spec.fault.acts_on
            if not self._fits(entry, asked, now) or not self._takes(entry, asked) or (kind == "request" and answered):
                continue
            answered = answered or kind == "request"
            entry.left = None if entry.left is None else entry.left - 1
            struck.append(Strike(entry.id, entry.spec.name, entry.spec.fault, meant=entry.spec.fault.parameters()))
        self._look(now)
        return struck

    def along(self, specs: Iterable[FaultSpec], header: bytes, asked: Asked, now: float) -> list[Strike]:
        """The faults a request brings along in its header; `times` counts the attempts of the same request."""
        with self._change():
            return list(self._along_with(specs, header, asked, now))

    def _along_with(self, specs: Iterable[FaultSpec], header: bytes, asked: Asked, now: float) -> Iterator[Strike]:
        for number, spec in enumerate(specs):
            most = spec.arming.times
            entry = Entry(f"header_{number}", spec, None, spec.until)
            if not self._fits(entry, asked, now) or not self._takes(entry, asked):
                continue
            if most is not None:
                key = blake2b(b"%d %b%b" % (number, asked.body, header), digest_size=16).digest()
                count = self._along.pop(key, 0)
                self._along[key] = count + 1
                if len(self._along) > _SENT_ALONG:
                    self._along.popitem(last=False)
                if count >= most:
                    continue
            yield Strike("header", spec.name, spec.fault, meant=spec.fault.parameters())

    def settle(self, strikes: Iterable[Strike]) -> None:
        """The exchange is over: what acted counts as fired, what did not may act on another request."""
        with self._change():
            by_id = {entry.id: entry for entry in self._entries}
            for strike in strikes:
                entry = by_id.get(strike.id)
                if entry is None:
                    continue
                if strike.sent is not None:
                    entry.fired += 1
                elif entry.left is not None:
                    entry.left += 1
                    self._armed = True

    @staticmethod
    def _fits(entry: Entry, asked: Asked, now: float) -> bool:
        spec = entry.spec
        if entry.left == 0 or (entry.until is not None and now >= entry.until):
            return False
        if spec.fault.acts_on == "events" and not asked.stream:
            return False
        if spec.path is not None and not spec.path(asked.path):
            return False
        if spec.match is None:
            return True
        facts = asked.facts()
        return facts is not None and not spec.match.differences(facts)

    def _takes(self, entry: Entry, asked: Asked) -> bool:
        """Whether a request that fits is one of those meant."""
        arming = entry.spec.arming
        entry.fitted += 1
        if arming.nth is not None and entry.fitted != arming.nth:
            return False
        if arming.first_of_conversation is not None:
            if asked.conversation is None:
                return False
            count = entry.conversations.pop(asked.conversation, 0) + 1
            entry.conversations[asked.conversation] = count
            if len(entry.conversations) > _CONVERSATIONS:
                entry.conversations.popitem(last=False)
            if count > arming.first_of_conversation:
                return False
        return arming.probability >= 1 or self._drawn(entry.id, asked.source) < arming.probability

    def _drawn(self, fault_id: str, source: bytes) -> float:
        """A number from 0 up to 1 that belongs to this fault and this request."""
        drawn = blake2b(fault_id.encode() + b"\0" + source, digest_size=7, key=self._seed[:64]).digest()
        return int.from_bytes(drawn, "big") / 2**56

    def _look(self, now: float | None) -> None:
        """Whether any fault can still act."""
        self._armed = any(
            entry.left != 0 and not (now is not None and entry.until is not None and now >= entry.until)
            for entry in self._entries
        )


def meant(strikes: Iterable[Strike], kind: str) -> list[Strike]:
    """Those that act on a request, on events, or on bytes."""
    return [strike for strike in strikes if strike.fault.acts_on == kind]
