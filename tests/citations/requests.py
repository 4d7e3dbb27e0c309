"""Requests with documents, and PDFs written by hand."""

from base64 import b64encode
from typing import Any
from zlib import compress

from claudemock.engine.citations import Citable
from claudemock.wire.parse import parse_messages
from tests.checks.cases import body, result, user

Json = dict[str, Any]
ON: Json = {"enabled": True}


def plain(said: str, **fields: Any) -> Json:
    """A text document that may be cited."""
    source = {"type": "text", "media_type": "text/plain", "data": said}
    return {"type": "document", "source": source, "citations": ON, **fields}


def made_of(*said: str | Json, **fields: Any) -> Json:
    """A document of blocks; strings are text blocks."""
    content = [{"type": "text", "text": part} if isinstance(part, str) else part for part in said]
    return {"type": "document", "source": {"type": "content", "content": content}, "citations": ON, **fields}


def found(*said: str, **fields: Any) -> Json:
    """A search result of these blocks."""
    content = [{"type": "text", "text": part} for part in said]
    result = {"type": "search_result", "source": "https://example.com", "title": "Found", "content": content}
    return {**result, "citations": ON, **fields}


def pdf(*pages: str, packed: bool = False) -> Json:
    """A PDF document with one line per line of each page."""
    data = b64encode(pdf_bytes(*(shown(page) for page in pages), packed=packed)).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    return {"type": "document", "source": source, "citations": ON}


def shown(page: str) -> bytes:
    """The content stream that shows a page's lines."""
    lines = " T* ".join(f"({line}) Tj" for line in page.splitlines())
    return f"BT /F 12 Tf 14 TL 20 700 Td {lines} ET".encode()


def pdf_bytes(*streams: bytes, packed: bool = False, forms: tuple[bytes, ...] = ()) -> bytes:
    """A PDF of one page per content stream; form objects may be drawn as /X0, /X1 and so on."""
    first_form = 4 + 2 * len(streams)
    names = b" ".join(b"/X%d %d 0 R" % (number, first_form + number) for number in range(len(forms)))
    resources = b"<</Font<</F 3 0 R>>/XObject<<%b>>>>" % names
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(streams)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, len(streams)),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources%b/Contents %d 0 R>>"
    for number, stream in enumerate(streams):
        objects.append(page % (resources, 5 + 2 * number))
        body = compress(stream, 9) if packed else stream
        head = b"<</Length %d%b>>" % (len(body), b"/Filter/FlateDecode" if packed else b"")
        objects.append(b"%b\nstream\n%b\nendstream" % (head, body))
    for form in forms:
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources%b/Length %d>>" % (resources, len(form))
        objects.append(b"%b\nstream\n%b\nendstream" % (head, form))
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    table = b"0000000000 65535 f \n"
    for number, said in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, said)
    size = len(objects) + 1
    tail = b"xref\n0 %d\n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, table, size, len(out))
    return bytes(out) + tail


def citable(*blocks: Json, reply: tuple[Json, ...] = ()) -> Citable:
    """What can be cited from a user message of these blocks."""
    return citable_from(user(*blocks, "Well?"), reply=reply)


def citable_from(*messages: Json, reply: tuple[Json, ...] = ()) -> Citable:
    """What can be cited from these messages."""
    return Citable.of(parse_messages(body(*messages), version="2023-06-01", betas=frozenset()), reply)


def tool_result(*blocks: Json) -> Json:
    """A user message with the result of a tool call."""
    return user(result("toolu_1", *blocks))
