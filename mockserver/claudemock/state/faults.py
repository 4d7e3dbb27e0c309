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
_UNKNOWN = (0, 0)


class StoredFaultBook(FaultBook):
    """Faults whose arming and counting are one record in a store; until it is written, those of the start are armed."""

    def __init__(self, base: Iterable[FaultSpec], seed: bytes, now: float, store: Store, scope: str) -> None:
        super().__init__(base, seed, now)
        self._store = store
        self._scope = scope
        self._start = now
        self._seen: tuple[int, int] | None = None  # sequence and version of the record: no two are ever alike

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
            seen, self._seen = self._seen, _UNKNOWN  # as long as it is not sure that this comes to something
            before = orjson.dumps(self._state())
            yield
            after = orjson.dumps(self._state())
            if after != before or seen is None:
                self._store.put(_KIND, self._scope, _KEY, after)
            else:
                self._seen = seen

    def _read(self) -> None:
        record = self._store.get(_KIND, self._scope, _KEY)
        seen = None if record is None else (record.sequence, record.version)
        if seen == self._seen:
            return
        self._seen = seen
        if record is None:  # another process has reset the scope
            self._next = 1
            self._along.clear()
            self._reset(self._start)
        else:
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
