"""A reply whose thinking takes all there is, so that nothing is left to say: thinking alone, `stop_reason: max_tokens`.

The API counts raw thinking, of which the shown text may be a summary; so a budget that is overrun is billed as
`max_tokens` tokens of thinking, however long the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from claudemock.engine.ending import Count
from claudemock.engine.reply import Block
from claudemock.engine.signature_prefix import THINKING
from claudemock.wire.messages import MessagesRequest


@dataclass(frozen=True, slots=True)
class Exhausted:
    """What is left of the content, and the tokens billed, all of them thinking. The stop reason is `max_tokens`."""

    content: list[Block]
    output_tokens: int


def exhausted(
    content: Sequence[Block], stop_reason: str | None, request: MessagesRequest, count: Count
) -> Exhausted | None:
    """The outcome if a reply's thinking leaves no room for its answer; None if the answer follows.

    A script says so with thinking alone and `stop_reason: max_tokens`; it is served as it stands. Else it is so where
    the thinking before the answer has more tokens than `max_tokens` or, unless it is spread over tool calls by
    interleaving, than `thinking.budget_tokens`; then the last block is cut to what fits.
    """
    leading = _leading_thinking(content)
    if not leading or request.max_tokens == 0:
        return None
    if stop_reason == "max_tokens" and len(leading) == len(content):
        return Exhausted(leading, request.max_tokens)
    limit = min(request.max_tokens, getattr(request.thinking, "budget_tokens", request.max_tokens))
    if stop_reason is not None or count(leading) <= limit:
        return None
    return Exhausted(_cut(leading, limit, count), request.max_tokens)


def _leading_thinking(content: Sequence[Block]) -> list[Block]:
    leading: list[Block] = []
    for block in content:
        if block["type"] not in THINKING:
            break
        leading.append(block)
    return leading


def _cut(blocks: list[Block], limit: int, count: Count) -> list[Block]:
    """As many blocks as fit, the last one shortened; of thinking that a script signed itself, none is cut off.

    At least the first block stays, blank if it must be: there was thinking, or nothing would have been used up.
    """
    whole = 0
    while whole < len(blocks) and count(blocks[: whole + 1]) <= limit:
        whole += 1
    kept, block = blocks[:whole], blocks[whole]
    if block["type"] != "thinking" or block.get("signature"):
        return kept or [block]
    text = block.get("thinking", "")
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if count([*kept, {**block, "thinking": text[:middle]}]) <= limit:
            low = middle
        else:
            high = middle - 1
    return [*kept, {**block, "thinking": text[:low]}] if low or not kept else kept
