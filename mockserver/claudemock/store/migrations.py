"""The schema of a state file: numbered SQL files, each applied once, in order, by whoever opens the file first."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple


class Migration(NamedTuple):
    """One step: what brings a file of version `number` - 1 to version `number`."""

    number: int
    sql: str


class NewerSchemaError(Exception):
    """The file's version is beyond the last migration known; the only argument is that version."""


def shipped_migrations() -> Sequence[Migration]:
    """The files `schema/0001_….sql`, … in order."""
    paths = sorted((Path(__file__).parent / "schema").glob("*.sql"))
    return [Migration(int(path.name.partition("_")[0]), path.read_text(encoding="utf-8")) for path in paths]


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Bring the file to the last migration's version, which it keeps as `PRAGMA user_version`.

    All in one exclusive transaction, so of several processes that start together one does the work and the others find
    it done; a step that fails leaves the file as it was. Raises `NewerSchemaError`.
    """
    latest = migrations[-1].number
    if _version(connection) == latest:
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        version = _version(connection)
        if version > latest:
            raise NewerSchemaError(version)
        for migration in migrations[version:]:
            for statement in _statements(migration.sql):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {latest}")
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(sql: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would end the transaction."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
