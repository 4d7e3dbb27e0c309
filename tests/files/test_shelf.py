"""The shelf of files on every back end: one program agrees with a plain list, and a killed process loses nothing."""

import random
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from claudemock.files.record import StoredFile
from claudemock.files.shelf import FileShelf, KnownBlobs, UnknownFileError, Upload
from claudemock.store.base import Store
from claudemock.store.blobs import Blobs
from claudemock.store.memory import MemoryStore
from claudemock.store.sqlite import SqliteStore
from tests.meta.serving import checkout_environment
from tests.meta.sources import ROOT

HOUR, MONTH = 3600, 30 * 86_400
WORKSPACES = ("default", "blue")
EVER = 10**12
MANY = 1000


def shelf(store: Store, blobs: Blobs, scope: str = "s") -> FileShelf:
    """A shelf with room for anything."""
    return FileShelf(store, blobs, scope, seed=b"seed", quota=EVER)


@dataclass
class Entry:
    """What the model knows of one file."""

    id: str
    workspace: str
    content: bytes
    gone_at: float
    removed: bool = False


class Agreement(RuleBasedStateMachine):
    """Files come, expire, are listed and removed, in two workspaces.

    The back ends take part at once; SQLite is opened twice, as by two processes, and asked in turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        place = Path(self.folder.name)
        self.stores: list[Store] = [MemoryStore(), *(SqliteStore(place / "s.db") for _ in range(2))]
        self.blobs = [Blobs.temporary(), *(Blobs(place / "s.files") for _ in range(2))]
        memory, *sqlite = map(shelf, self.stores, self.blobs)
        self.memory, self.sqlite = memory, cycle(sqlite)
        self.entries: list[Entry] = []
        self.now = 1_800_000_000.0

    def teardown(self) -> None:
        """Close everything; nothing but known contents is on disk."""
        kept = {entry.id for entry in self.entries if not entry.removed}
        for blobs, store in zip(self.blobs[1:], self.stores[1:], strict=True):
            assert all(name in KnownBlobs(store) for name in self._on_disk() - kept)
            blobs.close()
            store.close()
        self.blobs[0].close()
        self.folder.cleanup()

    def _on_disk(self) -> set[str]:
        return {path.name for path in (Path(self.folder.name) / "s.files").iterdir()}

    def both(self) -> tuple[FileShelf, FileShelf]:
        """The shelf in memory and one of those on SQLite."""
        return self.memory, next(self.sqlite)

    def listed(self, workspace: str) -> list[Entry]:
        """What a workspace should see, newest first."""
        return [
            entry
            for entry in reversed(self.entries)
            if entry.workspace == workspace and not entry.removed and self.now < entry.gone_at
        ]

    def alive(self, number: int) -> Entry | None:
        """Some file that is still there."""
        there = [entry for workspace in WORKSPACES for entry in self.listed(workspace)]
        return there[number % len(there)] if there else None

    @initialize()
    def begin(self) -> None:
        """Nothing is there yet."""
        for each in self.both():
            assert each.newest_first("default", self.now, after=None, limit=MANY) == []

    @rule(
        workspace=st.sampled_from(WORKSPACES),
        name=st.sampled_from(["a.txt", "b.txt"]),
        content=st.sampled_from([b"", b"one", b"two" * 1000]),
        lifetime=st.sampled_from([None, HOUR, 5 * HOUR]),
    )
    def upload(self, workspace: str, name: str, content: bytes, lifetime: int | None) -> None:
        """The same file gets the same id everywhere, and one it never had before."""
        made = [each.add(content, Upload(workspace, name, "text/plain", lifetime), self.now) for each in self.both()]
        assert made[0] == made[1]
        assert made[0].id not in {entry.id for entry in self.entries}
        ends = EVER if lifetime is None else self.now + lifetime + MONTH
        self.entries.append(Entry(made[0].id, workspace, content, ends))

    @rule(number=st.integers(0, 50), workspace=st.sampled_from(WORKSPACES))
    def look(self, number: int, workspace: str) -> None:
        """A file is seen in its workspace, with its content."""
        entry = self.entries[number % len(self.entries)] if self.entries else None
        if entry is None:
            return
        there = entry in self.listed(workspace)
        for each in self.both():
            found = each.get(workspace, entry.id, self.now)
            assert (found is not None) is there
            if found is not None:
                with each.open(found) as content:
                    assert content.read() == entry.content

    @rule(number=st.integers(0, 50))
    def remove(self, number: int) -> None:
        """A removed file is gone, and cannot be removed once more."""
        entry = self.alive(number)
        if entry is None:
            return
        entry.removed = True
        for each in self.both():
            found = each.get(entry.workspace, entry.id, self.now)
            assert found is not None
            assert each.remove(found)
            assert not each.remove(found)

    @rule(hours=st.sampled_from([1, 5, 30 * 24]))
    def advance(self, hours: int) -> None:
        """Time passes."""
        self.now += hours * HOUR

    @rule(number=st.integers(0, 50), workspace=st.sampled_from(WORKSPACES), limit=st.integers(1, 4))
    def page(self, number: int, workspace: str, limit: int) -> None:
        """A page behind any file that ever was, and one before it."""
        own = [entry for entry in self.entries if entry.workspace == workspace]
        cursor = own[number % len(own)] if own and number else None
        at = 0 if cursor is None else self.entries.index(cursor)
        seen = self.listed(workspace)
        older = [entry.id for entry in seen if cursor is None or self.entries.index(entry) < at][:limit]
        newer = [entry.id for entry in seen if cursor is not None and self.entries.index(entry) > at][-limit:]
        for each in self.both():
            after = None if cursor is None else cursor.id
            assert ids(each.newest_first(workspace, self.now, after=after, limit=limit)) == older
            if after is not None:
                assert ids(each.newer(workspace, self.now, than=after, limit=limit)) == newer

    @rule(number=st.integers(0, 50), workspace=st.sampled_from(WORKSPACES))
    def page_behind_somebody_elses(self, number: int, workspace: str) -> None:
        """No cursor leads out of the workspace."""
        foreign = [entry for entry in self.entries if entry.workspace != workspace]
        after = foreign[number % len(foreign)].id if foreign else "file_nope"
        for each in self.both():
            with pytest.raises(UnknownFileError):
                each.newest_first(workspace, self.now, after=after, limit=1)

    @rule()
    def clear(self) -> None:
        """Nothing is left, on disk neither, and ids begin anew."""
        for each in self.both():
            each.clear()
        self.entries.clear()
        assert self._on_disk() == set()


def ids(files: list[StoredFile]) -> list[str]:
    """Their ids."""
    return [file.id for file in files]


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_scopes_share_nothing() -> None:
    """Clearing one scope leaves the files of another."""
    store, blobs = MemoryStore(), Blobs.temporary()
    one, two = shelf(store, blobs, "one"), shelf(store, blobs, "two")
    upload = Upload("default", "a.txt", "text/plain")
    kept = two.add(b"x", upload, 0)
    one.add(b"x", upload, 0)
    one.clear()
    assert two.get("default", kept.id, 0) == kept
    assert one.get("default", kept.id, 0) is None
    blobs.close()


CHILD = """
import sys
from pathlib import Path
from claudemock.files.shelf import FileShelf, Upload
from claudemock.store.blobs import Blobs
from claudemock.store.sqlite import SqliteStore

