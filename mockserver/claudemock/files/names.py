"""What an upload may say about its file: a name, a type, a lifetime (API-FACTS §6)."""

import re
from functools import cache
from mimetypes import MimeTypes

_FORBIDDEN = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
_MOST_CHARACTERS = 255
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
_UNKNOWN = "application/octet-stream"
_MOST_SECONDS, _LEAST_SECONDS = 7_776_000, 3_600


class BadFileError(ValueError):
    """An upload that is refused; the message says why."""


def clean_filename(name: str | None, mime_type: str) -> str:
    """The name a file is kept under: the last path component, or `unnamed` with the extension of its type.

    `.` and `..` name folders, so they are no names of files (unproven).

    Raises `BadFileError` for a name over 255 characters or with a forbidden character.
    """
    last = re.split(r"[\\/]", name or "")[-1]
    if last in ("", ".", ".."):
        return f"unnamed{_types().guess_extension(mime_type) or ''}"
    if len(last) > _MOST_CHARACTERS:
        raise BadFileError(f"file: filename must be 1-{_MOST_CHARACTERS} characters long")
    if _FORBIDDEN.search(last):
        raise BadFileError('file: filename contains forbidden characters: < > : " | ? * \\ / or a control character')
    return last


def mime_type(declared: str | None, filename: str | None) -> str:
    """The type a file is kept under: the declared one without its parameters, else what the name says.

    A part that declares none is `application/octet-stream` unless its name says more, and so is one that declares
    what is no type. Contents are not looked at: text declared as `application/octet-stream` cannot be used as a
    document (quoted from the API, 2025).
    """
    if declared is None:
        return _types().guess_type(f"/{filename or ''}")[0] or _UNKNOWN
    kind = declared.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else _UNKNOWN


def lifetime(text: str | None) -> int | None:
    """`expires_in_seconds` of an upload; None without one. Raises `BadFileError` outside 3,600…7,776,000."""
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise BadFileError("expires_in_seconds: Input should be a valid integer, unable to parse string as an integer")
    seconds = int(text[:20])
    if seconds < _LEAST_SECONDS:
        raise BadFileError(f"expires_in_seconds: Input should be greater than or equal to {_LEAST_SECONDS}")
    if seconds > _MOST_SECONDS:
        raise BadFileError(f"expires_in_seconds: Input should be less than or equal to {_MOST_SECONDS}")
    return seconds


@cache
def _types() -> MimeTypes:
    """The types Python itself knows: those of the machine's own lists would differ from one to the next."""
    return MimeTypes()
