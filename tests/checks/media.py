"""Images and PDFs that the tests make themselves."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator

from tests.checks.cases import Json


def png(width: int = 1, height: int = 1, *, damaged: bool = False) -> bytes:
    """A PNG whose header says this size; the pixels of a damaged one are not what their checksum says."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(b"pixels"))
    if damaged:
        pixels = pixels.replace(b"IDAT", b"IDAT\x79", 1)
    return b"\x89PNG\r\n\x1a\n" + header + pixels + _chunk(b"IEND", b"") + b"behind the end"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def gif(width: int = 1, height: int = 1) -> bytes:
    """A GIF whose header says this size."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0" * 20


def jpeg(width: int = 1, height: int = 1, *, metadata: int = 20) -> bytes:
    """A JPEG whose frame header, behind so many bytes of metadata, says this size."""
    segments = b""
    while metadata > 0:
        length = min(metadata, 60_000)
        segments += b"\xff\xe1" + struct.pack(">H", length + 2) + b"\0" * length
        metadata -= length
    frame = b"\xff\x01\xff\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\0" * 3
    return b"\xff\xd8" + segments + frame + b"\xff\xd9" + b"\0" * 8


def webp(kind: str, width: int = 1, height: int = 1) -> bytes:
    """A WebP of one of the three kinds, whose header says this size."""
    if kind == "VP8L":
        chunk = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    elif kind == "VP8X":
        chunk = b"\0" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    else:
        chunk = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    chunk += b"\0" * 20
    return (
        b"RIFF" + struct.pack("<I", len(chunk) + 12) + b"WEBP" + kind.encode() + struct.pack("<I", len(chunk)) + chunk
    )


def every_format(width: int, height: int) -> Iterator[tuple[str, bytes]]:
    """One image of this size in each format and kind, with its media type."""
    yield "image/png", png(width, height)
    yield "image/gif", gif(width, height)
    yield "image/jpeg", jpeg(width, height)
    yield "image/jpeg", jpeg(width, height, metadata=200_000)
    for kind in ("VP8 ", "VP8L", "VP8X"):
        yield "image/webp", webp(kind, width, height)


def image(data: bytes | str, media_type: str = "image/png") -> Json:
    """An image block in the request; a string is taken for the base64 itself."""
    encoded = data if isinstance(data, str) else b64encode(data).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": encoded}}


def pdf(pages: int, *, packed: bool = False, linearized: bool = False, revisions: int = 0) -> bytes:
    """A PDF of so many pages, as far as its structure says so; old revisions leave page objects behind."""
    listed = b"".join(b"<</Type /Page /Parent 1 0 R>>" for _ in range(pages + revisions))
    tree = b"<</Type /Pages /Kids [] /Count %d>>" % pages
    head = b"%%PDF-1.7\n"
    if linearized:
        return head + b"1 0 obj <</Linearized 1 /L 5000 /N %d>> endobj\n" % pages
    if packed:
        stream = zlib.compress(tree + listed)
        header = b"<</Type /ObjStm /N 2 /Length %d>>" % len(stream)
        return head + b"7 0 obj " + header + b" stream\n" + stream + b"\nendstream endobj\n"
    return head + b"1 0 obj " + tree + b" endobj\n2 0 obj " + listed + b" endobj\n"


def document(data: bytes | str, *, cited: bool | None = None) -> Json:
    """A PDF block in the request; a string is taken for the base64 itself."""
    encoded = data if isinstance(data, str) else b64encode(data).decode()
    block: Json = {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": encoded},
    }
    return block if cited is None else {**block, "citations": {"enabled": cited}}
