"""Documents and search results."""

import zlib
from base64 import encodebytes

import pytest

from tests.checks.cases import Case, Json, assert_answer, assistant, body, call, model, result, text, user
from tests.checks.media import document, pdf

DATA = "messages.0.content.0.document.source.base64.data"
DAMAGED = b"%PDF-1.7\n7 0 obj <</Type /ObjStm>> stream\nnot packed\nendstream endobj\n"
MOST = "A maximum of 100 PDF pages may be provided."
LINKED: Json = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}


def plain(*, cited: bool | None = None) -> Json:
    """A document of plain text."""
    block: Json = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Grass."}}
    return block if cited is None else {**block, "citations": {"enabled": cited}}


def found(*, cited: bool | None = None) -> Json:
    """A search result."""
    block: Json = {"type": "search_result", "source": "handbook", "title": "Leave", "content": [text("25 days.")]}
    return block if cited is None else {**block, "citations": {"enabled": cited}}


def in_result(*content: Json) -> Json:
    """A request with blocks inside a tool result."""
    return body(user("a"), assistant(call("t")), user(result("t", *content)))


CITATIONS = [
    Case(
        name="citations on a model without them",
        body=body(user(plain(cited=True))),
        model=model(citations=False),
        message="'claude-test-1' does not support citations.",
    ),
    Case(
        name="one document of two",
        body=body(user(plain(cited=True), plain())),
        message="Citations must be enabled on all or none of the documents in a request.",
    ),
    Case(
        name="one document of two, in another message",
        body=body(user(plain(cited=False)), assistant("b"), user(document(pdf(1), cited=True))),
        message="Citations must be enabled on all or none of the documents in a request.",
    ),
    Case(
        name="one search result of two",
        body=body(user(found(cited=True), found(cited=False))),
        message="Citations must be enabled on all or none of the search results in a request.",
    ),
    Case(
        name="search result beside text in a tool result",
        body=in_result(found(), text("and more")),
        message="messages.2.content.0.tool_result.content: all blocks must be `search_result` blocks if any is",
    ),
    Case(name="accepted: all cited", body=body(user(plain(cited=True), document(pdf(1), cited=True)))),
    Case(name="accepted: none cited", body=body(user(plain(), plain(cited=False))), model=model(citations=False)),
    Case(name="accepted: search results apart from documents", body=body(user(plain(), found(cited=True)))),
    Case(name="accepted: search results in a tool result", body=in_result(found(cited=True), found(cited=True))),
    Case(name="accepted: search result beside text", body=body(user(found(), "and more"))),
]

PDFS = [
    Case(name="no base64", body=body(user(document("§§§§"))), message=f"{DATA}: The PDF specified was not valid."),
    Case(name="no PDF", body=body(user(document(b"<html>"))), message=f"{DATA}: The PDF specified was not valid."),
    Case(
        name="no PDF in a tool result",
        body=in_result(document(b"<html>")),
        message="messages.2.content.0.tool_result.content.0.document.source.base64.data: "
        "The PDF specified was not valid.",
    ),
    Case(name="only a header", body=body(user(document(b"%PDF-1.4\n%%EOF"))), message="Could not process PDF"),
    Case(
        name="too many pages",
        body=body(user(document(pdf(101)))),
        message=f"messages.0.content.0.pdf.source.base64.data: {MOST}",
    ),
    Case(
        name="too many packed pages",
        body=body(user(document(pdf(101, packed=True)))),
        message=f"messages.0.content.0.pdf.source.base64.data: {MOST}",
    ),
    Case(
        name="too many pages in a file made for the web",
        body=body(user(document(pdf(101, linearized=True)))),
        message=f"messages.0.content.0.pdf.source.base64.data: {MOST}",
    ),
    Case(
        name="too many pages in two files",
        body=body(user(document(pdf(60)), document(pdf(41)))),
        message=f"messages.0.content.1.pdf.source.base64.data: {MOST}",
    ),
    Case(
        name="too many pages for a large window",
        body=body(user(document(pdf(601)))),
        model=model(context_window=1_000_000),
        message="messages.0.content.0.pdf.source.base64.data: A maximum of 600 PDF pages may be provided.",
    ),
    Case(
        name="a model that reads no PDFs",
        body=body(user(document(pdf(1)))),
        model=model(pdf_input=False),
        message="'claude-test-1' does not support PDF input.",
    ),
    Case(name="accepted: a hundred pages", body=body(user(document(pdf(100))))),
    Case(name="accepted: old revisions", body=body(user(document(pdf(100, revisions=50))))),
    Case(name="accepted: six hundred", body=body(user(document(pdf(600)))), model=model(context_window=1_000_000)),
    Case(name="accepted: a damaged part", body=body(user(document(DAMAGED)))),
    Case(
        name="too many pages behind a damaged part",
        body=body(user(document(DAMAGED + pdf(101, packed=True)))),
        message=f"messages.0.content.0.pdf.source.base64.data: {MOST}",
    ),
    Case(name="accepted: bytes before the header", body=body(user(document(b"\xef\xbb\xbf" + pdf(1))))),
    Case(name="accepted: base64 in lines", body=body(user(document(encodebytes(pdf(3)).decode())))),
    Case(name="accepted: by URL", body=body(user(LINKED))),
    Case(name="accepted: text for a model without PDFs", body=body(user(plain())), model=model(pdf_input=False)),
]


@pytest.mark.parametrize("case", [*CITATIONS, *PDFS], ids=str)
def test_documents(case: Case) -> None:
    """Citations are for all or none, PDFs are PDFs and not too long."""
    assert_answer(case)


def test_a_pdf_that_unpacks_without_end() -> None:
    """Object streams that unpack to far more than the file holds are read up to a limit, and what is behind is not."""
    bomb = b"%PDF-1.7\n" + b"".join(_stream(b"\0" * 8_000_000) for _ in range(40)) + pdf(101, packed=True)
    assert_answer(Case(name="bomb", body=body(user(document(bomb)))))


def _stream(content: bytes) -> bytes:
    return b"7 0 obj <</Type /ObjStm>> stream\n" + zlib.compress(content) + b"\nendstream endobj\n"