place = Path(sys.argv[1])
files = FileShelf(SqliteStore(place / "s.db"), Blobs(place / "s.files"), "s", seed=b"", quota=10**12)
held = []
for number in range(10_000):
    content = b"%d " % number * 3000
    with files.receive() as incoming:
        for at in range(0, len(content), 4096):
            incoming.write(content[at:at + 4096])
        file = files.keep(incoming, Upload("default", f"{number}.txt", "text/plain"), 0.0)
    print("kept", number, file.id, flush=True)
    if number % 3 == 2:
        files.remove(held[-1])
        print("removed", number - 1, held.pop().id, flush=True)
    held.append(file)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that outlives several killed processes."""
    return tmp_path_factory.mktemp("killed")


@pytest.mark.parametrize("seed", range(8))
def test_a_killed_process_loses_no_file(place: Path, seed: int) -> None:
    """What was acknowledged is there, whole; what was removed is not; half an upload vanishes when it is swept."""
    after = random.Random(seed).randrange(1, 60)
    folder = place / str(seed)
    folder.mkdir()
    command = [sys.executable, "-c", CHILD, str(folder)]
    kept: dict[str, int] = {}
    removed: set[str] = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=checkout_environment(), cwd=ROOT) as child:
        assert child.stdout is not None
        for lines, line in enumerate(child.stdout, 1):
            what, number, name = line.split()
            if what == "kept":
                kept[name] = int(number)
            else:
                removed.add(name)
            if lines == after:
                child.send_signal(signal.SIGKILL)
    store, blobs = SqliteStore(folder / "s.db"), Blobs(folder / "s.files")
    blobs.sweep(KnownBlobs(store))
    files = shelf(store, blobs)
    for name, made in kept.items():
        found = files.get("default", name, 0)
        if name in removed:
            assert found is None
        elif found is not None:
            with files.open(found) as content:
                assert content.read() == b"%d " % made * 3000
        else:
            assert made == len(kept) - 2  # removed, and killed before it could say so
    known = {file.id for file in files.newest_first("default", 0, after=None, limit=MANY)}
    assert {path.name for path in (folder / "s.files").iterdir()} == known
    store.close()
