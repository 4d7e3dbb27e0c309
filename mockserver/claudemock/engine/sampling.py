"""How often the model was asked for one reply, and what each time is billed.

After every result of a tool that ran on the API's side (server tools, MCP) the model reads the longer prompt again. As
recorded: `usage` ends with the sum over all times, a stream begins with the first of them. Where the request asks for
caching, the API caches up to each result by itself, so that each time but the first reads what the one before wrote and
pays seven tokens in full (28 of 28 recordings). `cache_creation` by lifetime stays that of the first time (28 of 28).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from claudemock.engine.cache import CacheUsage, Plan
from claudemock.engine.reply import Block
from claudemock.prompt.chain import is_server_result
from claudemock.prompt.tokens import TokenEstimator

_SUMMED = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_OPENING = 7  # tokens behind the result, which open the next part of the reply


class Sampling(NamedTuple):
    """One time the model was asked: its input, and what it said, with the results that followed."""

    usage: CacheUsage
    blocks: Sequence[Block]


def samplings(
    content: Sequence[Block],
    first: CacheUsage,
    plan: Plan | None,
    tokens: TokenEstimator,
    tokenizer: str,
    *,
    paused: bool = False,
) -> list[Sampling]:
    """One per time the model was asked; `first` is the usage of the request itself, and of the first of them.

    `paused`: the reply ended with `pause_turn`, and the model has not read the last results.
    """
    parts = list(_parts(content))
    if not paused and content and is_server_result(content[-1]):
        parts.append([])
    found = [Sampling(first, parts[0])]
    context = float(first.input + first.read + first.written_5m + first.written_1h)
    caching = plan is not None and bool(plan.prompt.breakpoints)
    cached = first.read + first.written_5m + first.written_1h
    for before, part in pairwise(parts):
        context += sum(tokens.block(block, tokenizer) for block in before)
        total = round(context)
        usage = CacheUsage(input=total)
        if caching and plan is not None and total - _OPENING >= plan.least:
            marked = max(total - _OPENING, cached)
            usage = CacheUsage(input=_OPENING, read=cached, written_5m=marked - cached)
            cached = marked
        found.append(Sampling(usage, part))
    return found


def counters(found: Sequence[Sampling]) -> dict[str, Any]:
    """The fields of `usage` for all times together, in the API's order."""
    summed = found[0].usage.counters()
    for later in found[1:]:
        counted = later.usage.counters()
        for name in _SUMMED:
            summed[name] += counted[name]
    return summed


def iterations(
    found: Sequence[Sampling], output_tokens: int, tokens: TokenEstimator, tokenizer: str
) -> list[Mapping[str, Any]]:
    """`usage.iterations`: each time by itself; together they have the reply's output tokens."""
    upto, said, blocks = 0, list[int](), list[Block]()
    for each in found[:-1]:
        blocks += each.blocks
        said.append(max(min(tokens.output(blocks, tokenizer), output_tokens) - upto, 0))
        upto += said[-1]
    said.append(output_tokens - upto)
    return [
        {"input_tokens": counted.pop("input_tokens"), "output_tokens": made, **counted, "type": "message"}
        for made, counted in ((made, each.usage.counters()) for made, each in zip(said, found, strict=True))
    ]


def _parts(content: Sequence[Block]) -> Iterator[list[Block]]:
    """The reply cut behind each run of results; at least one part."""
    part: list[Block] = []
    for block in content:
        if part and is_server_result(part[-1]) and not is_server_result(block):
            yield part
            part = []
        part.append(block)
    yield part
