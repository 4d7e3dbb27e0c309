"""How many pages a PDF has, as far as that can be told without a PDF library."""

import re
import zlib
from binascii import Error, a2b_base64

_LARGEST_STREAM = 1 << 22  # bytes an object stream is unpacked to at most
_UNPACKED_IN_ALL = 1 << 25  # bytes, so that a small file cannot become an endless one
_LINEARIZED = re.compile(rb"/Linearized\b[^>]{0,200}?/N\s+(\d{1,7})\b")
_PAGE_TREE = re.compile(rb"/Type\s*/Pages\b")
_COUNT = re.compile(rb"/Count\s+(\d{1,7})\b")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm\b[^>]*>>\s*stream\r?\n")


class NotAPdf(ValueError):  # noqa: N818 - says what the bytes are
    """No PDF header in the first kilobyte, where readers look for it, or no base64."""


def read_pdf(data: str) -> bytes:
    """The bytes of a base64 PDF, in lines or not. Raises `NotAPdf`."""
    try:
        raw = a2b_base64(data)
    except (Error, ValueError):
        raise NotAPdf from None
    if not is_pdf(raw):
        raise NotAPdf
    return raw


def is_pdf(raw: bytes) -> bool:
    """Whether there is a PDF header in the first kilobyte."""
    return raw.find(b"%PDF-", 0, 1024) >= 0


def has_objects(raw: bytes) -> bool:
    """Whether there is anything after the header that a reader could start from."""
    return b" obj" in raw


def count_pages(raw: bytes) -> int | None:
    """The number of pages, or None where it lies in parts that are encrypted or unusually packed.

    The page tree's own count is preferred to counting page objects, since old revisions stay in the file.
    """
    linearized = _LINEARIZED.search(raw, 0, 2048)
    if linearized:
        return int(linearized[1])
    return _in_objects([raw]) or _in_objects(_object_streams(raw))


def _in_objects(parts: list[bytes]) -> int | None:
    counts = [int(found[1]) for part in parts for tree in _PAGE_TREE.finditer(part) if (found := _count(part, tree))]
    return max(counts, default=0) or sum(len(_PAGE.findall(part)) for part in parts) or None


def _count(part: bytes, tree: re.Match[bytes]) -> re.Match[bytes] | None:
    """The `/Count` of the dictionary that `tree` stands in: after it, or between the dictionary's start and it."""
    end = part.find(b"endobj", tree.end())
    start = part.rfind(b"<<", 0, tree.start())
    return _COUNT.search(part, start, end if end >= 0 else len(part))


def _object_streams(raw: bytes) -> list[bytes]:
    parts: list[bytes] = []
    room = _UNPACKED_IN_ALL
    for stream in _OBJECT_STREAM.finditer(raw):
        end = raw.find(b"endstream", stream.end())
        try:
            part = zlib.decompressobj().decompress(raw[stream.end() : end], min(room, _LARGEST_STREAM))
        except zlib.error:
            continue
        parts.append(part)
        room -= len(part)
        if room <= 0:
            break
    return parts
