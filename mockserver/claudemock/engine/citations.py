"""Citations: where in a request's documents a quote stands, and what an unscripted reply cites.

As the API does, whole pieces are cited: sentences of texts and PDFs, blocks of documents made of blocks and of search
results. So the cited text may be longer than the quote. Titles and contexts are never cited.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claudemock.engine.attached import NO_FILES, Attached
from claudemock.engine.citations_sources import Citation, Source, sources
from claudemock.engine.reply import Block
from claudemock.wire.messages import PromptRequest

_WORD = re.compile(r"\w+")
_DARK = re.compile(r"\S+")
_SHOWN = 80  # characters of a passage that an error message shows
_COMPARED = 5_000  # passages that are looked at to name the nearest one
_CITED = 2  # sources that an unscripted reply cites at most
_FIRST = 8  # pieces of a source that it chooses from
_KEYS = frozenset({"quote", "document", "search_result"})


class QuoteNotFound(ValueError):  # noqa: N818 - says what is wrong
    """A quote that no citable document holds. The message names the passage nearest to it."""


def is_quote(citation: object) -> bool:
    """Whether a citation that a script gives has still to be located."""
    return isinstance(citation, str) or (isinstance(citation, Mapping) and "quote" in citation)


def without_quotes(content: Sequence[Block]) -> list[Block]:
    """Scripted blocks without the citations that only a request can make whole. Raises `ValueError` for wrong keys."""
    return [
        {**block, "citations": [each for each in block["citations"] if not (is_quote(each) and _checked(each))]}
        if isinstance(block.get("citations"), list)
        else block
        for block in content
    ]


def with_citations(
    content: Sequence[Block], request: PromptRequest, files: Mapping[str, Attached] = NO_FILES
) -> Sequence[Block]:
    """Scripted blocks with their quotes located in the request's documents and in pages fetched by the reply itself.

    `files` are the uploaded files among the documents. Content without quotes comes back as it is. Raises
    `QuoteNotFound`.
    """
    if not any(is_quote(citation) for block in content for citation in block.get("citations") or ()):
        return content
    citable = Citable.of(request, content, files)
    return [
        {**block, "citations": [citable.resolve(each) for each in block["citations"]]}
        if block.get("citations")
        else block
        for block in content
    ]


def _checked(citation: str | Mapping[str, Any]) -> str | Mapping[str, Any]:
    unknown = [] if isinstance(citation, str) else sorted(citation.keys() - _KEYS)
    if unknown:
        raise ValueError(f"beside quote a citation takes document or search_result, not {', '.join(unknown)}")
    return citation


@dataclass(frozen=True, slots=True)
class Citable:
    """What can be cited from a request. Making it costs one look at the blocks; texts are cut when asked for."""

    all_sources: Sequence[Source]

    @classmethod
    def of(
        cls,
        request: PromptRequest,
        reply: Sequence[Mapping[str, Any]] = (),
        files: Mapping[str, Attached] = NO_FILES,
    ) -> "Citable":
        """The documents and search results of a request, and pages fetched by the tools whose results `reply` holds."""
        return cls(tuple(sources(request, reply, files)))

    @property
    def enabled(self) -> Sequence[Source]:
        """Those that may be cited."""
        return [source for source in self.all_sources if source.enabled]

    def resolve(self, citation: str | Mapping[str, Any]) -> Citation:
        """A citation as a script gives it, made whole.

        A string, or `{"quote": …}` with `document` or `search_result` for its index, is located; anything else is a
        finished citation and stays as it is. Raises `QuoteNotFound`; `ValueError` for other keys beside `quote`.
        """
        if isinstance(citation, str):
            return self.locate(citation)
        if not is_quote(citation):
            return dict(citation)
        _checked(citation)
        return self.locate(
            str(citation["quote"]), document=citation.get("document"), search_result=citation.get("search_result")
        )

    def locate(self, quote: str, *, document: int | None = None, search_result: int | None = None) -> Citation:
        """The citation of the first passage that holds `quote`; the index of its source may be given.

        Exact matches in any source go before those that differ in white space. Raises `QuoteNotFound`.
        """
        wanted = quote.strip()
        among = [source for source in self.enabled if _is_named(source, document, search_result)]
        if wanted:
            for find in (_exactly, _without_white):
                for source in among:
                    found = find(source.pieces.text, wanted)
                    cited = source.covering(*found) if found else None
                    if cited is not None:
                        return cited
        raise QuoteNotFound(_unfound(quote, among))

    def automatic(self, source: bytes) -> list[Block]:
        """The blocks with which an unscripted reply cites: a lead and a quote for each of one or two sources.

        The same `source` (16 bytes or more) chooses the same passages. Empty where nothing can be cited.
        """
        blocks: list[Block] = []
        for citation in self._chosen(source):
            lead = " It also says: " if blocks else " From your documents: "
            said = " ".join(citation["cited_text"].split())
            blocks.append({"type": "text", "text": lead})
            blocks.append({"type": "text", "text": said, "citations": [citation]})
        return blocks

    def _chosen(self, source: bytes) -> Iterator[Citation]:
        left = _CITED
        for each in self.enabled:
            pieces = each.opening()
            said = [at for at, (start, end) in enumerate(pieces.spans[:_FIRST]) if not pieces.text[start:end].isspace()]
            if said and left:
                left -= 1
                at = said[source[left] % len(said)]
                yield each.cite(pieces, at, at)
            if not left:
                return


def _is_named(source: Source, document: int | None, search_result: int | None) -> bool:
    if document is None and search_result is None:
        return True
    return source.index == (search_result if source.kind == "search_result" else document)


def _exactly(text: str, quote: str) -> tuple[int, int] | None:
    at = text.find(quote)
    return None if at < 0 else (at, at + len(quote))


def _without_white(text: str, quote: str) -> tuple[int, int] | None:
    """Where `quote` stands if white space is left out of both."""
    wanted = "".join(quote.split())
    at = "".join(text.split()).find(wanted)
    if at < 0:
        return None
    start, last = _nth_dark(text, at), _nth_dark(text, at + len(wanted) - 1)
    return start, last + 1


def _nth_dark(text: str, number: int) -> int:
    """The position of the character with this number (0-based) if white space is not counted."""
    for run in _DARK.finditer(text):
        length = run.end() - run.start()
        if number < length:
            return run.start() + number
        number -= length
    return len(text)


def _unfound(quote: str, among: Sequence[Source]) -> str:
    shown = _shown(quote)
    if not among:
        return f"{shown} cannot be cited: no such document or search result of the request has citations enabled"
    words = set(_WORD.findall(quote.lower()))
    best = 0.0
    nearest: tuple[Source, str] | None = None
    for source, passage in _passages(among):
        own = set(_WORD.findall(passage.lower()))
        alike = len(own & words) / (len(own | words) or 1)
        if nearest is None or alike > best:
            best, nearest = alike, (source, passage)
    if nearest is None:
        return f"{shown} is not in {among[0]}: it has no text that can be cited"
    return f"{shown} is in no document. Nearest, in {nearest[0]}: {_shown(nearest[1])}"


def _passages(among: Sequence[Source]) -> Iterator[tuple[Source, str]]:
    left = _COMPARED
    for source in among:
        pieces = source.pieces
        for start, end in pieces.spans[:left]:
            left -= 1
            yield source, pieces.text[start:end]


def _shown(text: str) -> str:
    said = " ".join(text.split())
    return f"“{said if len(said) <= _SHOWN else said[: _SHOWN - 1] + '…'}”"
