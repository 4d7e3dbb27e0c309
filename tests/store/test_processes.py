"""Several processes share one state file."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from claudemock.store.sqlite import SqliteStore
from tests.meta.sources import ROOT
from tests.store.child import TOGETHER


def start(program: str, path: Path) -> "subprocess.Popen[str]":
    """One of the child programs."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "tests.store.child", program, str(path)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def run(program: str, path: Path, number: int) -> list[list[str]]:
    """What so many processes say, each by itself."""
    processes = [start(program, path) for _ in range(number)]
    said = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * number
    return said


def test_four_processes_take_each_record_once(tmp_path: Path) -> None:
    """A script's replies go to one request each, whichever worker it comes to."""
    store = SqliteStore(tmp_path / "state.db")
    with store.transaction():
        for n in range(1_000):
            store.put("reply", "scope", f"{n}", b"")
    store.close()
    taken = [[int(key) for key in said] for said in run("take", tmp_path / "state.db", TOGETHER)]
    assert sorted(key for keys in taken for key in keys) == list(range(1_000))
    assert [keys for keys in taken if keys != sorted(keys)] == []


def test_four_processes_count_together(tmp_path: Path) -> None:
    """No update is lost, by compare-and-set or in transactions."""
    run("count", tmp_path / "state.db", TOGETHER)
    store = SqliteStore(tmp_path / "state.db")
    numbers = {record.key: (record.value, record.version) for record in store.scan("number", "scope")}
    store.close()
    assert numbers == {"set": (b"1000", 1000), "step": (b"1000", 1000)}


def test_a_forked_process_touches_nothing(tmp_path: Path) -> None:
    """It is refused, takes no part in the parent's transaction, and leaves the parent's temporary folder alone."""
    assert run("fork", tmp_path / "state.db", 1) == [[*["refused"] * 3, "0", "parent", "True"]]
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    """One makes the schema, the others find it, all can write."""
    assert run("together", tmp_path, 1) == [["0", "6"] * 30]
