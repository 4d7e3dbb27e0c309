"""Blobs: whole or not there, under their own names, and nothing left behind."""

import os
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudemock.store.base import StoreError
from claudemock.store.blobs import Blobs


def put(blobs: Blobs, name: str, *parts: bytes) -> None:
    """Write a whole blob."""
    with blobs.create() as writer:
        for part in parts:
            writer.write(part)
        writer.commit(name)


def content(blobs: Blobs, name: str) -> bytes:
    """Read a whole blob."""
    with blobs.open(name) as file:
        return file.read()


def names(folder: Path) -> set[str]:
    """Everything in the folder, hidden files too."""
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the blobs of a test lie."""
    return tmp_path / "blobs"


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    """Blobs in a folder of the test's own."""
    return Blobs(folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=200), max_size=6))
def test_what_is_written_is_read(blobs: Blobs, parts: list[bytes]) -> None:
    """In any pieces, over what was there before."""
    with blobs.create() as writer:
        for part in parts:
            writer.write(part)
        assert writer.size == sum(map(len, parts))
        writer.commit("file_1")
    assert content(blobs, "file_1") == b"".join(parts)
    assert blobs.size("file_1") == sum(map(len, parts))


def test_a_blob_is_not_there_before_it_is_whole(blobs: Blobs, folder: Path) -> None:
    """Neither by name nor, once it is given up, as a file."""
    with blobs.create() as writer:
        writer.write(b"half")
        assert len(names(folder)) == 1
        assert not blobs.path("file_1").exists()
    assert names(folder) == set()
    with suppress(ZeroDivisionError), blobs.create() as writer:
        raise ZeroDivisionError
    assert names(folder) == set()
    writer.discard()


def test_a_committed_blob_is_not_discarded(blobs: Blobs, folder: Path) -> None:
    """What follows the commit may fail: whoever knows the blob's name decides then."""
    with suppress(ZeroDivisionError), blobs.create() as writer:
        writer.write(b"whole")
        writer.commit("file_1")
        raise ZeroDivisionError
    assert content(blobs, "file_1") == b"whole"
    assert names(folder) == {"file_1"}


def test_a_blob_is_committed_once(blobs: Blobs) -> None:
    """One content, one name."""
    with blobs.create() as writer:
        writer.commit("file_1")
        with pytest.raises(ValueError, match="committed or discarded before"):
            writer.commit("file_2")


def test_removed_while_read(blobs: Blobs) -> None:
    """A download under way ends well."""
    put(blobs, "file_1", b"content")
    with blobs.open("file_1") as file:
        blobs.remove("file_1")
        assert file.read() == b"content"
    blobs.remove("file_1")
    with pytest.raises(FileNotFoundError):
        blobs.open("file_1")
    with pytest.raises(FileNotFoundError):
        blobs.size("file_1")


BAD_NAMES = [
    "",
    ".",
    "..",
    ".hidden",
    "../x",
    "a/b",
    "/etc/passwd",
    "a\\b",
    "a\0b",
    "a\n",
    "ä",
    "a b",
    "C:x",
    "x" * 201,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_name_leads_out_of_the_folder(blobs: Blobs, folder: Path, name: str) -> None:
    """Every way in refuses it; the upload is given up."""
    with pytest.raises(ValueError, match="no name for a blob"), blobs.create() as writer:
        writer.commit(name)
    for use in (blobs.path, blobs.open, blobs.size, blobs.remove):
        with pytest.raises(ValueError, match="no name for a blob"):
            use(name)
    assert names(folder) == set()


def test_no_link_leads_out_of_the_folder(blobs: Blobs, folder: Path, tmp_path: Path) -> None:
    """Nor does a sweep follow one."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (folder / "link").symlink_to(secret)
    with pytest.raises(OSError, match="link"):
        blobs.open("link")
    blobs.sweep(frozenset())
    assert secret.read_bytes() == b"secret"


def test_only_the_owner_may_read(blobs: Blobs, folder: Path) -> None:
    """Uploads may be private."""
    put(blobs, "file_1", b"content")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(blobs.path("file_1").stat().st_mode) == 0o600


def test_a_sweep_leaves_what_is_known_and_what_is_alive(blobs: Blobs, folder: Path) -> None:
    """An upload of this process, committed or not, is no orphan until its block ends."""
    for name in ("known", "orphan"):
        put(blobs, name, b"content")
    (folder / ".dead.part").write_bytes(b"half")
    (folder / "not a blob").write_bytes(b"somebody's")
    with blobs.create() as writer, blobs.create() as committed:
        committed.commit("unrecorded")
        Blobs(folder).sweep({"known"})
        writer.commit("uploaded")
        assert names(folder) == {"known", "unrecorded", "uploaded", "not a blob"}
    Blobs(folder).sweep({"known", "uploaded"})
    assert names(folder) == {"known", "uploaded", "not a blob"}


UPLOAD = """
import sys
from contextlib import suppress
from pathlib import Path
from claudemock.store.blobs import Blobs
with Blobs(Path(sys.argv[1])).create() as writer:
    writer.write(b"x" * 100_000)
    print("half", flush=True)
    sys.stdin.readline()
    writer.commit("theirs")
    print("committed", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("killed_at", ["half", "committed", None])
def test_a_sweep_knows_the_uploads_of_living_siblings(folder: Path, killed_at: str | None) -> None:
    """They stay while the sibling lives, and vanish with it unless somebody knows them."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", UPLOAD, str(folder)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as sibling:
        assert sibling.stdin is not None
        assert sibling.stdout is not None
        for stage in ("half", "committed"):
            assert sibling.stdout.readline() == f"{stage}\n"
            Blobs(folder).sweep(frozenset())
            assert len(names(folder)) == 1
            if stage == killed_at:
                sibling.kill()
                break
            sibling.stdin.write("\n")
            sibling.stdin.flush()
    if killed_at is None:
        assert names(folder) == {"theirs"}
    Blobs(folder).sweep(frozenset())
    assert names(folder) == set()


def test_temporary_blobs_go_with_their_owner() -> None:
    """No folder before the first use, none after close."""
    blobs = Blobs.temporary()
    blobs.sweep(frozenset())
    blobs.close()
    put(blobs, "file_1", b"content")
    folder = blobs.path("file_1").parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert content(blobs, "file_1") == b"content"
    blobs.close()
    assert not folder.exists()
    blobs.close()


EXIT = """
from claudemock.store.blobs import Blobs
blobs = Blobs.temporary()
with blobs.create() as writer:
    writer.commit("file_1")
print(blobs.path("file_1").parent)
"""


def test_temporary_blobs_go_at_exit() -> None:
    """A script that ends without closing leaves nothing in the temporary folder."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", EXIT], env=environment, capture_output=True, text=True, check=True)
    folder = Path(run.stdout.strip())
    assert folder.name.startswith("claudemock-")
    assert not folder.exists()


