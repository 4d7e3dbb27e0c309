"""Programs that the tests run in processes of their own: `python -m tests.store.child PROGRAM PATH`."""

import os
import random
import sqlite3
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path

from claudemock.store.base import StoreError
from claudemock.store.blobs import Blobs
from claudemock.store.sqlite import SqliteStore

TOGETHER = 4  # processes that take or count at the same time


def say(*words: object) -> None:
    """One line in one write, which a kill cannot tear."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def content_of(name: str) -> bytes:
    """What is kept under a name: it says itself whether it is whole."""
    return name.encode() * (zlib.crc32(name.encode()) % 400 + 1)


def meet(store: SqliteStore) -> None:
    """Wait until all processes are here."""
    store.put("ready", "", str(os.getpid()), b"")
    while store.count("ready", "") < TOGETHER:
        time.sleep(0.002)


def take(path: Path) -> None:
    """Take records until there are none, and say which."""
    store = SqliteStore(path)
    meet(store)
    while (record := store.take("reply", "scope")) is not None:
        say(record.key)
    store.close()


def count(path: Path) -> None:
    """Add one to a number 250 times: by compare-and-set, and to another in transactions."""
    store = SqliteStore(path)
    meet(store)
    for _ in range(250):
        done = None
        while done is None:
            before = store.get("number", "scope", "set")
            version, number = (0, 0) if before is None else (before.version, int(before.value))
            done = store.put("number", "scope", "set", b"%d" % (number + 1), expect=version)
        with store.transaction():
            before = store.get("number", "scope", "step")
            store.put("number", "scope", "step", b"%d" % (1 if before is None else int(before.value) + 1))
    store.close()


def fork(path: Path) -> None:
    """Fork with a store open and a transaction under way; both sides leave its block and end as interpreters do."""
    store, blobs = SqliteStore(path), Blobs.temporary()
    with blobs.create() as writer:
        writer.commit("shared")
    with store.transaction():
        store.put("kind", "scope", "parent", b"")
        child = os.fork()
        if child == 0:
            for verb in (lambda: store.get("kind", "scope", "parent"), store.transaction().__enter__, store.changes):
                try:
                    verb()
                except StoreError as error:
                    say("refused" if "opened before this process was forked" in str(error) else error)
        else:
            time.sleep(0.1)
            with closing(sqlite3.connect(path)) as reader:
                say(reader.execute("SELECT count(*) FROM record").fetchone()[0])
    if child:
        os.waitpid(child, 0)
        say(*(record.key for record in store.scan("kind", "scope")), blobs.path("shared").exists())
    store.close()


def together(folder: Path) -> None:
    """Thirty times, six processes open a new file at the same instant and put a record."""
    for attempt in range(30):
        path, instant = folder / f"{attempt}.db", time.monotonic() + 0.01
        processes = [process for number in range(6) if (process := open_and_put(path, instant, number))]
        failed = [process for process in processes if os.waitpid(process, 0)[1]]
        store = SqliteStore(path)
        say(len(failed), store.count("kind", "scope"))
        store.close()


def open_and_put(path: Path, instant: float, number: int) -> int:
    """Fork a process that does it, and return its id."""
    process = os.fork()
    if process == 0:
        while time.monotonic() < instant:
            pass
        store = SqliteStore(path)
        store.put("kind", "scope", f"{number}", b"")
        store.close()
        sys.exit()
    return process


def crash(folder: Path) -> None:
    """For each seed read, a process that writes until it is killed; `gone` is said when it was."""
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            say("pid", os.getpid())
            write_on(folder, line.strip())
        os.waitpid(process, 0)
        say("gone")


def write_on(folder: Path, seed: str) -> None:
    """Write for ever, and say what is done, after it is done, or what has begun."""
    dice = random.Random(seed)
    store, blobs = SqliteStore(folder / "state.db"), Blobs(folder / "blobs")
    number = 0
    while True:
        number += 1
        name = f"{seed}-{number}"
        match dice.choice(["put", "count", "group", "move", "file"]):
            case "put":
                store.put("put", "scope", name, content_of(name))
                say("put", name)
            case "count":
                say("count", store.put("count", "scope", seed, b""))
            case "group":
                with store.transaction():
                    for n in range(100):
                        store.put("group", "scope", f"{name}-{n}", content_of(name))
                        if n == 50:
                            say("inside")
                say("group", name)
            case "move":
                with store.transaction():
                    record = store.take("put", "scope")
                    if record is not None:
                        store.put("moved", "scope", record.key, record.value)
            case _:
                with blobs.create() as writer:
                    for _ in range(20):
                        writer.write(content_of(name))
                    say("inside")
                    writer.commit(name)
                    say("inside")
                    store.put("file", "scope", name, b"%d" % writer.size)
                say("file", name)


PROGRAMS = {program.__name__: program for program in (take, count, fork, together, crash)}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](Path(sys.argv[2]))
