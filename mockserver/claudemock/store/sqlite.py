"""State in one SQLite file, shared by the processes of one machine and kept over restarts.

In WAL mode with `synchronous = NORMAL`: what a verb or a transaction has done survives the death of every process. A
power cut may lose the last moments, but tears nothing.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from claudemock.store.base import Record, StoreError
from claudemock.store.sqlite_file import open_file, problem
from claudemock.store.transaction import Transaction

_PUT = """
INSERT INTO record (shelf, key, version, value)
VALUES ((SELECT id FROM shelf WHERE scope = ? AND kind = ?), ?, 1, ?)
ON CONFLICT (shelf, key) DO UPDATE SET value = excluded.value, version = version + 1
RETURNING version"""
_PUT_NEW = """
INSERT INTO record (shelf, key, version, value)
VALUES ((SELECT id FROM shelf WHERE scope = ? AND kind = ?), ?, 1, ?)
ON CONFLICT (shelf, key) DO NOTHING
RETURNING version"""
_PUT_OVER = """
UPDATE record SET value = ?, version = version + 1
WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?) AND key = ? AND version = ?
RETURNING version"""
_NEW_SHELF = "INSERT INTO shelf (scope, kind) VALUES (?, ?) ON CONFLICT (scope, kind) DO NOTHING"
_GET = """
SELECT key, value, version, sequence FROM record
WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?) AND key = ?"""
_TAKE = """
DELETE FROM record
WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?) AND key = ?
RETURNING key, value, version, sequence"""
_TAKE_OLDEST = """
DELETE FROM record
WHERE sequence =
    (SELECT min(sequence) FROM record WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?))
RETURNING key, value, version, sequence"""
_SCAN = """
SELECT key, value, version, sequence FROM record
WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?) AND sequence > ?
ORDER BY sequence LIMIT ?"""
_SCAN_NEWEST_FIRST = """
SELECT key, value, version, sequence FROM record
WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?) AND sequence < ?
ORDER BY sequence DESC LIMIT ?"""
_COUNT = "SELECT count(*) FROM record WHERE shelf = (SELECT id FROM shelf WHERE scope = ? AND kind = ?)"
_CLEAR_SCOPE = "DELETE FROM shelf WHERE scope = ?"
_CLEAR_KIND = "DELETE FROM shelf WHERE scope = ? AND kind = ?"

_BEYOND_ALL = (1 << 63) - 1
_NO_LIMIT = -1


class SqliteStore:
    """The `Store` in the file `path`, which is made if there is none, with one connection.

    Raises `StoreError` if the file cannot be used. Fork first and open then: SQLite's locks are not inherited, but its
    memory of holding them is, so in a forked process an inherited store refuses every verb.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._connection = open_file(self.path)
        self._pid = os.getpid()

    def put(self, kind: str, scope: str, key: str, value: bytes, *, expect: int | None = None) -> int | None:
        """See `Store`."""
        if expect:
            row = self._row(_PUT_OVER, value, scope, kind, key, expect)
        else:
            statement = _PUT if expect is None else _PUT_NEW
            try:
                row = self._row(statement, scope, kind, key, value)
            except sqlite3.IntegrityError:  # the shelf is missing
                with self.together():
                    self._row(_NEW_SHELF, scope, kind)
                    row = self._row(statement, scope, kind, key, value)
        return None if row is None else int(row[0])

    def get(self, kind: str, scope: str, key: str) -> Record | None:
        """See `Store`."""
        row = self._row(_GET, scope, kind, key)
        return None if row is None else Record(*row)

    def take(self, kind: str, scope: str, key: str | None = None) -> Record | None:
        """See `Store`."""
        row = self._row(_TAKE_OLDEST, scope, kind) if key is None else self._row(_TAKE, scope, kind, key)
        return None if row is None else Record(*row)

    def scan(
        self, kind: str, scope: str, *, after: int = 0, limit: int | None = None, newest_first: bool = False
    ) -> Sequence[Record]:
        """See `Store`."""
        if limit is None:
            limit = _NO_LIMIT
        elif limit < 0:
            raise ValueError(f"limit is {limit}, and may not be negative")
        if newest_first:
            return self._records(_SCAN_NEWEST_FIRST, scope, kind, after or _BEYOND_ALL, limit)
        return self._records(_SCAN, scope, kind, after, limit)

    def count(self, kind: str, scope: str) -> int:
        """See `Store`."""
        row = self._row(_COUNT, scope, kind)
        return 0 if row is None else int(row[0])

    def clear(self, scope: str, kind: str | None = None) -> None:
        """See `Store`. A trigger of the schema removes the records."""
        if kind is None:
            self._row(_CLEAR_SCOPE, scope)
        else:
            self._row(_CLEAR_KIND, scope, kind)

    def changes(self) -> int:
        """See `Store`."""
        row = self._row("PRAGMA data_version")  # counts what others wrote, `total_changes` what this connection did
        others = 0 if row is None else int(row[0])
        return (others << 32) | (self._connection.total_changes & 0xFFFF_FFFF)

    def transaction(self) -> AbstractContextManager[None]:
        """See `Store`."""
        return Transaction(self._begin, self._end)

    def together(self) -> AbstractContextManager[None]:
        """See `Store`."""
        return nullcontext() if self._connection.in_transaction else self.transaction()

    def close(self) -> None:
        """Close the connection; the last one puts everything into the one file."""
        if self._pid == os.getpid():
            self._connection.close()

    def _own(self) -> sqlite3.Connection:
        if self._pid != os.getpid():
            raise StoreError(
                f"the state file {self.path} was opened before this process was forked: open it after the fork"
            )
        return self._connection

    def _row(self, statement: str, *values: object) -> Any:
        """The only row a statement gives, or None."""
        connection = self._own()
        try:
            return connection.execute(statement, values).fetchone()
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

    def _records(self, statement: str, *values: object) -> list[Record]:
        try:
            return [Record(*row) for row in self._own().execute(statement, values)]
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

    def _begin(self) -> None:
        connection = self._own()
        if connection.in_transaction:
            raise RuntimeError("transactions do not nest")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error

    def _end(self, undo: bool) -> None:
        if self._pid != os.getpid():
            return  # forked inside the block: the transaction is the parent's to end
        try:
            if not undo:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise problem(self.path, error) from error
        finally:
            if self._connection.in_transaction:  # some errors of SQLite's have already undone it
                self._connection.execute("ROLLBACK")