KILLED = """
import os, signal, sys
from claudemock.store.blobs import Blobs
blobs = Blobs.temporary()
with blobs.create() as writer:
    writer.commit("file_1")
print(blobs.path("file_1").parent, flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_temporary_folder_of_a_killed_server_goes_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as its owner lives it stays; folders of other programs, and what links lead to, stay anyhow."""
    others = [tmp_path / name for name in ("claudemock-clients", "tmp1", "elsewhere")]
    for folder in others:
        folder.mkdir()
    (tmp_path / "claudemock-files-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "claudemock-files-note").touch()
    kept = names(tmp_path)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", KILLED]
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as sibling:
        assert sibling.stdin is not None
        assert sibling.stdout is not None
        theirs = Path(sibling.stdout.readline().strip())
        first, second = Blobs.temporary(), Blobs.temporary()
        for blobs in (first, second):
            put(blobs, "mine", b"content")
        assert theirs.joinpath("file_1").exists()
        sibling.stdin.write("\n")
        sibling.stdin.flush()
        sibling.wait()
    assert theirs.exists()
    third = Blobs.temporary()
    put(third, "mine", b"content")
    assert not theirs.exists()
    for blobs in (first, second, third):
        assert content(blobs, "mine") == b"content"
        blobs.close()
    assert names(tmp_path) == kept


def test_where_open_files_are_not_renamed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows: a content is closed before it gets its name, and orphans are removed once they are closed."""
    monkeypatch.setattr("claudemock.store.blobs._WINDOWS", True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rename = Path.replace

    def replace(path: Path, target: Path) -> Path:
        assert str(path) not in [os.path.realpath(each) for each in Path("/dev/fd").iterdir()]
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    for blobs in (Blobs(folder), Blobs.temporary()):
        for name in ("known", "orphan"):
            put(blobs, name, b"content")
        with blobs.create() as writer:
            writer.write(b"given up")
        blobs.sweep({"known"})
        assert content(blobs, "known") == b"content"
        assert not blobs.path("orphan").exists()
        blobs.close()
    assert names(folder) == {"known"}
    assert names(tmp_path) == {"blobs"}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """One sentence: where, what, how to put it right."""
    (tmp_path / "file").touch()
    with pytest.raises(
        StoreError, match=r"the folder .*file.* for uploaded files cannot be made \(File exists\): name"
    ):
        Blobs(tmp_path / "file")
    with pytest.raises(StoreError, match="No such file or directory"):
        Blobs(tmp_path / "missing" / "blobs")


def test_nothing_stays_open(blobs: Blobs) -> None:
    """A thousand uploads, kept or given up, cost no descriptor."""
    before = len(list(Path("/dev/fd").iterdir()))
    for n in range(1_000):
        with blobs.create() as writer:
            if n % 100 == 0:
                writer.commit(f"file_{n}")
    blobs.sweep(frozenset())
    assert len(list(Path("/dev/fd").iterdir())) == before
