"""The prompt cache's entries where several processes find them."""

from struct import Struct

from claudemock.engine.cache_entries import Entry
from claudemock.store.base import Store

_ENTRY = Struct("<QQd")  # tokens, lifetime, end
_MOST = 65_536
_SWEEP = 256  # entries looked at when one is written beyond the most, of which those that have ended go


class StoredEntries:
    """Entries of one cache of a scope, in a store; at most `most`, of which the oldest go first."""

    def __init__(self, store: Store, scope: str, cache: str, *, most: int = _MOST) -> None:
        self._store = store
        self._scope = scope
        self._kind = f"cache/{cache}"
        self._most = most
        self._room = 0  # how many may be put before they are counted again

    def get(self, key: bytes, now: float) -> Entry | None:
        """The live entry under `key`. An entry is gone at the instant it expires."""
        found = self._read(key)
        return found if found is not None and now < found.expires else None

    def put(self, key: bytes, entry: Entry, replaces: Entry | None) -> bool:
        """Store `entry` if what is live under `key` is `replaces` (None: nothing); says whether it did."""
        if replaces is not None and self._read(key) != replaces:
            return False
        self._store.put(self._kind, self._scope, key.hex(), _ENTRY.pack(*entry))
        self._room -= 1
        return True

    def purge(self, now: float) -> None:
        """Give up the room of entries that have expired, and of the oldest where there are too many."""
        if self._room > 0:
            return
        for record in self._store.scan(self._kind, self._scope, limit=_SWEEP):
            if _ENTRY.unpack(record.value)[2] <= now:
                self._store.take(self._kind, self._scope, record.key)
        over = self._store.count(self._kind, self._scope) - self._most
        for _ in range(over):
            self._store.take(self._kind, self._scope)
        self._room = _SWEEP

    def _read(self, key: bytes) -> Entry | None:
        record = self._store.get(self._kind, self._scope, key.hex())
        return None if record is None else Entry(*_ENTRY.unpack(record.value))
