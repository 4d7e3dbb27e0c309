"""A scope's clock that several processes read and set."""

import orjson

from claudemock.clock import Clock
from claudemock.store.base import Store

_KIND = _KEY = "clock"


class StoredClock(Clock):
    """A clock whose setting is in a store. Every reading asks whether another process has set it."""

    def __init__(self, store: Store, scope: str) -> None:
        super().__init__()
        self._store = store
        self._scope = scope
        self._seen: int | None = None

    @property
    def frozen(self) -> bool:
        """See `Clock`."""
        self._read()
        return super().frozen

    def now(self) -> float:
        """See `Clock`."""
        self._read()
        return super().now()

    def advance(self, seconds: float) -> None:
        """See `Clock`."""
        with self._store.together():
            self._read()
            super().advance(seconds)
            self._write()

    def set(self, instant: float) -> None:
        """See `Clock`."""
        with self._store.together():
            self._read()
            super().set(instant)
            self._write()

    def freeze(self, frozen: bool = True) -> None:
        """See `Clock`."""
        with self._store.together():
            self._read()
            super().freeze(frozen)
            self._write()

    def pause(self, seconds: float) -> float:
        """See `Clock`."""
        if not self.frozen:
            return seconds
        with self._store.together():
            self._read()
            left = super().pause(seconds)
            self._write()
        return left

    def _read(self) -> None:
        changes = self._store.changes()
        if changes == self._seen:
            return
        self._seen = changes
        record = self._store.get(_KIND, self._scope, _KEY)
        self._offset, self._frozen_at = (0.0, None) if record is None else orjson.loads(record.value)

    def _write(self) -> None:
        self._store.put(_KIND, self._scope, _KEY, orjson.dumps([self._offset, self._frozen_at]))
