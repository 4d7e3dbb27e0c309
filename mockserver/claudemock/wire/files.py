"""Responses of the Files endpoints. Fields stand in the order of the API's keys."""

from typing import Literal

from claudemock.wire.base import Int, LooseModel


class FileObject(LooseModel):
    """One file. Times are RFC 3339 with microseconds and `Z` (recorded)."""

    type: Literal["file"]
    id: str
    size_bytes: Int
    created_at: str
    filename: str
    mime_type: str
    downloadable: bool | None = None
    expires_at: str | None = None


class FilePage(LooseModel):
    """A page of files, newest first; `next_page` is the cursor of the next one."""

    data: list[FileObject]
    next_page: str | None


class OldFilePage(LooseModel):
    """A page of files as the beta header `files-api-2025-04-14` has it."""

    data: list[FileObject]
    has_more: bool
    first_id: str | None
    last_id: str | None


class DeletedFile(LooseModel):
    """A file that is no more."""

    id: str
    type: Literal["file_deleted"]
