"""One journal for several processes: each ended exchange is a record, and every process reads what it has not seen."""

from collections import deque
from collections.abc import Callable

import orjson

from claudemock.journal import Exchange, Journal
from claudemock.state.exchanges import dump, load
from claudemock.store.base import Record, Store

_EVERYWHERE = ""  # the journal belongs to no scope: it drops the oldest of all
_EXCHANGE, _NUMBER = "exchange", "exchange/number"
_PAGE = 256
_MOST_CLEARED = 10_000  # of clearings, which are records too, the latest are kept for processes that slept


class StoredJournal(Journal):
    """A journal whose ended exchanges are in a store. Those under way are known to their own process only.

    Every process holds the same exchanges, because each reads them in the order in which they were put there.
    """

    poll = 0.02

    def __init__(self, limit: int, store: Store) -> None:
        super().__init__(limit)
        self._store = store
        self._read_upto = 0
        self._changes: int | None = None
        self._cleared: deque[str] = deque()

    def find(self, wanted: Callable[[Exchange], bool], *, after: int = 0, limit: int | None = None) -> list[Exchange]:
        """See `Journal`."""
        self._read()
        return super().find(wanted, after=after, limit=limit)

    def dropped(self, scope: str | None) -> int:
        """See `Journal`."""
        self._read()
        return super().dropped(scope)

    def clear(self, scope: str) -> None:
        """See `Journal`."""
        self._read()
        for entry in self._ended:
            if entry.scope == scope:
                self._forgotten(entry)
        before = self._number()
        self._store.put(_EXCHANGE, _EVERYWHERE, f"cleared/{before}", orjson.dumps([scope, before]))
        self._read()

    def _number(self) -> int:
        """Numbers are given by the store."""
        while True:
            found = self._store.get(_NUMBER, _EVERYWHERE, _NUMBER)
            number, version = (1, 0) if found is None else (int(found.value) + 1, found.version)
            if self._store.put(_NUMBER, _EVERYWHERE, _NUMBER, b"%d" % number, expect=version) is not None:
                return number

    def _keep(self, exchange: Exchange) -> None:
        self._store.put(_EXCHANGE, _EVERYWHERE, str(exchange.sequence), dump(exchange))
        self._read()

    def slept(self, scope: str, seconds: float) -> None:
        """See `Journal`. A record of its own: those who have read the exchange will not read it again."""
        self._read()
        last = self._last(scope)
        if last is None:
            return
        value, number = orjson.dumps([last.sequence, seconds]), len(last.slept)
        while self._store.put(_EXCHANGE, _EVERYWHERE, _slept(last, number), value, expect=0) is None:
            number += 1
        self._read()

    def _forgotten(self, exchange: Exchange) -> None:
        self._store.take(_EXCHANGE, _EVERYWHERE, str(exchange.sequence))
        for number in range(len(exchange.slept)):
            self._store.take(_EXCHANGE, _EVERYWHERE, _slept(exchange, number))

    def _read(self) -> None:
        """Take in what any process has put into the store since the last time."""
        changes = self._store.changes()
        if changes == self._changes:
            return
        self._changes = changes
        while records := self._store.scan(_EXCHANGE, _EVERYWHERE, after=self._read_upto, limit=_PAGE):
            for record in records:
                self._read_upto = record.sequence
                self._apply(record)

    def _apply(self, record: Record) -> None:
        if record.key.startswith("slept/"):
            sequence, seconds = orjson.loads(record.value)
            for entry in self._ended:
                if entry.sequence == sequence:
                    entry.slept = (*entry.slept, seconds)
            return
        if not record.key.startswith("cleared/"):
            super()._keep(load(record.value))
            return
        self._forget(*orjson.loads(record.value))
        self._cleared.append(record.key)
        if len(self._cleared) > _MOST_CLEARED:
            self._store.take(_EXCHANGE, _EVERYWHERE, self._cleared.popleft())


def _slept(exchange: Exchange, number: int) -> str:
    return f"slept/{exchange.sequence}/{number}"
