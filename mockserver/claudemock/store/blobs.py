"""Contents of uploaded files, one file each, in a folder of their own.

A blob comes into being whole or not at all: it is written under a hidden name and then renamed. Its writer holds a lock
on it until the end of the `with` block, by which a process that sweeps the folder sees that the upload is alive; the
kernel lets go of the lock when a process dies. (A process id in the name would not do: in containers the next server
often has the same one.) In the same way a server holds a lock on its temporary folder, so that the next one that makes
such a folder knows those of killed servers.

Windows has no such locks, but neither renames nor removes a file that is open: contents are closed before they are
named, a sweep leaves what cannot be removed, and temporary folders of killed servers stay.
"""

import contextlib
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable, Container
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from claudemock.store.base import StoreError

_WINDOWS = sys.platform == "win32"
if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")
_PART_PREFIX, _PART_SUFFIX = ".", ".part"
_FOLDER_PREFIX = "claudemock-files-"
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER_FLAGS = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_DIRECTORY", 0)


class Blobs:
    """The blobs in `folder`, which is made if it is missing and belongs to them alone; None: a temporary one.

    Raises `StoreError` if it cannot be made. A blob's name is 1-200 letters, digits, `_`, `-` and `.`, with no `.`
    first; any other is a `ValueError`.
    """

    def __init__(self, folder: Path | None) -> None:
        self._durable = folder is not None
        self._folder = None if folder is None else folder.absolute()
        self._remove_folder: Callable[[], object] | None = None
        if self._folder is not None:
            _make(self._folder)

    @classmethod
    def temporary(cls) -> Self:
        """Blobs in a temporary folder, made on first use and removed at `close` or when the interpreter exits.

        Who is killed leaves it to the next that makes one.
        """
        return cls(None)

    def create(self) -> "BlobWriter":
        """A new blob to write: `with blobs.create() as writer:`."""
        return BlobWriter(self._made_folder(), durable=self._durable)

    def path(self, name: str) -> Path:
        """Where the blob lies, or would lie."""
        return self._made_folder() / _checked(name)

    def open(self, name: str) -> BinaryIO:
        """The content, to read; it stays readable if the blob is removed meanwhile. Raises `FileNotFoundError`."""
        return open(self.path(name), "rb", opener=_open_no_link)

    def size(self, name: str) -> int:
        """Bytes. Raises `FileNotFoundError`."""
        return self.path(name).lstat().st_size

    def remove(self, name: str) -> None:
        """Remove the blob if it is there."""
        self.path(name).unlink(missing_ok=True)

    def sweep(self, known: Container[str]) -> None:
        """Remove what dead processes left behind: unfinished uploads, and blobs whose names are not in `known`.

        Uploads of living processes are left alone, also committed ones until the end of their `with` block. `known` is
        asked about a blob only after that, so it should look into the store each time.
        """
        if self._folder is None:
            return
        for path in list(self._folder.iterdir()):
            if path.name.startswith(_PART_PREFIX) and path.name.endswith(_PART_SUFFIX):
                _remove_abandoned(path, lambda _: False)
            elif _NAME.fullmatch(path.name):
                _remove_abandoned(path, known.__contains__)

    def close(self) -> None:
        """Remove a temporary folder. The blobs are not used afterwards."""
        if self._remove_folder is not None:
            self._remove_folder()

    def _made_folder(self) -> Path:
        if self._folder is None:
            _sweep_folders(Path(tempfile.gettempdir()))
            self._folder, lock = _locked_folder()
            self._remove_folder = weakref.finalize(self, _remove_own, self._folder, lock, os.getpid())
        return self._folder


class BlobWriter:
    """One blob being written. Leaving the `with` block without `commit` discards it.

    The record that makes the blob known belongs inside the block, after `commit`: until the block ends, no sweep takes
    the blob for an orphan.
    """

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.size = 0
        self._folder = folder
        self._durable = durable
        descriptor, name = _locked_part(folder)
        self._part: Path | None = Path(name)
        self._file = os.fdopen(descriptor, "wb")

    def write(self, data: bytes) -> None:
        """Append to the content."""
        self._file.write(data)
        self.size += len(data)

    def sync(self) -> None:
        """Put on disk what has been written, so that `commit` need not. May be called in another thread meanwhile."""
        self._file.flush()
        if self._durable:
            os.fsync(self._file.fileno())

    def commit(self, name: str) -> None:
        """Give the blob its name. From now on it is there, whole, even after a crash; one of this name is replaced."""
        target = self._folder / _checked(name)
        if self._part is None:
            raise ValueError(f"the blob cannot be named {name}: it was committed or discarded before")
        self._file.flush()
        if self._durable:
            os.fsync(self._file.fileno())
        if _WINDOWS:
            self._file.close()
        self._part.replace(target)
        self._part = None
        if self._durable and not _WINDOWS:
            _sync_folder(self._folder)

    def discard(self) -> None:
        """Let go of the blob, and remove it unless it was committed."""
        part, self._part = self._part, None
        with contextlib.suppress(OSError):  # what a full disk did not take is not wanted any more
            self._file.close()
        if part is not None:
            part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.discard()


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a blob: use 1-200 letters, digits, '_', '-' and '.', no '.' first")
    return name


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} for uploaded files cannot be made ({error.strerror}): name a place this user"
            " may write to"
        ) from None


def _remove_own(folder: Path, lock: int | None, owner: int) -> None:
    if owner == os.getpid():  # not at the exit of a forked child
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _locked_folder() -> tuple[Path, int | None]:
    """A new temporary folder, open to its owner alone, and the descriptor whose lock keeps others from sweeping it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX))
        if _WINDOWS:
            return folder, None
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, _FOLDER_FLAGS)
            if _lock(lock) and folder.exists():
                return folder, lock
            os.close(lock)  # a sweep got hold of it first, and removes it


def _sweep_folders(place: Path) -> None:
    """Remove the temporary folders that killed processes of this user left in `place`."""
    for folder in [] if _WINDOWS else place.glob(f"{_FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):  # gone by now, or somebody else's
            lock = os.open(folder, _FOLDER_FLAGS)
            try:
                if os.fstat(lock).st_uid == os.geteuid() and _lock(lock):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_FOLLOW)


def _locked_part(folder: Path) -> tuple[int, str]:
    """A new hidden file that only its owner may read, as descriptor and name."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PART_PREFIX, suffix=_PART_SUFFIX, dir=folder)
        if _lock(descriptor) and os.fstat(descriptor).st_nlink:
            return descriptor, name
        os.close(descriptor)  # a sweep got hold of it first, and removes it


def _lock(descriptor: int) -> bool:
    """Lock a file until it is closed; False if another holds the lock. Windows: always True, nothing is locked."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _remove_abandoned(path: Path, known: Callable[[str], bool]) -> None:
    """Remove a file unless it is known or somebody is writing it."""
    if path.is_symlink() or not path.is_file():
        return
    with contextlib.suppress(FileNotFoundError, PermissionError):
        descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW)
        try:
            abandoned = _lock(descriptor) and not known(path.name)
            if abandoned and not _WINDOWS:
                path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
        if abandoned and _WINDOWS:
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
