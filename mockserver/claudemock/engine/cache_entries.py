"""What the prompt cache remembers: one small record per breakpoint written, never any text."""

from heapq import heappop, heappush
from typing import NamedTuple, Protocol

_MOST = 65_536  # entries, about 250 bytes each


class Entry(NamedTuple):
    """A cached prefix: its tokens, its lifetime in seconds, and when it ends (seconds since the epoch)."""

    tokens: int
    lifetime: int
    expires: float

    def merged(self, other: "Entry") -> "Entry":
        """Both entries in one: written twice, a prefix lives as long as the longer-lived of the two."""
        return Entry(self.tokens, max(self.lifetime, other.lifetime), max(self.expires, other.expires))


class Entries(Protocol):
    """Where entries are kept. A store shared by several processes needs only these."""

    def get(self, key: bytes, now: float) -> Entry | None:
        """The live entry under `key`. An entry is gone at the instant it expires."""

    def put(self, key: bytes, entry: Entry, replaces: Entry | None) -> bool:
        """Store `entry` if what is live under `key` is `replaces` (None: nothing); says whether it did."""

    def purge(self, now: float) -> None:
        """Give up the room of entries that have expired."""


class MemoryEntries:
    """Entries in this process, at most `most`: beyond that, those that would expire first go first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._entries: dict[bytes, Entry] = {}
        # One item per entry. A refresh leaves the item as it is: it is corrected when it comes to the top.
        self._ends: list[tuple[float, bytes]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: bytes, now: float) -> Entry | None:
        """The live entry under `key`. An entry is gone at the instant it expires."""
        entry = self._entries.get(key)
        return entry if entry is not None and now < entry.expires else None

    def put(self, key: bytes, entry: Entry, replaces: Entry | None) -> bool:
        """Store `entry` if what is live under `key` is `replaces` (None: nothing); says whether it did."""
        present = self._entries.get(key)
        if replaces is not None and present != replaces:
            return False
        self._entries[key] = entry
        if present is None:
            heappush(self._ends, (entry.expires, key))
            if len(self._entries) > self._most:
                self._drop_first()
        return True

    def purge(self, now: float) -> None:
        """Give up the room of entries that have expired."""
        while self._ends and self._ends[0][0] <= now:
            _, key = heappop(self._ends)
            expires = self._entries[key].expires
            if expires <= now:
                del self._entries[key]
            else:
                heappush(self._ends, (expires, key))

    def _drop_first(self) -> None:
        while True:
            end, key = heappop(self._ends)
            expires = self._entries[key].expires
            if expires <= end:
                del self._entries[key]
                return
            heappush(self._ends, (expires, key))
