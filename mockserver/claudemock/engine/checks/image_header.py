"""What an image file says about itself in its first bytes: format and size in pixels.

Reads PNG, JPEG, GIF and WebP, the formats the API takes, and decodes no more of the base64 than it needs. PNGs carry
checksums, so damaged ones are noticed (the one damaged image of the recordings is a PNG).
"""

from binascii import Error, a2b_base64, crc32
from typing import NamedTuple

_HEAD = 88  # base64 characters: 66 bytes, enough for every header but JPEG's
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length

Size = tuple[int, int]


class ImageHeader(NamedTuple):
    """`media_type`, and `size` as width and height in pixels, None where the header is broken."""

    media_type: str
    size: Size | None


class NotBase64(ValueError):  # noqa: N818 - says what the text is
    """The text is not base64."""


def read_header(data: str) -> ImageHeader | None:
    """The header of a base64 image, or None for bytes that are none of the four formats.

    Raises `NotBase64`, also for text whose length alone shows that it was cut. Base64 in lines is read: whether the API
    reads it is unknown.
    """
    if "\n" in data:
        data = "".join(data.split())
    if len(data) % 4:
        raise NotBase64
    head = _decode(data[:_HEAD])
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageHeader("image/png", _png(_decode(data)))
    if head.startswith(b"\xff\xd8\xff"):
        return ImageHeader("image/jpeg", _jpeg(data))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return ImageHeader("image/gif", _gif(head))
    if head.startswith(b"RIFF") and head.startswith(b"WEBP", 8):
        return ImageHeader("image/webp", _webp(head))
    return None


def _decode(data: str) -> bytes:
    try:
        return a2b_base64(data, strict_mode=True)
    except (Error, ValueError):
        raise NotBase64 from None


def _png(raw: bytes) -> Size | None:
    """None as well for a file whose chunks do not match their checksums, or that has none with pixels."""
    if len(raw) < 24 or not raw.startswith(b"IHDR", 12):
        return None
    at = 8
    pixels = False
    while at + 12 <= len(raw):
        end = at + 8 + int.from_bytes(raw[at : at + 4], "big")
        kind = raw[at + 4 : at + 8]
        if crc32(memoryview(raw)[at + 4 : end]) != int.from_bytes(raw[end : end + 4], "big"):
            return None
        if kind == b"IEND":
            break
        pixels = pixels or kind == b"IDAT"
        at = end + 4
    return (int.from_bytes(raw[16:20], "big"), int.from_bytes(raw[20:24], "big")) if pixels else None


def _gif(head: bytes) -> Size | None:
    return (_little(head, 6, 2), _little(head, 8, 2)) if len(head) >= 10 else None


def _webp(head: bytes) -> Size | None:
    if len(head) < 25:
        return None
    if head.startswith(b"VP8L", 12):
        bits = _little(head, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(head) < 30:
        return None
    if head.startswith(b"VP8X", 12):
        return _little(head, 24, 3) + 1, _little(head, 27, 3) + 1
    if head.startswith(b"VP8 ", 12):
        return _little(head, 26, 2) & 0x3FFF, _little(head, 28, 2) & 0x3FFF
    return None


def _jpeg(data: str) -> Size | None:
    """The frame header may stand behind any amount of metadata: decode ever more until it is found."""
    taken = 1 << 14
    while True:
        size = _jpeg_frame(_decode(data[:taken]))
        if size is not None or taken >= len(data):
            return size
        taken *= 8


def _jpeg_frame(raw: bytes) -> Size | None:
    at = 2
    while at + 9 <= len(raw) and raw[at] == 0xFF:
        marker = raw[at + 1]
        if marker in _JPEG_FRAMES:
            return int.from_bytes(raw[at + 7 : at + 9], "big"), int.from_bytes(raw[at + 5 : at + 7], "big")
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _JPEG_BARE:
            at += 2
        else:
            at += 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    return None


def _little(raw: bytes, at: int, length: int) -> int:
    return int.from_bytes(raw[at : at + length], "little")
