"""One journal for several processes: each ended exchange is a record, and every process reads what it has not seen."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress

import orjson

from claudemock.journal import Exchange, Journal
from claudemock.state.exchanges import dump, load
from claudemock.store.base import Record, Store, StoreError, count_up

_EVERYWHERE = ""  # the journal belongs to no scope: it drops the oldest of all
_EXCHANGE, _NUMBER = "exchange", "exchange/number"
_PAGE = 64
_UNREAD = 32  # exchanges of its own after which a process reads those of others too, and drops the oldest
_MOST_CLEARED = 10_000  # of clearings, which are records too, the latest are kept for processes that slept


class StoredJournal(Journal):
    """A journal whose ended exchanges are in a store. Those under way are known to their own process only.

    Every process holds the same exchanges, because each reads them in the order in which they were put there. It does
    so when it is asked, or has put in some of its own. What a store that fails does not take waits in memory until it
    does.
    """

    poll = 0.02

    def __init__(self, limit: int, store: Store) -> None:
        super().__init__(limit)
        self._store = store
        self._read_upto = 0
        self._changes: int | None = None
        self._cleared: deque[str] = deque()
        self._waiting: deque[Exchange] = deque()  # ended, and not in the store yet
        self._mine: dict[str, Exchange] = {}  # put there by this process, and not read yet
        self._mine_bytes = 0
        self._gone: list[str] = []  # keys of records whose exchanges were dropped

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
        with self._store.together():
            self._remove([key for entry in self._ended if entry.scope == scope for key in _keys(entry)])
            before = self._number()
            self._store.put(_EXCHANGE, _EVERYWHERE, f"cleared/{before}", orjson.dumps([scope, before]))
        self._read()

    def _number(self) -> int:
        return count_up(self._store, _NUMBER, _EVERYWHERE, _NUMBER)

    def _keep(self, exchange: Exchange) -> None:
        self._waiting.append(exchange)
        with suppress(StoreError):  # the exchange was answered all the same, and who looks for it will hear of this
            self._write()
            if self._listeners or len(self._mine) >= _UNREAD or self._mine_bytes > self._limit // 8:
                self._read()
        while self._waiting and sum(each.size for each in self._waiting) > self._limit:
            self._waiting.popleft()

    def _write(self) -> None:
        while self._waiting:
            exchange = self._waiting[0]
            key = str(exchange.sequence)
            self._store.put(_EXCHANGE, _EVERYWHERE, key, dump(exchange))
            self._waiting.popleft()
            self._mine[key] = exchange
            self._mine_bytes += exchange.size

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
        self._gone += _keys(exchange)

    def _remove(self, keys: list[str]) -> None:
        with self._store.together():
            for key in keys:
                self._store.take(_EXCHANGE, _EVERYWHERE, key)

    def _read(self) -> None:
        """Take in what any process has put into the store since the last time."""
        self._write()
        changes = self._store.changes()
        if changes == self._changes:
            return
        while records := self._store.scan(_EXCHANGE, _EVERYWHERE, after=self._read_upto, limit=_PAGE):
            for record in records:
                self._read_upto = record.sequence
                self._apply(record)
        self._mine.clear()  # what was put there and not found has been cleared by another process
        self._mine_bytes = 0
        gone, self._gone = self._gone, []
        if gone:
            self._remove(gone)
        self._changes = changes

    def _apply(self, record: Record) -> None:
        if record.key.startswith("slept/"):
            sequence, seconds = orjson.loads(record.value)
            for entry in self._ended:
                if entry.sequence == sequence:
                    entry.slept = (*entry.slept, seconds)
            return
        if not record.key.startswith("cleared/"):
            mine = self._mine.get(record.key)
            super()._keep(load(record.value) if mine is None else mine)
            return
        self._forget(*orjson.loads(record.value))
        self._cleared.append(record.key)
        if len(self._cleared) > _MOST_CLEARED:
            self._store.take(_EXCHANGE, _EVERYWHERE, self._cleared.popleft())


def _keys(exchange: Exchange) -> list[str]:
    """Of all records that an exchange has."""
    return [str(exchange.sequence), *(_slept(exchange, number) for number in range(len(exchange.slept)))]


def _slept(exchange: Exchange, number: int) -> str:
    return f"slept/{exchange.sequence}/{number}"
