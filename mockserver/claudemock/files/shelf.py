"""The files of one scope: records in the store, contents as blobs, and never the one without the other for long.

An upload is on disk before its record is written, and a deleted file's record is gone before its content, so what a
crash leaves behind is at most a blob without a record, which `sweep` removes. Every blob is named in the kind `blob`
of the scope "" (which no client can have) together with its record.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from claudemock.files.record import StoredFile
from claudemock.ids import digest, make_id
from claudemock.store.base import Record, Store, count_up
from claudemock.store.blobs import Blobs, BlobWriter
from claudemock.wire.errors import invalid_request

_FILES, _SEEN, _REMOVED, _TOTALS, _BLOBS = "file", "file_seen", "file_removed", "file_totals", "blob"
_EVERYWHERE = ""
_SLICE = 1000  # records read at once


class UnknownFileError(KeyError):
    """A cursor that names no file, and never did."""


class Upload(NamedTuple):
    """What is said of a file when it comes. `lifetime` is seconds, None for ever."""

    workspace: str
    filename: str
    mime_type: str
    lifetime: int | None = None
    downloadable: bool = False


class Incoming:
    """A content on its way to disk. Leaving the `with` block before it is kept discards it."""

    def __init__(self, writer: BlobWriter) -> None:
        self.size = 0
        self.writer = writer
        self._hash = blake2b(digest_size=16)

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(data)
        self.writer.write(data)
        self.size += len(data)

    def sync(self) -> None:
        """Put on disk what has come; a large content takes its time, which another thread can wait out."""
        self.writer.sync()

    @property
    def digest(self) -> str:
        """BLAKE2b-128 of what has come so far, in hexadecimal."""
        return self._hash.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.discard()


class FileShelf:
    """The files of one scope. Each belongs to one workspace and is seen only there.

    `seed` is what ids derive from besides the file itself; `quota` is how many bytes all files of the scope may have.
    """

    def __init__(self, store: Store, blobs: Blobs, scope: str, *, seed: bytes, quota: int) -> None:
        self._store = store
        self._blobs = blobs
        self._scope = scope
        self._seed = seed
        self._quota = quota

    def receive(self) -> Incoming:
        """A place for a content that is to come."""
        return Incoming(self._blobs.create())

    def keep(self, incoming: Incoming, upload: Upload, now: float) -> StoredFile:
        """Make a file of what has come; once this returns, no crash loses it. Raises `ApiError` 400 over the quota.

        Its id derives from the file and from how often the scope has had the same one.
        """
        self._check_quota(self._totals()[0] + incoming.size)
        described = (upload.workspace, upload.filename, upload.mime_type, incoming.digest)
        source = digest(self._seed, b"file", *(text.encode("utf-8", "surrogatepass") for text in described))
        occurrence = count_up(self._store, _SEEN, self._scope, source.hex())
        name = make_id("file", source if occurrence == 1 else digest(source, b"%d" % (occurrence - 1)))
        incoming.writer.commit(name)
        try:
            with self._store.together():
                size, number = self._totals()
                self._check_quota(size + incoming.size)
                file = StoredFile(
                    id=name,
                    number=number + 1,
                    workspace=upload.workspace,
                    filename=upload.filename,
                    mime_type=upload.mime_type,
                    size=incoming.size,
                    digest=incoming.digest,
                    created_at=now,
                    expires_at=None if upload.lifetime is None else now + upload.lifetime,
                    downloadable=upload.downloadable,
                )
                self._store.put(_FILES, self._scope, name, file.dump())
                self._store.put(_BLOBS, _EVERYWHERE, name, b"")
                self._put_totals(size + file.size, file.number)
        except BaseException:
            self._blobs.remove(name)
            raise
        return file

    def add(self, content: bytes, upload: Upload, now: float) -> StoredFile:
        """Make a file of a content that is at hand. Raises `ApiError` 400 over the quota."""
        with self.receive() as incoming:
            incoming.write(content)
            return self.keep(incoming, upload, now)

    def get(self, workspace: str, id: str, now: float) -> StoredFile | None:  # noqa: A002 - the API's own word
        """The file, if the workspace has it and its metadata is not past its time."""
        record = self._store.get(_FILES, self._scope, id)
        return None if record is None else self._alive(record, workspace, now)

    def newest_first(self, workspace: str, now: float, *, after: str | None, limit: int) -> list[StoredFile]:
        """Up to `limit` files, those older than the file `after`, which may have been removed since.

        Raises `UnknownFileError` if `after` never was a file.
        """
        return self._listed(workspace, now, after, limit, newest_first=True)

    def newer(self, workspace: str, now: float, *, than: str, limit: int) -> list[StoredFile]:
        """Up to `limit` files that came next after the file `than`, newest first. Raises `UnknownFileError`."""
        return self._listed(workspace, now, than, limit, newest_first=False)[::-1]

    def remove(self, file: StoredFile) -> bool:
        """Forget a file and its content; False if somebody else just did."""
        with self._store.together():
            if self._store.take(_FILES, self._scope, file.id) is None:
                return False
            self._store.take(_BLOBS, _EVERYWHERE, file.id)
            self._store.put(_REMOVED, self._scope, file.id, f"{file.number} {file.workspace}".encode())
            size, number = self._totals()
            self._put_totals(size - file.size, number)
        self._blobs.remove(file.id)
        return True

    def open(self, file: StoredFile) -> BinaryIO:
        """Its content, for reading. Raises `FileNotFoundError` if it has just been removed."""
        return self._blobs.open(file.id)

    def clear(self) -> None:
        """Forget everything: files, contents, and how often each was seen."""
        self.remove_contents(self.forget())

    def forget(self) -> list[str]:
        """Forget all but the contents, whose names are returned: they go once the transaction is sure."""
        with self._store.together():
            removed = [record.key for record in self._records(after=0, newest_first=False)]
            for name in removed:
                self._store.take(_BLOBS, _EVERYWHERE, name)
            for kind in (_FILES, _SEEN, _REMOVED, _TOTALS):
                self._store.clear(self._scope, kind)
        return removed

    def remove_contents(self, names: Iterable[str]) -> None:
        """Remove the contents of files that are forgotten."""
        for name in names:
            self._blobs.remove(name)

    def _listed(
        self, workspace: str, now: float, after: str | None, limit: int, *, newest_first: bool
    ) -> list[StoredFile]:
        sequence, number = (0, None) if after is None else self._position(workspace, after, newest_first=newest_first)
        found: list[StoredFile] = []
        for record in self._records(after=sequence, newest_first=newest_first):
            file = self._alive(record, workspace, now)
            if file is None or (number is not None and (file.number >= number) is newest_first):
                continue
            found.append(file)
            if len(found) == limit:
                break
        return found

    def _position(self, workspace: str, id: str, *, newest_first: bool) -> tuple[int, int | None]:  # noqa: A002 - as above
        """Where to scan from: the file's sequence, or 0 and the number of one that is no more."""
        record = self._store.get(_FILES, self._scope, id)
        if record is not None and StoredFile.load(record.value).workspace == workspace:
            return record.sequence, None
        removed = self._store.get(_REMOVED, self._scope, id)
        number, _, owner = b"".partition(b" ") if removed is None else removed.value.partition(b" ")
        if not number or owner.decode() != workspace:
            raise UnknownFileError(id)
        return 0, int(number) + (0 if newest_first else 1)

    def _records(self, *, after: int, newest_first: bool) -> Iterator[Record]:
        while True:
            records: Sequence[Record] = self._store.scan(
                _FILES, self._scope, after=after, limit=_SLICE, newest_first=newest_first
            )
            yield from records
            if len(records) < _SLICE:
                return
            after = records[-1].sequence

    def _alive(self, record: Record, workspace: str, now: float) -> StoredFile | None:
        file = StoredFile.load(record.value)
        if file.workspace != workspace:
            return None
        if file.gone(now):
            self.remove(file)
            return None
        return file

    def _totals(self) -> tuple[int, int]:
        """The bytes of all files, and how many there have been."""
        record = self._store.get(_TOTALS, self._scope, "")
        size, number = (0, 0) if record is None else map(int, record.value.split())
        return size, number

    def _put_totals(self, size: int, number: int) -> None:
        self._store.put(_TOTALS, self._scope, "", b"%d %d" % (size, number))

    def _check_quota(self, size: int) -> None:
        if size > self._quota:
            raise invalid_request(
                "The organization's file storage is full. Delete files to make room.",
                error_code="storage_quota_exceeded",
            )


class KnownBlobs:
    """The names of all blobs that belong to a file, whatever its scope: what `Blobs.sweep` has to leave."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._store.get(_BLOBS, _EVERYWHERE, name) is not None
