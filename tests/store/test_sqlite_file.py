"""A state file that cannot be used says so in one sentence; one from before is brought up to date."""

import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from claudemock.store.base import StoreError
from claudemock.store.migrations import Migration, NewerSchemaError, migrate, shipped_migrations
from claudemock.store.sqlite import SqliteStore

LATEST = shipped_migrations()[-1].number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the state file of a test lies."""
    return tmp_path / "state.db"


def put(store: SqliteStore, number: int, value: bytes) -> None:
    """So many records in one transaction."""
    with store.transaction():
        for n in range(number):
            store.put("kind", "scope", f"key-{n}", value)


def fill(path: Path, number: int = 1) -> None:
    """A state file with records in it."""
    with closing(SqliteStore(path)) as store:
        put(store, number, b"value")


@contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """The bare file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def refusal(path: Path) -> str:
    """What opening the file says, without its path."""
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    message = str(caught.value)
    assert message.startswith(f"the state file {path} ")
    assert "\n" not in message
    return message.removeprefix(f"the state file {path} ")


def test_state_is_found_again(path: Path) -> None:
    """All of it, from another folder too, and the log is put into the file."""
    fill(path, 3)
    with closing(SqliteStore(path)) as store:
        assert [record[:3] for record in store.scan("kind", "scope")] == [(f"key-{n}", b"value", 1) for n in range(3)]
    assert [file.name for file in path.parent.iterdir()] == ["state.db"]


def test_only_the_owner_may_read_it(path: Path) -> None:
    """Requests may be private; the log beside the file is no more open than the file."""
    with closing(SqliteStore(path)):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}


def test_no_database(path: Path) -> None:
    """Any other file stays as it is."""
    path.write_text("{}\n" * 1_000)
    assert refusal(path) == "is not a SQLite database: move it away or name another file"
    assert path.read_text() == "{}\n" * 1_000


def test_a_folder(tmp_path: Path) -> None:
    """The commonest slip."""
    assert refusal(tmp_path) == "is a folder: name a file in it"


def test_a_missing_folder(tmp_path: Path) -> None:
    """Folders are not made up from a mistyped path."""
    assert refusal(tmp_path / "missing" / "state.db") == "cannot be made, its folder is missing: make it first"


def test_somebody_elses_database(path: Path) -> None:
    """No table of ours goes in there, and its mode of journal stays."""
    with connected(path) as connection:
        connection.execute("CREATE TABLE invoice (id)")
    before = path.read_bytes()
    assert refusal(path) == "belongs to another program: name another file"
    assert path.read_bytes() == before


def test_a_newer_file(path: Path) -> None:
    """An older claudemock would break what it does not know."""
    fill(path)
    with connected(path) as connection:
        connection.execute(f"PRAGMA user_version = {LATEST + 3}")
    assert refusal(path) == (
        f"has schema {LATEST + 3}, made by a newer claudemock: update claudemock or name another file"
    )


@contextmanager
def unprivileged() -> Iterator[None]:
    """Not as root, who may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_unwritable_place() -> None:
    """Neither a new file in a folder that may only be read, nor an old one that may only be read."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to the unprivileged user
        path = Path(name) / "state.db"
        path.parent.chmod(0o555)
        with unprivileged():
            assert refusal(path) == "cannot be made (Permission denied): name a place this user may write to"
        path.parent.chmod(0o777)
        fill(path)
        path.chmod(0o444)
        with unprivileged():
            assert refusal(path) == "cannot be written: allow it to this user or name another file"


def test_a_damaged_file(path: Path) -> None:
    """Whichever page is overwritten, a store says so or reads what is left; it never answers nonsense."""
    fill(path, 2_000)
    whole = path.read_bytes()
    refusals = []
    for page in range(1, len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        try:
            with closing(SqliteStore(path)) as store:
                found = [record.key for record in store.scan("kind", "scope")]
                assert set(found) <= {f"key-{n}" for n in range(2_000)}
        except StoreError as error:
            refusals.append(str(error).removeprefix(f"the state file {path} "))
    assert len(refusals) > 3
    assert set(refusals) == {"is damaged: move it away to start afresh, or put back a copy"}


def test_a_damaged_head(path: Path) -> None:
    """The first bytes say what a file is."""
    fill(path)
    path.write_bytes(b"\xa5" * 100 + path.read_bytes()[100:])
    assert refusal(path) == "is not a SQLite database: move it away or name another file"


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """A disk that is nearly full, as far as this process can tell."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk(path: Path) -> None:
    """What does not fit is undone as a whole, and the store goes on once there is room."""
    with closing(SqliteStore(path)) as store:
        store.put("kind", "scope", "before", b"")
        full = r"cannot grow, the disk is full|cannot be read or written: check the disk"
        with no_file_larger_than(1 << 20), pytest.raises(StoreError, match=full):
            put(store, 1_000, b"x" * 10_000)
        assert [record.key for record in store.scan("kind", "scope")] == ["before"]
        with store.transaction():
            store.put("kind", "scope", "after", b"")
        assert store.count("kind", "scope") == 2


def test_only_who_uses_sqlite_loads_it() -> None:
    """The default server keeps its state in memory, and starts without the driver."""
    program = "import sys, claudemock.app, claudemock.store.memory, claudemock.store.held, claudemock.store.blobs\n"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program + "assert 'sqlite3' not in sys.modules"], env=environment, check=True)


def test_a_closed_store_is_an_error_of_its_own(path: Path) -> None:
    """Late traffic after the end gets a sentence, not a driver's exception."""
    store = SqliteStore(path)
    store.close()
    with pytest.raises(StoreError, match="cannot be used: Cannot operate on a closed database"):
        store.get("kind", "scope", "key")


def test_migrations_are_numbered_without_gaps() -> None:
    """A file's version is the number of steps it has taken."""
    assert [migration.number for migration in shipped_migrations()] == list(range(1, LATEST + 1))


ADD = Migration(LATEST + 1, "ALTER TABLE record ADD note TEXT;\nUPDATE record SET note = key;\n")
TRIGGER = Migration(
    LATEST + 2,
    "-- several; semicolons\nCREATE TRIGGER t AFTER DELETE ON record\nBEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\n"
    "DELETE FROM record WHERE key = 'key-0'",
)
BROKEN = Migration(LATEST + 2, "DELETE FROM record;\nUPDATE missing SET a = 1;\n")


def test_a_file_is_brought_up_to_date_step_by_step(path: Path) -> None:
    """Each step once, in order, records kept."""
    fill(path, 3)
    with connected(path) as connection:
        for _ in range(2):
            migrate(connection, [*shipped_migrations(), ADD, TRIGGER])
            assert connection.execute("SELECT key, note FROM record").fetchall() == [(k, k) for k in ("key-1", "key-2")]
            assert connection.execute("PRAGMA user_version").fetchone() == (LATEST + 2,)
        with pytest.raises(NewerSchemaError):
            migrate(connection, shipped_migrations())


def test_a_step_that_fails_leaves_the_file_as_it_was(path: Path) -> None:
    """Also the steps before it: no half-migrated file."""
    fill(path, 3)
    with connected(path) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, [*shipped_migrations(), ADD, BROKEN])
        assert connection.execute("PRAGMA user_version").fetchone() == (LATEST,)
    with closing(SqliteStore(path)) as store:
        assert store.count("kind", "scope") == 3
