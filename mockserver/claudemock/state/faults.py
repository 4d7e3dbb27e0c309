"""A scope's faults that several processes share."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from claudemock.faults.book import Entry, FaultBook
from claudemock.faults.spec import FaultSpec, parse_fault
from claudemock.store.base import Store

_KIND = _KEY = "faults"


class StoredFaultBook(FaultBook):
    """Faults whose arming and counting are one record in a store; until it is written, those of the start are armed."""

    def __init__(self, base: Iterable[FaultSpec], seed: bytes, now: float, store: Store, scope: str) -> None:
        super().__init__(base, seed, now)
        self._store = store
        self._scope = scope
        self._changes: int | None = None

    @property
    def armed(self) -> bool:
        """See `FaultBook`."""
        self._read()
        return super().armed

    def __iter__(self) -> Iterator[Entry]:
        self._read()
        return super().__iter__()

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._store.together():
            self._read()
            yield
            self._store.put(_KIND, self._scope, _KEY, orjson.dumps(self._state()))

    def _read(self) -> None:
        changes = self._store.changes()
        if changes == self._changes:
            return
        self._changes = changes
        record = self._store.get(_KIND, self._scope, _KEY)
        if record is not None:
            self._restore(orjson.loads(record.value))

    def _state(self) -> dict[str, Any]:
        return {
            "next": self._next,
            "armed": self._armed,
            "along": [(key.hex(), count) for key, count in self._along.items()],
            "entries": [
                {
                    "id": entry.id,
                    "spec": entry.spec.to_json(),
                    "left": entry.left,
                    "until": entry.until,
                    "fitted": entry.fitted,
                    "fired": entry.fired,
                    "conversations": [(key.hex(), count) for key, count in entry.conversations.items()],
                }
                for entry in self._entries
            ],
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self._next, self._armed, self._along = state["next"], state["armed"], _counts(state["along"])
        self._entries = [
            Entry(
                **plain | {"spec": parse_fault(plain["spec"]), "conversations": _counts(plain["conversations"])},
            )
            for plain in state["entries"]
        ]


def _counts(pairs: Iterable[tuple[str, int]]) -> OrderedDict[bytes, int]:
    return OrderedDict((bytes.fromhex(key), count) for key, count in pairs)
