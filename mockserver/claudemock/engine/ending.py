"""How a reply ends: the request's stop sequences and token limit applied to content, and the stop reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from claudemock.engine.reply import Block

Count = Callable[[Sequence[Block]], int]


@dataclass(frozen=True, slots=True)
class Ending:
    """Content as it is served, the stop reason, and the stop sequence that ended it (or None)."""

    content: list[Block]
    stop_reason: str
    stop_sequence: str | None
    output_tokens: int


def finish(content: Sequence[Block], stop_sequences: Sequence[str], max_tokens: int, count: Count) -> Ending:
    """Cut `content` at the first stop sequence in its text, then at `max_tokens` tokens as `count` measures them.

    A matched stop sequence is not part of the text (recorded: 207 of 207). `max_tokens: 0` (cache pre-warm) gives no
    content and `stop_reason: max_tokens`. A tool call that the limit cuts off is dropped whole: the non-streaming API
    never returns half an `input`.
    """
    if max_tokens == 0:
        return Ending([], "max_tokens", None, 0)
    blocks, sequence = _cut_at_sequence(content, stop_sequences)
    total = count(blocks)
    if total > max_tokens:
        return Ending(_cut_at_tokens(blocks, max_tokens, count), "max_tokens", None, max_tokens)
    if sequence is not None:
        return Ending(blocks, "stop_sequence", sequence, total)
    calls = any(block["type"] == "tool_use" for block in blocks)
    return Ending(blocks, "tool_use" if calls else "end_turn", None, total)


def _cut_at_sequence(content: Sequence[Block], sequences: Sequence[str]) -> tuple[list[Block], str | None]:
    kept: list[Block] = []
    for block in content:
        if sequences and block["type"] == "text":
            hits = [(at, sequence) for sequence in sequences if (at := block["text"].find(sequence)) >= 0]
            if hits:
                at, sequence = min(hits)
                if at:
                    kept.append({**block, "text": block["text"][:at]})
                return kept, sequence
        kept.append(block)
    return kept, None


def _cut_at_tokens(blocks: list[Block], limit: int, count: Count) -> list[Block]:
    """The longest prefix of `blocks` whose count does not exceed `limit`; a prose block may be cut within."""
    whole = 0
    while whole < len(blocks) and count(blocks[: whole + 1]) <= limit:
        whole += 1
    kept, block = blocks[:whole], blocks[whole]
    field = {"text": "text", "thinking": "thinking"}.get(block["type"])
    if field is None:
        return kept
    low, high = 0, len(block[field])
    while low < high:
        middle = (low + high + 1) // 2
        if count([*kept, _shortened(block, field, middle)]) <= limit:
            low = middle
        else:
            high = middle - 1
    return [*kept, _shortened(block, field, low)] if low else kept


def _shortened(block: Block, field: str, length: int) -> dict[str, Any]:
    return {**block, field: block[field][:length]}
