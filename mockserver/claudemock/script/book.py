"""A scope's script: which reply answers the next request. Queue first, then rules, then script files."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from claudemock.engine.reply import Reply
from claudemock.script.batch import BatchSpec
from claudemock.script.match import Facts, Match
from claudemock.script.spec import ReplySpec


@dataclass(frozen=True, slots=True)
class Script:
    """Replies and batches with the names they are reported under, and whether a miss is an error."""

    replies: tuple[tuple[str, ReplySpec], ...] = ()
    strict: bool = False
    batches: tuple[tuple[str, BatchSpec], ...] = ()


@dataclass(slots=True)
class Entry:
    """One armed reply and how often it may still answer (None: any number of times)."""

    id: str
    spec: ReplySpec
    match: Match | None
    left: int | None
    reply: Reply
    used: int = 0

    def to_json(self) -> dict[str, Any]:
        """The entry as the control API shows it."""
        return {
            "id": self.id,
            "reply": self.spec.model_dump(exclude_none=True, exclude_unset=True),
            "used": self.used,
            "left": self.left,
        }


@dataclass(frozen=True, slots=True)
class Miss:
    """No scripted reply fitted although the script is strict: the nearest rules and what differed."""

    nearest: tuple[tuple[str, tuple[str, ...]], ...]

    def __str__(self) -> str:
        if not self.nearest:
            return "the script is strict and no reply is left in it"
        rules = "; ".join(f"{name} ({', '.join(reasons)})" for name, reasons in self.nearest)
        return f"the script is strict and no reply in it fits this request. Nearest: {rules}"


def uses(spec: ReplySpec) -> int | None:
    """How often a reply may answer; without `times` a plain one once, one with a `match` any number of times."""
    return 1 if spec.match is None and "times" not in spec.model_fields_set else spec.times


def arm(spec: ReplySpec, name: str) -> Entry:
    """An unused entry from a spec."""
    match = spec.match.compiled() if spec.match else None
    return Entry(name, spec, match, uses(spec), spec.reply(name))


class ScriptBook:
    """The replies armed in one scope, over what the server's script files (`base`) say in every scope."""

    def __init__(self, base: Script) -> None:
        self._base = base
        self._next = 1
        self._reset()

    @property
    def strict(self) -> bool:
        """Whether a request that no reply fits is an error."""
        return self._strict

    @strict.setter
    def strict(self, strict: bool) -> None:
        self._strict = strict

    def clear(self) -> None:
        """Back to what the script files say."""
        self._reset()

    def add(self, specs: Iterable[ReplySpec]) -> list[str]:
        """Arm replies; returns their ids."""
        ids = []
        for spec in specs:
            entry = arm(spec, f"reply_{self._number()}")
            ids.append(entry.id)
            self._arm(entry)
        return ids

    def __iter__(self) -> Iterator[Entry]:
        """What is armed, in the order it is tried; replies of the queue leave it when they are used up."""
        return chain(self._queue, self._rules, self._from_files)

    def take(self, facts: Facts, *, keep: bool = False) -> Reply | Miss | None:
        """The next reply for a request; None where the default reply should answer. `keep` does not use it up."""
        entry = self._head() or self._fitting(facts)
        if entry is None:
            return Miss(self._nearest(facts)) if self.strict else None
        if not keep:
            self._use(entry)
        return entry.reply

    def _reset(self) -> None:
        self._queue: deque[Entry] = deque()
        self._rules: list[Entry] = []
        self._from_files = [arm(spec, name) for name, spec in self._base.replies]
        self._strict = self._base.strict

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _arm(self, entry: Entry) -> None:
        if entry.match is None:
            self._queue.append(entry)
        else:
            self._rules.append(entry)

    def _head(self) -> Entry | None:
        """The first of the queue."""
        return self._queue[0] if self._queue else None

    def _fitting(self, facts: Facts) -> Entry | None:
        """The first rule that fits and is not used up."""
        for entry in chain(self._rules, self._from_files):
            if (entry.match is None or not entry.match.differences(facts)) and self._usable(entry):
                return entry
        return None

    def _usable(self, entry: Entry) -> bool:
        return entry.left != 0

    def _use(self, entry: Entry) -> None:
        entry.used += 1
        entry.left = None if entry.left is None else entry.left - 1
        if entry.left == 0 and self._queue and entry is self._queue[0]:
            self._queue.popleft()

    def _nearest(self, facts: Facts) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The three rules that differ in the fewest points."""
        told: list[tuple[str, tuple[str, ...]]] = []
        for entry in self:
            differs = entry.match.differences(facts) if entry.match else []
            spent = [f"used up after {entry.used}"] if entry.left == 0 else []
            told.append((entry.id, tuple(differs + spent)))
        return tuple(sorted(told, key=lambda item: len(item[1]))[:3])
