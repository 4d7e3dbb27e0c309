"""How many tokens the parts of a prompt have: content blocks, tool definitions, any JSON.

Everything here takes JSON as it came, well-formed or not, and never fails on it: what is unknown counts as its JSON.
"""

import json
import marshal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from claudemock.prompt.media import image_patches, image_size, pdf_pages
from claudemock.prompt.text_tokens import Memo, TextTokens

_compact = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_NOT_IN_PROMPT = frozenset(
    {"cache_control", "type", "strict", "eager_input_streaming", "defer_loading", "allowed_callers"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Tokens that the API adds to texts, for one tokenizer; the values and their origin: `fixtures/tokens.json`."""

    request: float  # once per request
    message: float  # per message but a trailing assistant one, which needs no further turn to be opened
    further_block: float  # per content block after a message's first
    thinking_enabled: float
    thinking_adaptive: float
    structured_output: float
    structured_output_schema: float  # times the tokens of the schema
    citations: float  # once per request in which a document, search result or fetched page may be cited
    mcp_server: float
    tool: float  # per client tool, beside its JSON
    tool_use: float
    tool_use_parameter: float
    tool_result: float
    thinking: float  # per thinking block, beside its text
    signature_character: float  # thinking that is summarised or left out is longer than what is shown
    redacted_character: float
    signature_start: int  # characters of a signature or of redacted data that stand for no thinking
    image: float  # beside its patches
    image_max_edge: int
    image_max_tokens: int
    image_unseen: float  # by URL or file id
    document: float
    pdf_page: float
    pdf_page_bytes_per_token: float
    pdf_page_text_max: float
    pdf_unseen: float
    search_result: float
    web_search_result: float
    web_search_character: float  # per character of encrypted content
    web_fetch_result: float
    server_tool_error: float
    compaction: float  # beside its text
    reply: float  # once per reply; what follows counts output
    reply_calls: float  # once per reply that calls tools
    reply_call: float
    reply_call_parameter: float
    reply_forced_any: float
    reply_forced_tool: float
    reply_citation: float


class BlockTokens:
    """The prices of one tokenizer applied to blocks, tools and values.

    `table` is one entry of `tokenizers` in `fixtures/tokens.json`; `memo_bytes` bounds what is remembered.
    """

    def __init__(self, table: Mapping[str, Any], memo_bytes: int) -> None:
        self.prices = Prices(**table["prices"])
        self._server_tools: Mapping[str, float] = table["server_tools"]
        self._text = TextTokens(table["text"], memo_bytes * 3 // 4)
        self._memo = Memo(memo_bytes // 4)
        self.text = self._text.count
        self._kinds: dict[str, Callable[[Mapping[str, Any]], float]] = {
            "image": self._image,
            "document": self._document,
            "search_result": self._search_result,
            "tool_use": self._call,
            "server_tool_use": self._call,
            "mcp_tool_use": self._call,
            "tool_result": self._result,
            "mcp_tool_result": self._result,
            "web_search_tool_result": self._web_search,
            "web_fetch_tool_result": self._web_fetch,
            "thinking": self.thinking,
            "redacted_thinking": self._redacted,
            "mid_conv_system": lambda block: self.content(block.get("content")),
            "connector_text": lambda block: self.value(block.get("connector_text")),
            "compaction": lambda block: self.prices.compaction + self.value(block.get("content")),
        }

    def block(self, block: object) -> float:
        """Tokens of one content block (or string), without what its message costs."""
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(block, dict) or not isinstance(kind, str):
            return self.value(block)
        if kind == "text":
            return self.value(block.get("text"))
        count = self._kinds.get(kind)
        try:
            if count is not None:
                return count(block)
            if kind.endswith("_tool_result"):
                return self.prices.tool_result + self.value(block.get("content"))
        except RecursionError:  # blocks within blocks, deeper than any the API takes
            return self._leaves(block)
        return self.value(block)

    def content(self, content: object) -> float:
        """Tokens of a content field: a string, a list of blocks, or anything else as JSON."""
        if isinstance(content, list):
            return sum(map(self.block, content), 0.0)
        return self.block(content)

    def value(self, value: Any) -> float:
        """Tokens of any JSON value: a string as it is, null as nothing, the rest as JSON, blanks after `:` and `,`."""
        if isinstance(value, str):
            return self.text(value)
        if value is None:
            return 0.0
        try:
            key = marshal.dumps(value, 2)  # four times quicker than JSON, and as good a key
        except ValueError:  # nested too deeply
            return self._leaves(value)
        known = self._memo.get(key)
        if known is None:
            known = self._json(value)
            self._memo.put(key, known)
        return known

    def tool(self, tool: object, server_tools: Mapping[str, float] | None = None) -> float:
        """Tokens of one tool definition. `server_tools`: prices by type prefix that replace the tokenizer's own."""
        if not isinstance(tool, dict):
            return self.value(tool)
        kind = tool.get("type", "custom")
        if tool.get("defer_loading") is True or kind == "mcp_toolset":
            return 0.0
        if isinstance(kind, str) and kind != "custom" and "input_schema" not in tool:
            return self._server_tool(kind, server_tools or {})
        return self.prices.tool + self.value({key: tool[key] for key in tool if key not in _NOT_IN_PROMPT})

    def thinking(self, block: Mapping[str, Any]) -> float:
        """Tokens of a thinking block: its text, or what its signature tells of the thinking that is not shown."""
        hidden = self.prices.signature_character * self._sealed(block.get("signature"))
        return self.prices.thinking + max(self.value(block.get("thinking")), hidden)

    def reply(self, block: object) -> float:
        """Output tokens of one block of a reply; what a server tool found is no output."""
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(block, dict) or not isinstance(kind, str):
            return self.value(block)
        if kind.endswith("_tool_use") or kind == "tool_use":
            call = self.value(block.get("name")) + self.value(block.get("input"))
            return call + self.prices.reply_call + self.prices.reply_call_parameter * _size(block.get("input"))
        if kind.endswith("_tool_result"):
            return 0.0
        citations = block.get("citations")
        return self.block(block) + self.prices.reply_citation * (len(citations) if isinstance(citations, list) else 0)

    def image(self, size: tuple[int, int] | None) -> float:
        """Tokens of an image of this size in pixels (None: it is not seen), beside those of its block."""
        prices = self.prices
        if size is None:
            return prices.image_unseen
        return image_patches(*size, max_edge=prices.image_max_edge, max_tokens=prices.image_max_tokens)

    def pdf(self, pages: int, base64_size: int) -> float:
        """Tokens of a PDF with so many pages and characters of base64, beside those of its block."""
        text = base64_size * 0.75 / pages / self.prices.pdf_page_bytes_per_token
        return pages * (self.prices.pdf_page + min(text, self.prices.pdf_page_text_max))

    def _redacted(self, block: Mapping[str, Any]) -> float:
        return self.prices.thinking + self.prices.redacted_character * self._sealed(block.get("data"))

    def _sealed(self, text: object) -> int:
        """Characters of opaque data that grow with the thinking in it."""
        return max(len(text) - self.prices.signature_start, 0) if isinstance(text, str) else 0

    def _server_tool(self, kind: str, special: Mapping[str, float]) -> float:
        for prices in (special, self._server_tools):
            for prefix, price in prices.items():
                if kind.startswith(prefix):
                    return price
        return self._server_tools["other"]

    def _json(self, value: object) -> float:
        try:
            return self.text(_compact(value))
        except (RecursionError, ValueError):
            return self._leaves(value)

    def _leaves(self, value: object) -> float:
        total, waiting = 0.0, [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                waiting += [*part.keys(), *part.values()]
            elif isinstance(part, list):
                waiting += part
            else:
                total += 1 + self.text(str(part))
        return total

    def _image(self, block: Mapping[str, Any]) -> float:
        source = _mapping(block.get("source"))
        data, stored = source.get("data"), _stored_tokens(source)
        if stored is None:
            stored = self.image(image_size(data) if isinstance(data, str) else None)
        return self.prices.image + stored

    def _document(self, block: Mapping[str, Any]) -> float:
        source = _mapping(block.get("source"))
        total = self.prices.document + self.value(block.get("title")) + self.value(block.get("context"))
        kind, data, stored = source.get("type"), source.get("data"), _stored_tokens(source)
        if stored is not None:
            return total + stored
        if kind == "content":
            return total + self.content(source.get("content"))
        if kind == "base64" and isinstance(data, str):
            return total + self._pdf(data)
        return total + (self.prices.pdf_unseen if data is None else self.value(data))

    def _pdf(self, data: str) -> float:
        pages = self._memo.get(data)
        if pages is None:
            pages = pdf_pages(data)
            self._memo.put(data, pages)
        return self.pdf(int(pages), len(data))

    def _search_result(self, block: Mapping[str, Any]) -> float:
        head = self.value(block.get("title")) + self.value(block.get("source"))
        return self.prices.search_result + head + self.content(block.get("content"))

    def _call(self, block: Mapping[str, Any]) -> float:
        given = self.value(block.get("name")) + self.value(block.get("input"))
        return given + self.prices.tool_use + self.prices.tool_use_parameter * _size(block.get("input"))

    def _result(self, block: Mapping[str, Any]) -> float:
        return self.prices.tool_result + self.content(block.get("content"))

    def _web_search(self, block: Mapping[str, Any]) -> float:
        hits = block.get("content")
        if not isinstance(hits, list):
            return self.prices.tool_result + self.prices.server_tool_error
        return self.prices.tool_result + sum(map(self._hit, hits))

    def _hit(self, hit: object) -> float:
        found = _mapping(hit)
        content = found.get("encrypted_content")
        hidden = len(content) * self.prices.web_search_character if isinstance(content, str) else 0.0
        return self.prices.web_search_result + self.value(found.get("title")) + self.value(found.get("url")) + hidden

    def _web_fetch(self, block: Mapping[str, Any]) -> float:
        found = _mapping(block.get("content"))
        if found.get("type") != "web_fetch_result":
            return self.prices.tool_result + self.prices.server_tool_error
        page = self.value(found.get("url")) + self.block(found.get("content"))
        return self.prices.tool_result + self.prices.web_fetch_result + page


def _stored_tokens(source: Mapping[str, Any]) -> float | None:
    """What a source says its content counts: that of an uploaded file, once it has been looked at."""
    tokens = source.get("tokens")
    return tokens if source.get("type") == "file" and isinstance(tokens, int | float) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _size(value: object) -> int:
    return len(value) if isinstance(value, dict) else 0
