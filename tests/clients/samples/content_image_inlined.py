"""A photo assistant that answers four questions about one photo.

Bug: the photo goes along as base64 with every request, instead of being uploaded once.
"""

import base64
import struct
import zlib

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, said, user

RULE = "R55 file-reupload"
ALSO = ("R33 cache-unused",)
QUESTIONS = ("What is it?", "Which colour?", "How large?", "Is it new?")


def photo(side: int = 300) -> bytes:
    """A PNG that compresses badly."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + bytes((x * x * 31 + y * y * 17 + x * y * 7) >> (c + 2) & 255 for x in range(side) for c in range(3))
        for y in range(side)
    )
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def arrange(claude: MockServer) -> None:
    for question in QUESTIONS:
        claude.reply(f"Hard to say. ({question})")


def run(llm: Llm) -> list[str]:
    data = base64.b64encode(photo()).decode()
    image: Json = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    return [
        said(llm.create(model=SONNET, max_tokens=200, messages=[user([image, {"type": "text", "text": question}])]))
        for question in QUESTIONS
    ]
