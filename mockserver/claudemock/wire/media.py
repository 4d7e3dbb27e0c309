"""Blocks that carry what people and documents say: text, images, documents, search results, and what hangs on them."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from claudemock.wire.base import ByType, Gated, LooseModel, Omissible, WireModel, lift_text


class CacheControl(WireModel):
    """A cache breakpoint. Without `ttl` it lives five minutes."""

    type: Literal["ephemeral"]
    ttl: Omissible[Literal["5m", "1h"]] = None
    scope: Annotated[str | None, Gated("cache_control.scope")] = None
    evict_on_complete: Annotated[bool | None, Gated("cache_control.evict_on_complete")] = None


CacheControlField = Annotated[CacheControl, ByType()] | None


class CharLocation(LooseModel):
    """A citation of a text document: characters, 0-based, end exclusive."""

    type: Literal["char_location"]
    cited_text: str
    document_index: int
    document_title: str | None = None
    start_char_index: int
    end_char_index: int


class PageLocation(LooseModel):
    """A citation of a PDF: pages, 1-based, end exclusive."""

    type: Literal["page_location"]
    cited_text: str
    document_index: int
    document_title: str | None = None
    start_page_number: int
    end_page_number: int


class ContentBlockLocation(LooseModel):
    """A citation of a document made of blocks: blocks, 0-based, end exclusive."""

    type: Literal["content_block_location"]
    cited_text: str
    document_index: int
    document_title: str | None = None
    start_block_index: int
    end_block_index: int


class WebSearchResultLocation(LooseModel):
    """A citation of a page that the web search tool found."""

    type: Literal["web_search_result_location"]
    cited_text: str
    url: str
    title: str | None = None
    encrypted_index: str


class SearchResultLocation(LooseModel):
    """A citation of a search result that the client sent: blocks, 0-based, end exclusive."""

    type: Literal["search_result_location"]
    cited_text: str
    source: str
    title: str | None = None
    search_result_index: int
    start_block_index: int
    end_block_index: int


Citation = Annotated[
    CharLocation | PageLocation | ContentBlockLocation | WebSearchResultLocation | SearchResultLocation, ByType()
]


class CitationsConfig(WireModel):
    """Whether the model may cite this source."""

    enabled: bool = False


class TextBlock(WireModel):
    """Text. `citations` are those the API once answered with."""

    type: Literal["text"]
    text: str
    cache_control: CacheControlField = None
    citations: list[Citation] | None = None


class Base64ImageSource(WireModel):
    """An image in the request itself."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str


class UrlSource(WireModel):
    """An image or a PDF that the API fetches."""

    type: Literal["url"]
    url: str


class FileSource(WireModel):
    """An uploaded file."""

    type: Literal["file"]
    file_id: str


class ImageTransformations(WireModel):
    """What the API does with an image before the model sees it."""

    oversized_image: Literal["downsize", "error"] = "downsize"


class ImageBlock(WireModel):
    """An image."""

    type: Literal["image"]
    source: Annotated[Base64ImageSource | UrlSource | FileSource, ByType()]
    cache_control: CacheControlField = None
    transformations: ImageTransformations | None = None


class Base64DocumentSource(WireModel):
    """A PDF in the request itself."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: str


class TextDocumentSource(WireModel):
    """Plain text as a document."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class ContentDocumentSource(WireModel):
    """A document whose citable pieces the client has chosen: one block each."""

    type: Literal["content"]
    content: Annotated[list[Annotated[TextBlock | ImageBlock, ByType()]], BeforeValidator(lift_text)]


class DocumentBlock(WireModel):
    """A document. `title` and `context` are shown to the model and never cited."""

    type: Literal["document"]
    source: Annotated[
        Base64DocumentSource | TextDocumentSource | ContentDocumentSource | UrlSource | FileSource, ByType()
    ]
    title: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    context: Annotated[str, Field(min_length=1)] | None = None
    citations: CitationsConfig | None = None
    cache_control: CacheControlField = None


class SearchResultBlock(WireModel):
    """A result of the client's own search."""

    type: Literal["search_result"]
    source: str
    title: str
    content: list[TextBlock]
    citations: CitationsConfig | None = None
    cache_control: CacheControlField = None
