"""The token estimator: one for `usage` and for count_tokens, so that both always agree.

Real counts need the model's vocabulary, which is not public. This one adds up prices per piece of text and per part
of a request (`fixtures/tokens.json`: values, how they were got, how far they are off).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from claudemock.fixtures import fixture
from claudemock.prompt.block_tokens import BlockTokens

_MEMO_BYTES = 32 << 20
_CITABLE = ("document", "search_result")
_MAY_HOLD_SOURCES = (*_CITABLE, "tool_result")
_THINKING = ("thinking", "redacted_thinking")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """Models whose prompts the API builds alike."""

    models: tuple[str, ...]  # prefixes of model ids
    tokenizer: str
    tool_prompt: Mapping[str, float]  # by `tool_choice.type`
    thinking_kept: Literal["all", "last_turn"]
    server_tools: Mapping[str, float]


class TokenEstimator:
    """Counts the tokens of requests and replies given as JSON; it fails on none, whatever is in it.

    `tokenizer` is a key of `tokenizers` in the tables ("claude-3" up to 4.6 and Haiku 4.5, "claude-4-7" since); every
    method raises `KeyError` for another. What the API adds for tools and keeps of former thinking depends on
    the family of `body["model"]`; a model of no known family counts as the tokenizer's newest.

    `memo_bytes` bounds the texts remembered, so that a growing conversation pays for its new turn only; instances
    share nothing.
    """

    def __init__(self, tables: Mapping[str, Any], *, memo_bytes: int = _MEMO_BYTES) -> None:
        tokenizers = tables["tokenizers"]
        room = memo_bytes // len(tokenizers)
        self._blocks = {name: BlockTokens(table, room) for name, table in tokenizers.items()}
        self._families = tuple(
            _Family(
                models=tuple(entry["models"]),
                tokenizer=entry["tokenizer"],
                tool_prompt=entry["tool_prompt"],
                thinking_kept=entry["thinking_kept"],
                server_tools=entry.get("server_tools", {}),
            )
            for entry in tables["families"]
        )
        self._newest = {family.tokenizer: family for family in self._families}

    @classmethod
    def load(cls, *, memo_bytes: int = _MEMO_BYTES) -> Self:
        """An estimator with the shipped tables."""
        return cls(json.loads(fixture("tokens.json").read_text("utf-8")), memo_bytes=memo_bytes)

    def text(self, text: str, tokenizer: str) -> float:
        """Tokens of a text, not rounded."""
        return self._blocks[tokenizer].text(text)

    def block(self, block: object, tokenizer: str) -> float:
        """Tokens of one content block as it stands in a prompt, not rounded; its message costs a little more."""
        return self._blocks[tokenizer].block(block)

    def tool(self, tool: object, tokenizer: str) -> float:
        """Tokens of one tool definition, not rounded, without what having any tool at all costs the request."""
        return self._blocks[tokenizer].tool(tool)

    def image(self, size: tuple[int, int] | None, tokenizer: str) -> float:
        """Tokens of an image of `size` pixels (None: unknown), not rounded, without what its block costs."""
        return self._blocks[tokenizer].image(size)

    def pdf(self, pages: int, base64_size: int, tokenizer: str) -> float:
        """Tokens of a PDF by its pages and the length of its base64, not rounded, without what its block costs."""
        return self._blocks[tokenizer].pdf(pages, base64_size)

    def request(self, body: Mapping[str, Any], tokenizer: str) -> int:
        """Input tokens of a request to /v1/messages or count_tokens, at least 1: the rounded sum of its parts."""
        return max(1, round(sum(self.parts(body, tokenizer))))

    def parts(self, body: Mapping[str, Any], tokenizer: str) -> list[float]:
        """The tokens of each part of the prompt in the API's order, none of them negative.

        The first is what is paid once. Then come the tools, the system blocks, and the blocks of each message, the
        first of which bears the cost of the message; a plain string is one block, an empty message one part. The tokens
        up to a cache breakpoint are the rounded sum up to its part; the sum of all is the total. Blocks the API leaves
        out (before a compaction; thinking of former turns on models that drop it) have 0 tokens.
        """
        blocks = self._blocks[tokenizer]
        family = self._family(body.get("model"), tokenizer)
        tools = _listed(body.get("tools"))
        parts = [_paid_once(blocks, family, body)]
        parts += [blocks.tool(tool, family.server_tools) for tool in tools]
        parts += [_system_tokens(blocks, part) for part in _parts(body.get("system"))]
        said, cited = _message_parts(blocks, _listed(body.get("messages")), family.thinking_kept)
        if cited or any(_allows_citations(tool) for tool in tools):
            parts[0] += blocks.prices.citations
        return parts + said

    def output(self, blocks: Sequence[object], tokenizer: str, tool_choice: object = None) -> int:
        """Output tokens of a reply's content. `tool_choice` is the request's: a forced call has less to write."""
        counter = self._blocks[tokenizer]
        prices = counter.prices
        total = prices.reply + sum(map(counter.reply, blocks))
        if any(_is_call(block) for block in blocks):
            kind = tool_choice.get("type") if isinstance(tool_choice, dict) else None
            forced = {"any": prices.reply_forced_any, "tool": prices.reply_forced_tool}
            total += prices.reply_calls - (forced.get(kind, 0.0) if isinstance(kind, str) else 0.0)
        return max(0, round(total))

    def _family(self, model: object, tokenizer: str) -> _Family:
        if isinstance(model, str):
            for family in self._families:
                if family.tokenizer == tokenizer and model.startswith(family.models):
                    return family
        return self._newest[tokenizer]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _parts(content: object) -> list[Any]:
    """The blocks of a content field; a string is one block."""
    return [] if content == "" else _listed(content)


def _content(message: object) -> list[Any]:
    return _parts(message.get("content") if isinstance(message, dict) else message)


def _paid_once(blocks: BlockTokens, family: _Family, body: Mapping[str, Any]) -> float:
    """What the request costs beside tools, system and messages."""
    prices = blocks.prices
    total = prices.request
    servers = _listed(body.get("mcp_servers"))
    if body.get("tools") or servers:
        kind = _field(body.get("tool_choice"), "type")
        auto = family.tool_prompt["auto"]
        total += prices.mcp_server * len(servers)
        total += family.tool_prompt.get(kind, auto) if isinstance(kind, str) else auto
    thinking = _field(body.get("thinking"), "type")
    if thinking == "enabled":
        total += prices.thinking_enabled
    elif thinking == "adaptive":
        total += prices.thinking_adaptive
    wanted = _field(body.get("output_config"), "format") or body.get("output_format")
    if isinstance(wanted, dict):
        total += prices.structured_output + prices.structured_output_schema * blocks.value(wanted.get("schema"))
    return total


def _system_tokens(blocks: BlockTokens, part: object) -> float:
    """Tokens of one system block; the line in which some clients name themselves for billing is taken out."""
    text = _field(part, "text")
    if isinstance(text, str) and text.startswith("x-anthropic-billing-header:"):
        return 0.0
    return blocks.block(part)


def _message_parts(blocks: BlockTokens, messages: list[Any], kept: str) -> tuple[list[float], bool]:
    """The tokens of each block, and whether any may be cited."""
    parts, cited = list[float](), False
    count, prices = blocks.block, blocks.prices
    former = _last_prompt(messages) if kept == "last_turn" else -1
    for number, message in enumerate(messages):
        trailing = number == len(messages) - 1 and _field(message, "role") == "assistant"
        opening = 0.0 if trailing else prices.message
        content = _content(message)
        for block in content:
            kind = block.get("type") if isinstance(block, dict) else None
            if kind == "compaction":
                parts = [0.0] * len(parts)
            elif kind in _MAY_HOLD_SOURCES:
                cited = cited or _is_cited(block) or any(map(_is_cited, _parts(block.get("content"))))
            dropped = number < former and kind in _THINKING
            parts.append(opening if dropped else opening + count(block))
            opening = prices.further_block
        if not content:
            parts.append(opening)
    return parts, cited


def _last_prompt(messages: list[Any]) -> int:
    """Index of the last user message that is more than tool results; thinking before it belongs to former turns."""
    for number in range(len(messages) - 1, -1, -1):
        message = messages[number]
        if _field(message, "role") == "user" and any(
            _field(each, "type") != "tool_result" for each in _content(message)
        ):
            return number
    return -1


def _is_cited(block: object) -> bool:
    return _field(block, "type") in _CITABLE and _allows_citations(block)


def _allows_citations(value: object) -> bool:
    return _field(_field(value, "citations"), "enabled") is True


def _is_call(block: object) -> bool:
    kind = _field(block, "type")
    return isinstance(kind, str) and (kind == "tool_use" or kind.endswith("_tool_use"))


def _field(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
