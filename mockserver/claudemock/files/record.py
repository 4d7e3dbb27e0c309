"""One stored file: what is known of it without its content."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import orjson

from claudemock.clock import rfc3339

_READABLE = 30 * 86_400  # seconds that the metadata of an expired file can still be read


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file. Times are seconds since the epoch; `digest` is the BLAKE2b-128 of the content in hexadecimal.

    `number` counts the files of a scope in the order they came.
    """

    id: str
    number: int
    workspace: str
    filename: str
    mime_type: str
    size: int
    digest: str
    created_at: float
    expires_at: float | None
    downloadable: bool = False

    def expired(self, now: float) -> bool:
        """Whether its content is no longer available."""
        return self.expires_at is not None and now >= self.expires_at

    def gone(self, now: float) -> bool:
        """Whether not even its metadata is available any more."""
        return self.expires_at is not None and now >= self.expires_at + _READABLE

    def to_json(self, *, old_shape: bool = False) -> dict[str, Any]:
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

    def dump(self) -> bytes:
        """The bytes that `load` reads."""
        return orjson.dumps(asdict(self))

    @classmethod
    def load(cls, raw: bytes) -> Self:
        """The file that was dumped."""
        return cls(**orjson.loads(raw))


def _milliseconds(instant: float) -> str:
    """`2026-08-02T17:43:56.144000Z`: milliseconds and three zeros, as recorded."""
    return rfc3339(instant, places=3)[:-1] + "000Z"
