"""What a request's documents and search results offer to cite: their text, cut into the pieces that are cited whole."""

import sys
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from claudemock.engine.attached import NO_FILES, PDF, TEXT, Attached
from claudemock.engine.checks.pdf_header import NotAPdf, read_pdf
from claudemock.engine.citations_pdf import MOST_PAGES, UnreadablePdf, page_texts
from claudemock.engine.citations_sentences import Span, sentences
from claudemock.wire.content import DocumentBlock, SearchResultBlock, ToolResultBlock, WebFetchToolResultBlock
from claudemock.wire.media import (
    Base64DocumentSource,
    ContentDocumentSource,
    FileSource,
    TextBlock,
    TextDocumentSource,
)
from claudemock.wire.messages import PromptRequest

Kind = Literal["char", "page", "block", "search_result"]
Citation = dict[str, Any]
_OPENING = 8_000  # characters
_OPENING_PAGES = 3


@dataclass(frozen=True, slots=True)
class Pieces:
    """A source's text, the pieces of it that are cited whole, and the page or block that each lies in (0-based).

    Spans count characters of `text`. They are in order and do not overlap.
    """

    text: str
    spans: Sequence[Span]
    units: Sequence[int]


@dataclass(frozen=True)
class Source:
    """One document or search result. `index` counts all of its sort, over all messages, also those not citable.

    `name` is a search result's `source`; `content` is a text, base64, an uploaded file, or the texts of blocks.
    Nothing is read or cut before `pieces` is asked for.
    """

    kind: Kind
    index: int
    title: str | None
    enabled: bool
    content: str | Attached | Sequence[str | None] = field(repr=False)
    name: str = ""

    @cached_property
    def pieces(self) -> Pieces:
        """The citable text. Without any: images, URLs, files not seen here, and PDFs that cannot be read."""
        if isinstance(self.content, Attached):
            return _file_pieces(self.content)
        if not isinstance(self.content, str):
            return _joined(self.content)
        return _pdf_pieces(self.content) if self.kind == "page" else _text_pieces(self.content)

    def opening(self) -> Pieces:
        """The pieces at the beginning, as they are in `pieces`; of a long text or PDF no more is read."""
        if "pieces" in vars(self):
            return self.pieces
        if isinstance(self.content, Attached):
            return _file_pieces(self.content, _OPENING_PAGES)
        if self.kind == "page" and isinstance(self.content, str):
            return _pdf_pieces(self.content, _OPENING_PAGES)
        if self.kind == "char" and isinstance(self.content, str) and len(self.content) > _OPENING:
            head = self.content[:_OPENING]
            spans = sentences(head)[:-1]  # the last one goes on beyond
            if spans:
                return Pieces(head, spans, [0] * len(spans))
        return self.pieces

    def cite(self, pieces: Pieces, first: int, last: int) -> Citation:
        """The citation of its pieces `first` to `last`, both included, with the API's keys in its order.

        `file_id`, which recordings have from August 2026 on, is null for what is no uploaded file.
        """
        start, end = pieces.spans[first][0], pieces.spans[last][1]
        text = pieces.text[start:end]
        units = pieces.units[first], pieces.units[last] + 1
        if self.kind == "search_result":
            return {
                "type": "search_result_location",
                "cited_text": text,
                "source": self.name,
                "title": self.title,
                "search_result_index": self.index,
                "start_block_index": units[0],
                "end_block_index": units[1],
            }
        cited: Citation = {"cited_text": text, "document_index": self.index, "document_title": self.title}
        match self.kind:
            case "char":
                cited = {"type": "char_location", **cited, "start_char_index": start, "end_char_index": end}
            case "page":
                pages = {"start_page_number": units[0] + 1, "end_page_number": units[1] + 1}
                cited = {"type": "page_location", **cited, **pages}
            case "block":
                blocks = {"start_block_index": units[0], "end_block_index": units[1]}
                cited = {"type": "content_block_location", **cited, **blocks}
        return {**cited, "file_id": (self.content.id or None) if isinstance(self.content, Attached) else None}

    def covering(self, start: int, end: int) -> Citation | None:
        """The citation of all pieces that hold one of the characters from `start` to `end`; None where none does."""
        spans = self.pieces.spans
        first = max(0, bisect_right(spans, start, key=lambda span: span[0]) - 1)
        last = bisect_right(spans, end - 1, key=lambda span: span[0]) - 1
        return self.cite(self.pieces, first, last) if spans and last >= first else None

    def __str__(self) -> str:
        """How messages name it."""
        return f"{'search result' if self.kind == 'search_result' else 'document'} {self.index}"


def _joined(parts: Sequence[str | None]) -> Pieces:
    """Each part is one piece; parts without text (images) have none but keep their number."""
    text, spans, units, at = [], [], [], 0
    for number, part in enumerate(parts):
        if part:
            text.append(part)
            spans.append((at, at + len(part)))
            units.append(number)
            at += len(part)
    return Pieces("".join(text), spans, units)


def _text_pieces(text: str) -> Pieces:
    spans = sentences(text)
    return Pieces(text, spans, [0] * len(spans))


