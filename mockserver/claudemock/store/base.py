"""Where state is kept: one small protocol that every back end keeps to alike.

A record belongs to a kind (what it is: `file`, `batch`, …) and a scope (whose it is), and has a key that is unique
among both. Values are bytes; who puts them says what they mean.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol


class StoreError(RuntimeError):
    """State cannot be kept or read. The message is one sentence: where, what, and how to put it right.

    `busy`: for the moment only, because another process holds it.
    """

    busy = False


class Record(NamedTuple):
    """One value. `version` is 1 when it is first put and grows by one with each further put.

    `sequence` orders records by their first put: it grows over the whole store, a later put keeps it, and it is never
    given twice.
    """

    key: str
    value: bytes
    version: int
    sequence: int


class Store(Protocol):
    """Six verbs: put, get, take, scan, count, clear. Each is atomic, also between processes that share the store.

    Verbs within one `transaction` happen together or not at all. Nothing may be awaited inside one, and a store is used
    from one thread at a time. Every method raises `StoreError` when the back end fails.
    """

    def put(self, kind: str, scope: str, key: str, value: bytes, *, expect: int | None = None) -> int | None:
        """Keep `value`; returns its version.

        `expect` is the version that must be there (0: the key must be free); None is returned, and nothing is put, if
        it is not.
        """

    def get(self, kind: str, scope: str, key: str) -> Record | None:
        """The record, or None."""

    def take(self, kind: str, scope: str, key: str | None = None) -> Record | None:
        """Remove and return the record `key`, or the oldest of its kind; None if there is none.

        No two takers get the same record.
        """

    def scan(
        self, kind: str, scope: str, *, after: int = 0, limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Record]:
        """Records by sequence, those beyond `after` in the direction of the scan (0: from its beginning).

        At most `limit` of them, which may not be negative. What is returned is held in memory: `every` walks through
        many in pages.
        """

    def count(self, kind: str, scope: str) -> int:
        """How many records there are. It may take time in proportion to them (SQLite: some 15 million a second)."""

    def clear(self, scope: str, kind: str | None = None) -> None:
        """Remove all records of a scope, or those of one kind in it."""

    def changes(self) -> int:
        """A number that differs from the one before if this or another process may have written meanwhile.

        Cheap enough to ask before trusting what was remembered of the store (SQLite: 2 µs). It says nothing else: it
        may also differ when nothing was written, and need not grow.
        """

    def transaction(self) -> AbstractContextManager[None]:
        """What happens inside is one step for everyone else; an exception undoes it.

        Transactions do not nest: `RuntimeError`.
        """

    def together(self) -> AbstractContextManager[None]:
        """As `transaction`; inside one it is a part of that, and an exception that leaves both undoes both."""

    def close(self) -> None:
        """Give back what the store holds open. It is not used afterwards."""


def every(store: Store, kind: str, scope: str, *, page: int = 256) -> Iterator[Record]:
    """All records by sequence, of which only a page is in memory. Those put meanwhile are seen too."""
    after = 0
    while records := store.scan(kind, scope, after=after, limit=page):
        yield from records
        after = records[-1].sequence


def count_up(store: Store, kind: str, scope: str, key: str) -> int:
    """How often this was called for the record `key`, this time included: no two callers get the same number."""
    version = store.put(kind, scope, key, b"")
    assert version is not None  # noqa: S101 - only a put with `expect` may come to nothing
    return version
