"""Automatic compaction (`compact_20260112`): a summary takes the place of a conversation that has grown too long.

Recorded with Opus 4.6 in 2026: the summary is the reply's first block; with `pause_after_compaction` it is the only
one, and beside its iteration `usage` is nothing but zeros. Else the reply goes on behind it, and the counters are those
of the model's next reading, in which the summary stands for all that came before; a stream begins with those of the
first. That this next reading finds nothing in the prompt cache is a guess.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from claudemock.engine.cache import CacheUsage
from claudemock.engine.reply import Block


class Compacted(NamedTuple):
    """What came of it: the block, whether the turn pauses behind it, and the input tokens of the next reading."""

    block: Block
    paused: bool
    input_tokens: int


def is_compaction(block: Mapping[str, Any]) -> bool:
    """Whether a block is a summary."""
    return bool(block["type"] == "compaction")


def summarised(body: Mapping[str, Any], block: Block) -> dict[str, Any]:
    """The request as the model reads it next."""
    return {**body, "messages": [*body["messages"], {"role": "assistant", "content": [block]}]}


def unsummarised(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request as if no summary stood in it: what the model would read of all that was ever said."""
    messages = [{**message, "content": _without_summaries(message.get("content"))} for message in body["messages"]]
    return {**body, "messages": messages}


def _without_summaries(content: object) -> object:
    return [block for block in content if block["type"] != "compaction"] if isinstance(content, list) else content


def compaction_iteration(usage: CacheUsage, output_tokens: int) -> dict[str, Any]:
    """The entry of `usage.iterations` for the reading that made the summary."""
    counted = usage.counters()
    return {
        "input_tokens": counted.pop("input_tokens"),
        "output_tokens": output_tokens,
        **counted,
        "type": "compaction",
    }


def paused_usage(iterations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`usage` of a turn that pauses behind its summary."""
    return {"input_tokens": 0, "iterations": list(iterations), "output_tokens": 0}
