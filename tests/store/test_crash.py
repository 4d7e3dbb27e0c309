"""A process is killed at sixty seeded moments: what it said was done is there, whole, and nothing is half there."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

from claudemock.store.base import every
from claudemock.store.blobs import Blobs
from claudemock.store.sqlite import SqliteStore
from tests.store.child import content_of
from tests.store.test_processes import start

ROUNDS = 60


class Known:
    """The names of files that have a record."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store

    def __contains__(self, name: object) -> bool:
        return self.store.get("file", "scope", str(name)) is not None


def one_life(process: "subprocess.Popen[str]", seed: int) -> list[list[str]]:
    """Let one writer write, kill it after some line, and return what it said."""
    assert process.stdin is not None
    assert process.stdout is not None
    dice = random.Random(seed)
    process.stdin.write(f"{seed}\n")
    process.stdin.flush()
    writer = int(process.stdout.readline().split()[1])
    said = [process.stdout.readline().split() for _ in range(dice.randrange(1, 40))]
    time.sleep(dice.choice([0, 0, dice.random() / 300]))
    os.kill(writer, signal.SIGKILL)
    while (line := process.stdout.readline().split()) != ["gone"]:
        said.append(line)
    return said


def check_records(store: SqliteStore, said: list[list[str]]) -> None:
    """Every acknowledged record is there once, every record is whole, every group is there or not."""
    acknowledged = {kind: {line[1] for line in said if line[0] == kind} for kind in ("put", "group", "file")}
    kept = [record for kind in ("put", "moved") for record in every(store, kind, "scope")]
    assert [record.key for record in kept if record.value != content_of(record.key)] == []
    assert max(Counter(record.key for record in kept).values(), default=1) == 1
    assert acknowledged["put"] <= {record.key for record in kept}
    parts = Counter(record.key.rpartition("-")[0] for record in every(store, "group", "scope"))
    assert set(parts.values()) <= {100}
    assert acknowledged["group"] <= parts.keys()
    assert acknowledged["file"] <= {record.key for record in every(store, "file", "scope")}


def check_files(store: SqliteStore, blobs: Blobs, folder: Path) -> None:
    """Every file with a record is there and whole, and after a sweep there are no others."""
    blobs.sweep(Known(store))
    records = {record.key: int(record.value) for record in every(store, "file", "scope")}
    assert {path.name for path in folder.iterdir()} == records.keys()
    for name, size in records.items():
        content = blobs.path(name).read_bytes()
        assert (content, len(content)) == (content_of(name) * 20, size)


def test_nothing_acknowledged_is_lost_and_nothing_is_torn(tmp_path: Path) -> None:
    """After each kill the next process, and the test, find the same file in order."""
    said: list[list[str]] = []
    blobs = Blobs(tmp_path / "blobs")
    leftovers = 0
    with start("crash", tmp_path) as process:
        for seed in range(ROUNDS):
            lines = one_life(process, seed)
            said += lines
            store = SqliteStore(tmp_path / "state.db")
            counted = store.get("count", "scope", str(seed))
            highest = max((int(line[1]) for line in lines if line[0] == "count"), default=0)
            assert (0 if counted is None else counted.version) in (highest, highest + 1)
            check_records(store, said)
            leftovers += len(list((tmp_path / "blobs").glob(".*.part")))
            check_files(store, blobs, tmp_path / "blobs")
            store.close()
        assert process.stdin is not None
        process.stdin.close()
    assert process.returncode == 0
    assert len(said) > ROUNDS
    assert leftovers  # or no kill came at a moment that matters
