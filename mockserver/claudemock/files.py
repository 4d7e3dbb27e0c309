"""A scope's uploaded files: metadata in memory, contents in temporary files that vanish with the server."""

import mimetypes
import re
from dataclasses import dataclass
from typing import Any, BinaryIO

from claudemock.clock import rfc3339

_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
_MOST_SECONDS, _LEAST_SECONDS = 7_776_000, 3_600


class BadFileError(ValueError):
    """An upload that is refused; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file. Times are seconds since the epoch."""

    id: str
    workspace: str
    filename: str
    mime_type: str
    size: int
    created_at: float
    expires_at: float | None
    content: BinaryIO
    downloadable: bool = False

    def to_json(self, *, old_shape: bool) -> dict[str, Any]:
        """The file object; `old_shape` is the one of the beta header files-api-2025-04-14, without `expires_at`."""
        shown: dict[str, Any] = {
            "type": "file",
            "id": self.id,
            "size_bytes": self.size,
            "created_at": _milliseconds(self.created_at),
            "filename": self.filename,
            "mime_type": self.mime_type,
            "downloadable": self.downloadable,
        }
        if not old_shape:
            shown["expires_at"] = None if self.expires_at is None else _milliseconds(self.expires_at)
        return shown


class FileShelf:
    """The files of one scope, newest last. Each belongs to one workspace and is seen only there."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def add(self, file: StoredFile) -> None:
        """Keep a file."""
        self._files[file.id] = file

    def get(self, workspace: str, id: str) -> StoredFile | None:  # noqa: A002 - the API's own word
        """The file, if the workspace has it."""
        found = self._files.get(id)
        return found if found is not None and found.workspace == workspace else None

    def newest_first(self, workspace: str) -> list[StoredFile]:
        """All files of a workspace."""
        return [file for file in reversed(self._files.values()) if file.workspace == workspace]

    def remove(self, file: StoredFile) -> None:
        """Forget a file and its content."""
        del self._files[file.id]
        file.content.close()

    def close(self) -> None:
        """Forget everything."""
        for file in self._files.values():
            file.content.close()
        self._files.clear()


def clean_filename(name: str | None, mime_type: str) -> str:
    """The name a file is kept under (API-FACTS §6): the last path component, or `unnamed` with an extension.

    Raises `BadFileError` for a name over 255 characters or with a forbidden character.
    """
    last = re.split(r"[\\/]", name or "")[-1]
    if not last:
        return f"unnamed{mimetypes.guess_extension(mime_type) or ''}"
    if len(last) > 255:
        raise BadFileError("file: filename must be 1-255 characters long")
    if _FORBIDDEN.search(last):
        raise BadFileError('file: filename contains forbidden characters: < > : " | ? * \\ / or a control character')
    return last


def lifetime(text: str | None) -> int | None:
    """`expires_in_seconds` of an upload. Raises `BadFileError` outside 3,600…7,776,000."""
    if text is None:
        return None
    if not text.isdecimal():
        raise BadFileError("expires_in_seconds: Input should be a valid integer, unable to parse string as an integer")
    if int(text) < _LEAST_SECONDS:
        raise BadFileError(f"expires_in_seconds: Input should be greater than or equal to {_LEAST_SECONDS}")
    if int(text) > _MOST_SECONDS:
        raise BadFileError(f"expires_in_seconds: Input should be less than or equal to {_MOST_SECONDS}")
    return int(text)


def _milliseconds(instant: float) -> str:
    """`2026-08-02T17:43:56.144000Z`: milliseconds and three zeros, as recorded."""
    return rfc3339(instant, places=3)[:-1] + "000Z"
