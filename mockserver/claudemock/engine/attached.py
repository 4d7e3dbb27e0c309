"""Uploaded files that a request uses as documents, images or container uploads, and what is known of their contents.

Contents are read once: what follows from one (its size in pixels, its pages, its text, its tokens) is remembered by
the content's digest.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar

from claudemock.prompt.media import image_size, pdf_pages
from claudemock.prompt.tokens import TokenEstimator
from claudemock.recent import Recent
from claudemock.wire.content import ContainerUploadBlock, DocumentBlock, ImageBlock, ToolResultBlock
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.media import ContentDocumentSource, FileSource
from claudemock.wire.messages import PromptRequest

Use = Literal["document", "image", "container_upload"]
Remembered = Recent[tuple[str, str], Any]
PDF, TEXT = "application/pdf", "text/plain"
NO_FILES: Mapping[str, "Attached"] = MappingProxyType({})
_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_MOST_TEXT = 16_000_000  # bytes of a text that are read: several times what the largest context window holds
_MOST_PDF = 32_000_000  # bytes of a PDF that are read: as many as one in a request could have
_HEAD = 1_000_000  # bytes in which the size of an image is looked for
_SMALL = 200  # bytes that a remembered number or header takes
Fact = TypeVar("Fact")


class Reference(NamedTuple):
    """One use of a file in a request."""

    use: Use
    file_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One uploaded file, or (`id` is empty) a PDF in the request itself.

    `read` gives up to so many bytes of its content; `memo` is shared by all files.
    """

    id: str
    mime_type: str
    size: int
    digest: str
    read: Callable[[int], bytes] = field(repr=False)
    memo: Remembered = field(repr=False)

    def text(self) -> str:
        """The content as text. What is no UTF-8 is replaced."""
        return self.read(_MOST_TEXT).decode("utf-8", "replace")

    def pdf(self) -> bytes:
        """The content of a PDF."""
        return self.read(_MOST_PDF)

    def known(self, what: str, make: Callable[[], Fact], weigh: Callable[[Fact], int] = lambda _: 0) -> Fact:
        """What `make` says of the content, made once; `weigh` says how many bytes it takes to remember it."""
        found: tuple[Fact] | None = self.memo.get((self.digest, what))
        if found is None:
            found = (make(),)
            self.memo.put((self.digest, what), found, weigh(found[0]) + _SMALL)
        return found[0]

    def knows(self, what: str) -> bool:
        """Whether `known` would not have to make it."""
        return self.memo.get((self.digest, what)) is not None

    def tokens(self, counts: TokenEstimator, tokenizer: str) -> float | None:
        """What its content counts in a prompt, as if it stood in the request; None for what no model sees."""
        if self.mime_type == TEXT:
            return self.known(f"tokens {tokenizer}", lambda: self._text_tokens(counts, tokenizer))
        if self.mime_type == PDF:
            pages = self.known("pdf_pages", lambda: pdf_pages(self.pdf()))
            return counts.pdf(pages, (self.size + 2) // 3 * 4, tokenizer)
        if self.mime_type in _IMAGES:
            return counts.image(self.known("image_size", lambda: image_size(self.read(_HEAD))), tokenizer)
        return None

    def _text_tokens(self, counts: TokenEstimator, tokenizer: str) -> float:
        """Of a text longer than is read, what is read stands for the rest."""
        return counts.text(self.text(), tokenizer) * max(1.0, self.size / _MOST_TEXT)


def references(request: PromptRequest) -> Iterator[Reference]:
    """The files that a request uses, in the order sent, those in tool results and in documents made of blocks too."""
    for message in request.messages:
        for block in message.content:
            yield from _of_block(block)


def _of_block(block: Any) -> Iterator[Reference]:
    kind = type(block)
    if kind is ContainerUploadBlock:
        yield Reference("container_upload", block.file_id)
    elif kind is ToolResultBlock:
        for part in block.content:
            yield from _of_block(part)
    elif kind is DocumentBlock or kind is ImageBlock:
        if type(block.source) is FileSource:
            yield Reference(block.type, block.source.file_id)
        elif type(block.source) is ContentDocumentSource:
            for part in block.source.content:
                yield from _of_block(part)


def check_use(use: Use, mime_type: str) -> None:
    """Documents are PDFs or plain text, images of one of four types. Raises `ApiError` 400.

    The wording for documents was quoted in public issues in 2025, that for images is made after it.
    """
    if use == "document" and mime_type not in (PDF, TEXT):
        raise invalid_request(
            f"Unsupported document file format: {mime_type}. Only PDF and plaintext documents are supported."
        )
    if use == "image" and mime_type not in _IMAGES:
        raise invalid_request(
            f"Unsupported image file format: {mime_type}. Only JPEG, PNG, GIF and WebP images are supported."
        )


def expired(file_id: str) -> ApiError:
    """404 for a content past its time; the code is documented, the wording is not."""
    return ApiError(404, "not_found_error", f"File '{file_id}' has expired", details={"error_code": "file_expired"})


def with_tokens(
    body: Mapping[str, Any], files: Mapping[str, Attached], counts: TokenEstimator, tokenizer: str
) -> Mapping[str, Any]:
    """The request as it is counted: each source that is a file in `files` says how many `tokens` its content has."""
    known = {name: file.tokens(counts, tokenizer) for name, file in files.items() if file.id}
    if not known:
        return body
    return {**body, "messages": [_counted(message, known) for message in body["messages"]]}


def _counted(part: Any, known: Mapping[str, float | None]) -> Any:
    """A message, block or source with the tokens of the files in it."""
    if isinstance(part, list):
        return [_counted(each, known) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "file" and known.get(part.get("file_id", "")) is not None:
        return {**part, "tokens": known[part["file_id"]]}
    inner = [key for key in ("content", "source") if isinstance(part.get(key), list | dict)]
    return {**part, **{key: _counted(part[key], known) for key in inner}} if inner else part
