"""Documents and search results: citations, and PDFs that can be read. Uploaded files are held
to the rules for base64; sources named by URL are taken as they are.

Wording: recorded (R7), quoted with a request id (Q69, the 600 pages), quoted in a public issue (Q68). That citations
are for all or none of the sources, that a tool result with a search result holds nothing else, and which old models
read no PDFs is documented; the wording of those three is unproven.
"""

from typing import NamedTuple

from claudemock.engine.attached import PDF, Attached
from claudemock.engine.checks.pdf_header import NotAPdf, count_pages, has_objects, is_pdf, read_pdf
from claudemock.engine.checks.subject import Subject, only
from claudemock.wire.content import DocumentBlock, SearchResultBlock, ToolResultBlock
from claudemock.wire.errors import invalid_request
from claudemock.wire.media import Base64DocumentSource, FileSource

_LARGE_WINDOW = 1_000_000  # tokens; models with it take more pages and images


def most_media(subject: Subject) -> int:
    """How many images, and how many PDF pages, a request may hold (documented; the limits quoted were 100 and 600)."""
    return 600 if subject.model.context_window >= _LARGE_WINDOW else 100


def check_citations(subject: Subject) -> None:
    """The model can cite, and may cite all documents or none, all search results or none."""
    if "document" not in subject.blocks and "search_result" not in subject.blocks:
        return
    documents = [each.citations for _, each in only(subject.blocks.get("document", ()), DocumentBlock)]
    results = [each.citations for _, each in only(subject.blocks.get("search_result", ()), SearchResultBlock)]
    for name, configs in (("documents", documents), ("search results", results)):
        enabled = [config is not None and config.enabled for config in configs]
        if not any(enabled):
            continue
        if not subject.model.citations:
            raise invalid_request(f"'{subject.model.id}' does not support citations.")
        if not all(enabled):
            raise invalid_request(f"Citations must be enabled on all or none of the {name} in a request.")


def check_search_results(subject: Subject) -> None:
    """Search results do not share a tool result with other content."""
    if "search_result" not in subject.blocks:
        return
    for placed, result in only(subject.blocks.get("tool_result", ()), ToolResultBlock):
        kinds = {part.type for part in result.content}
        if "search_result" in kinds and len(kinds) > 1:
            raise invalid_request(
                f"{placed.path}.tool_result.content: all blocks must be `search_result` blocks if any is"
            )


def check_pdfs(subject: Subject) -> None:
    """The model reads PDFs, they are PDFs, and not too many pages of them. Encrypted ones are not told from others."""
    if "document" not in subject.blocks:
        return
    pages = 0
    for placed, document in only(subject.blocks["document"], DocumentBlock):
        source = document.source
        if isinstance(source, FileSource):
            found = _of_file(subject.context.files.get(source.file_id))
            field = "file.file_id"
        elif isinstance(source, Base64DocumentSource):
            found, field = _of_base64(source.data), "base64.data"
        else:
            continue
        if found is None:
            continue
        if not subject.model.pdf_input:
            raise invalid_request(f"'{subject.model.id}' does not support PDF input.")
        if not found.header:
            raise invalid_request(f"{placed.location}.document.source.{field}: The PDF specified was not valid.")
        if not found.objects:
            raise invalid_request("Could not process PDF")
        pages += found.pages
        most = most_media(subject)
        if pages > most:
            # The API's own path says `pdf` here and `document` above (both quoted with request ids).
            raise invalid_request(
                f"{placed.location}.pdf.source.{field}: A maximum of {most} PDF pages may be provided."
            )


class _Pdf(NamedTuple):
    """Whether it begins as a PDF and has anything in it, and its pages, 0 if unknown."""

    header: bool
    objects: bool
    pages: int


def _of_base64(data: str) -> _Pdf:
    try:
        return _looked_at(read_pdf(data))
    except NotAPdf:
        return _Pdf(header=False, objects=False, pages=0)


def _of_file(file: Attached | None) -> _Pdf | None:
    return None if file is None or file.mime_type != PDF else file.known("pdf", lambda: _looked_at(file.pdf()))


def _looked_at(raw: bytes) -> _Pdf:
    return _Pdf(is_pdf(raw), has_objects(raw), count_pages(raw) or 0)