def _file_pieces(file: Attached, most: int = MOST_PAGES) -> Pieces:
    """The pieces of an uploaded file (of a PDF, of its first `most` pages), which are remembered."""
    if file.mime_type == TEXT:
        return file.known("pieces", lambda: _text_pieces(file.text()), _weight)
    if is_cut(file):
        most = MOST_PAGES
    return file.known(f"pieces {most}", lambda: _page_pieces(file.pdf(), most), _weight)


def cited_documents(request: PromptRequest) -> Iterator[Base64DocumentSource | FileSource]:
    """The documents of a request that may be cited and may be PDFs: those in it, and uploaded files."""
    for block in _blocks(request, ()):
        citable = type(block) is DocumentBlock and block.citations is not None and block.citations.enabled
        if citable and isinstance(block.source, Base64DocumentSource | FileSource):
            yield block.source


def is_cut(file: Attached) -> bool:
    """Whether all pieces of a PDF are remembered."""
    return file.knows(f"pieces {MOST_PAGES}")


def cut(file: Attached) -> Pieces:
    """The pieces of a PDF, which takes its time, for `remember`; may run in another thread."""
    return _page_pieces(file.pdf(), MOST_PAGES)


def remember(file: Attached, pieces: Pieces) -> None:
    """Know the pieces of a PDF from now on."""
    file.known(f"pieces {MOST_PAGES}", lambda: pieces, _weight)


def _weight(pieces: Pieces) -> int:
    """Bytes that pieces take in memory: text of up to four bytes a character, two numbers and a tuple for each span."""
    return sys.getsizeof(pieces.text) + 150 * len(pieces.spans)


def _pdf_pieces(data: str, most: int = MOST_PAGES) -> Pieces:
    try:
        return _page_pieces(read_pdf(data), most)
    except NotAPdf:
        return Pieces("", [], [])


def _page_pieces(raw: bytes, most: int) -> Pieces:
    """The sentences of each page of a PDF; none runs over two pages. None at all if it cannot be read."""
    try:
        pages = page_texts(raw, most)
    except UnreadablePdf:
        pages = []
    spans: list[Span] = []
    units: list[int] = []
    at = 0
    for number, page in enumerate(pages):
        cut = sentences(page)
        spans += [(at + start, at + end) for start, end in cut]
        units += [number] * len(cut)
        at += len(page)
    return Pieces("".join(pages), spans, units)


def sources(
    request: PromptRequest, reply: Sequence[Mapping[str, Any]] = (), files: Mapping[str, Attached] = NO_FILES
) -> Iterator[Source]:
    """All documents and search results in the order sent, those in tool results and fetched pages included.

    `reply` are blocks of the answer: pages that a tool on the API's side fetches are documents as well. `files` are the
    uploaded files that the request uses.
    """
    documents = results = 0
    for block in _blocks(request, reply):
        if type(block) is SearchResultBlock:
            texts = [part.text for part in block.content]
            enabled = block.citations is not None and block.citations.enabled
            yield Source("search_result", results, block.title, enabled, texts, block.source)
            results += 1
        elif isinstance(block, Mapping):
            yield _fetched(documents, block)
            documents += 1
        elif type(block) is DocumentBlock:
            yield _document(documents, block, files)
            documents += 1


def _blocks(request: PromptRequest, reply: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    for message in request.messages:
        for block in message.content:
            if type(block) is ToolResultBlock:
                yield from block.content
            elif type(block) is WebFetchToolResultBlock:
                page = getattr(block.content, "content", None)
                if isinstance(page, Mapping):
                    yield page
            else:
                yield block
    for served in reply:
        if served.get("type") == "web_fetch_tool_result" and isinstance(served.get("content"), Mapping):
            page = served["content"].get("content")
            if isinstance(page, Mapping):
                yield page


def _document(index: int, block: DocumentBlock, files: Mapping[str, Attached]) -> Source:
    enabled = block.citations is not None and block.citations.enabled
    source = block.source
    if isinstance(source, TextDocumentSource):
        return Source("char", index, block.title, enabled, source.data)
    if isinstance(source, Base64DocumentSource):
        return Source("page", index, block.title, enabled, files.get(source.data) or source.data)
    file = files.get(source.file_id) if isinstance(source, FileSource) else None
    if file is not None:
        return Source("page" if file.mime_type == PDF else "char", index, block.title, enabled, file)
    parts: list[str | None] = []
    if isinstance(source, ContentDocumentSource):
        parts = [part.text if isinstance(part, TextBlock) else None for part in source.content]
    return Source("block", index, block.title, enabled, parts)


def _fetched(index: int, page: Mapping[str, Any]) -> Source:
    """A fetched page, which is no checked model but what the client sent back or a script said."""
    source, citations, title = page.get("source"), page.get("citations"), page.get("title")
    enabled = isinstance(citations, Mapping) and citations.get("enabled") is True
    data = source.get("data") if isinstance(source, Mapping) else None
    titled = title if isinstance(title, str) else None
    if not isinstance(source, Mapping) or not isinstance(data, str):
        return Source("block", index, titled, enabled, [])
    return Source("char" if source.get("type") == "text" else "page", index, titled, enabled, data)
