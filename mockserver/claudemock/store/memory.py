"""State in this process's memory, gone with it."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

from claudemock.store.base import Record
from claudemock.store.transaction import Transaction


class _Shelf:
    """The records of one kind in one scope.

    `order` lists sequence and key of each first put. Removed records leave their entry behind, to be passed over until
    there are more of those than of records: so every verb takes constant time on average, and a removal can be undone
    by putting the record back where it was found. All entries before `head` are of removed records.
    """

    __slots__ = ("head", "order", "records")

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.order: list[tuple[int, str]] = []
        self.head = 0

    def oldest(self) -> Record | None:
        while self.head < len(self.order):
            found = self._at(self.order[self.head])
            if found is not None:
                return found
            self.head += 1
        return None

    def beyond(self, after: int, newest_first: bool) -> Iterable[Record]:
        if newest_first:
            stop = bisect_left(self.order, (after,)) if after else len(self.order)
            entries = map(self.order.__getitem__, range(stop - 1, self.head - 1, -1))
        else:
            start = max(bisect_left(self.order, (after + 1,)), self.head)
            entries = map(self.order.__getitem__, range(start, len(self.order)))
        return (record for entry in entries if (record := self._at(entry)) is not None)

    def tidy(self) -> None:
        """Drop the entries of removed records if they are the most."""
        if len(self.order) > 2 * len(self.records) + 16:
            self.order = [entry for entry in self.order if self._at(entry) is not None]
            self.head = 0

    def _at(self, entry: tuple[int, str]) -> Record | None:
        sequence, key = entry
        record = self.records.get(key)
        return record if record is not None and record.sequence == sequence else None


class MemoryStore:
    """The `Store` of one process. Made at no cost; `close` forgets everything."""

    def __init__(self) -> None:
        self._shelves: dict[str, dict[str, _Shelf]] = {}  # by scope and kind
        self._sequence = 0
        self._changes = 0
        self._undo: _UndoLog | None = None

    def put(self, kind: str, scope: str, key: str, value: bytes, *, expect: int | None = None) -> int | None:
        """See `Store`."""
        kinds = self._shelves.get(scope)
        shelf = None if kinds is None else kinds.get(kind)
        before = None if shelf is None else shelf.records.get(key)
        if expect is not None and expect != (0 if before is None else before.version):
            return None
        if shelf is None:
            shelf = self._shelves.setdefault(scope, {})[kind] = _Shelf()
        self._changes += 1
        if self._undo is not None:
            self._undo.add(scope, kind, shelf.records, key, before)
        if before is None:
            self._sequence += 1
            shelf.records[key] = Record(key, value, 1, self._sequence)
            shelf.order.append((self._sequence, key))
            return 1
        version = before.version + 1
        shelf.records[key] = Record(key, value, version, before.sequence)
        return version

    def get(self, kind: str, scope: str, key: str) -> Record | None:
        """See `Store`."""
        shelf = self._shelf(kind, scope)
        return None if shelf is None else shelf.records.get(key)

    def take(self, kind: str, scope: str, key: str | None = None) -> Record | None:
        """See `Store`."""
        shelf = self._shelf(kind, scope)
        if shelf is None:
            return None
        found = shelf.oldest() if key is None else shelf.records.get(key)
        if found is None:
            return None
        self._changes += 1
        del shelf.records[found.key]
        if self._undo is None:
            self._tidy(scope, kind)
        else:
            self._undo.add(scope, kind, shelf.records, found.key, found)
        return found

    def scan(
        self, kind: str, scope: str, *, after: int = 0, limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Record]:
        """See `Store`."""
        if limit is not None and limit < 0:
            raise ValueError(f"limit is {limit}, and may not be negative")
        shelf = self._shelf(kind, scope)
        return [] if shelf is None else list(islice(shelf.beyond(after, newest_first), limit))

    def count(self, kind: str, scope: str) -> int:
        """See `Store`."""
        shelf = self._shelf(kind, scope)
        return 0 if shelf is None else len(shelf.records)

    def clear(self, scope: str, kind: str | None = None) -> None:
        """See `Store`."""
        kinds = self._shelves.get(scope, {})
        for name in list(kinds) if kind is None else [kind] if kind in kinds else []:
            self._changes += 1
            shelf = kinds.pop(name)
            if self._undo is not None:
                self._undo.add(scope, name, kinds, name, shelf)
        if not kinds and self._undo is None:
            self._shelves.pop(scope, None)

    def changes(self) -> int:
        """See `Store`."""
        return self._changes

    def transaction(self) -> AbstractContextManager[None]:
        """See `Store`."""
        return Transaction(self._begin, self._end)

    def together(self) -> AbstractContextManager[None]:
        """See `Store`."""
        return nullcontext() if self._undo is not None else self.transaction()

    def close(self) -> None:
        """Forget everything."""
        self._shelves.clear()

    def _begin(self) -> None:
        if self._undo is not None:
            raise RuntimeError("transactions do not nest")
        self._undo = _UndoLog()

    def _end(self, undo: bool) -> None:
        log, self._undo = self._undo, None
        if log is None:
            raise RuntimeError("no transaction has begun")
        if undo:
            self._changes += 1
            log.run()
        for scope, kind in log.touched:
            shelf = self._shelf(kind, scope)
            if shelf is not None and undo:
                shelf.head = 0  # records before it may be back
            self._tidy(scope, kind)

    def _shelf(self, kind: str, scope: str) -> _Shelf | None:
        kinds = self._shelves.get(scope)
        return None if kinds is None else kinds.get(kind)

    def _tidy(self, scope: str, kind: str) -> None:
        """Forget a shelf without records and a scope without shelves."""
        kinds = self._shelves.get(scope, {})
        shelf = kinds.get(kind)
        if shelf is not None:
            shelf.tidy()
            if not shelf.records:
                del kinds[kind]
        if not kinds:
            self._shelves.pop(scope, None)


class _UndoLog:
    """What was where before each step of a transaction, and the shelves (by scope and kind) it touched."""

    def __init__(self) -> None:
        self.touched: set[tuple[str, str]] = set()
        self._before: list[tuple[dict[str, Any], str, Any]] = []

    def add(self, scope: str, kind: str, container: dict[str, Any], key: str, before: object) -> None:
        self.touched.add((scope, kind))
        self._before.append((container, key, before))

    def run(self) -> None:
        for container, key, before in reversed(self._before):
            if before is None:
                del container[key]
            else:
                container[key] = before
