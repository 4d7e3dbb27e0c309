"""Opening a state file, and saying in a sentence why one cannot be used."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from claudemock.store.base import StoreError
from claudemock.store.migrations import NewerSchemaError, migrate, shipped_migrations

_PATIENCE = 10.0  # seconds to wait for other processes' transactions; a server answers nobody meanwhile
_LOWEST_SQLITE = (3, 35, 0)  # the first with RETURNING
_WAL_KEPT = 64 << 20  # bytes the write-ahead log may keep on disk once a large transaction is over
_WAL_PAGES = 4096  # of 4 kB, after which they are put into the file: a request writes a dozen, and this waits for disks
_OURS = int.from_bytes(b"clmk", "big")  # `PRAGMA application_id` of a state file

_IDENTITY = """
SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
FROM pragma_application_id, pragma_user_version"""

_ADVICE = {
    sqlite3.SQLITE_NOTADB: "is not a SQLite database: move it away or name another file",
    sqlite3.SQLITE_CORRUPT: "is damaged: move it away to start afresh, or put back a copy",
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full: make room or name a file on another disk",
    sqlite3.SQLITE_READONLY: "cannot be written: allow it to this user or name another file",
    sqlite3.SQLITE_PERM: "cannot be written: allow it to this user or name another file",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: allow it and its folder to this user or name another file",
    sqlite3.SQLITE_BUSY: f"has been locked for over {_PATIENCE:.0f} seconds: end the process that holds it",
    sqlite3.SQLITE_IOERR: "cannot be read or written: check the disk it lies on",
}

Result = TypeVar("Result")


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the state file, in autocommit mode, its schema the newest; the file is made if there is none.

    Raises `StoreError`.
    """
    if sqlite3.sqlite_version_info < _LOWEST_SQLITE:
        raise StoreError(f"SQLite is {sqlite3.sqlite_version}, and state files need 3.35: use a newer build of Python")
    _make(path)
    try:
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise problem(path, error) from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise problem(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def problem(path: Path, error: sqlite3.Error) -> StoreError:
    """What an error of SQLite's means for the user of the state file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits tell apart causes of one failure
    failure = StoreError(f"the state file {path} {_ADVICE.get(code, f'cannot be used: {error}')}")
    failure.busy = code == sqlite3.SQLITE_BUSY
    return failure


def _make(path: Path) -> None:
    """Make an empty file that only its owner may read: SQLite's own would be open to all.

    An existing one is never opened here: closing it again would drop the locks of this process's other connections.
    """
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        if path.is_dir():
            raise StoreError(f"the state file {path} is a folder: name a file in it") from None
    except FileNotFoundError:
        raise StoreError(f"the state file {path} cannot be made, its folder is missing: make it first") from None
    except OSError as error:
        raise StoreError(
            f"the state file {path} cannot be made ({error.strerror}): name a place this user may write to"
        ) from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    application, version, tables = connection.execute(_IDENTITY).fetchone()
    if application != _OURS and (application or version or tables):
        raise StoreError(f"the state file {path} belongs to another program: name another file")
    mode = _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
    if mode != "wal":
        raise StoreError(f"the state file {path} lies where processes cannot share memory: name a file on a local disk")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    try:
        _patiently(lambda: migrate(connection, shipped_migrations()))
    except NewerSchemaError as error:
        raise StoreError(
            f"the state file {path} has schema {error.args[0]}, made by a newer claudemock: update claudemock or name"
            " another file"
        ) from None
    connection.execute("DELETE FROM shelf WHERE id = 0")  # fails now, not at the first put, if the file is read-only


def _patiently(step: Callable[[], Result]) -> Result:
    """What `step` gives once the file is not locked: SQLite does not wait by itself while the mode is changed."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return step()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)
