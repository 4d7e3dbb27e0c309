"""Judging breakpoints as they are written (R13, R33, R34, R35, R37)."""

from collections.abc import Iterable, Iterator, Sequence

from claudemock_contracts.drift import Step, cache_story
from claudemock_contracts.drift.families import system_text
from claudemock_contracts.drift.pairs import surcharge
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.asked import day_of
from claudemock_contracts.transcript import Call, Transcript

_MOST = 4
_MARGIN = 1.3  # how far the estimate of tokens may be off
_CHARACTERS = 2.5  # per token, at least: shorter prompts need no closer look
_TTL = 300.0
_SHARING = 3
_TURNS = 4
_TAIL = 2000
_SINCE = "2024-08-14"  # the day the prompt cache came (release notes): older recordings could not use it


def too_many(story: Transcript) -> Iterator[Outcome]:
    """R13: at most four breakpoints."""
    cache = story.once(cache_story)
    for number, seen in cache.marked.items():
        yield EXERCISED
        if len(seen) <= _MOST:
            continue
        here = story.calls[number]
        groups = {group: sum(each.group == group for each in seen) for group in ("tools", "system", "messages")}
        parts = [f"{count} in {group}" for group, count in groups.items() if count]
        parts += ["1 automatic"] * any(each.group == "automatic" for each in seen)
        yield Observation(
            kind="too many",
            expected=f"at most {_MOST} cache_control markers, the automatic one included",
            actual=f"{len(seen)}: {', '.join(parts)}",
            at=here.exchange,
            path=seen[_MOST].location,
        )


def ttl_order(story: Transcript) -> Iterator[Outcome]:
    """R35: longer lifetimes first."""
    cache = story.once(cache_story)
    for number, seen in cache.marked.items():
        if len(seen) < 2:
            continue
        yield EXERCISED
        placed = [each for each in seen if each.group != "automatic"] + [
            each for each in seen if each.group == "automatic"
        ]
        short = next((index for index, each in enumerate(placed) if each.ttl == "5m"), len(placed))
        late = next((each for each in placed[short:] if each.ttl == "1h"), None)
        if late is not None:
            yield Observation(
                kind="1h behind 5m",
                expected="breakpoints of one hour before all of five minutes, in the order tools, system, messages",
                actual=f"the one-hour marker at {late.location} stands behind the five-minute one at "
                f"{placed[short].location} (a marker without ttl is of five minutes)",
                at=story.calls[number].exchange,
                path=late.location,
            )


def below_minimum(story: Transcript) -> Iterator[Outcome]:
    """R34: a prefix too short to be cached."""
    largest: dict[int, Step] = {}
    for step in story.once(cache_story).steps:
        yield EXERCISED
        known = largest.get(step.call.root.number)
        if known is None or step.marked > known.marked:
            largest[step.call.root.number] = step
    for step in largest.values():
        seen = _cached_tokens(step)
        if step.marked >= step.minimum * _MARGIN or seen or not step.call.model_known:
            continue
        sure = step.marked < step.minimum / _MARGIN or seen == 0
        yield Observation(
            kind="too short",
            expected=f"a marked prefix of at least {step.minimum} tokens, the fewest {step.call.model.id} caches",
            actual=f"about {step.marked} tokens up to {step.call.prompt.location(step.last)}: "
            + ("nothing is cached, and no error says so" if sure else "too near the minimum to tell"),
            at=step.call.exchange,
            path=step.call.prompt.location(step.last),
            verdict="note" if sure else "inconclusive",
            confidence="medium",
        )


def _cached_tokens(step: Step) -> int | None:
    """What the answer says was written or read; None if it does not say."""
    usage = step.call.served.usage if step.call.served is not None else {}
    told = [usage.get(name) for name in ("cache_creation_input_tokens", "cache_read_input_tokens")]
    counted = [value for value in told if isinstance(value, int)]
    return sum(counted) if len(counted) == len(told) else None


def unused(story: Transcript) -> Iterator[Outcome]:
    """R33: a large prefix sent again and again without any breakpoint."""
    marked = story.once(cache_story).marked
    plain = [call for call in story.calls if call.number not in marked and call.ok and _could_cache(call)]
    if story.oracles.expected_cache and story.calls:
        yield EXERCISED
        if not marked and plain:
            yield Observation(
                kind="cache-marker-dropped",
                expected="the test says that the program uses the prompt cache",
                actual=f"none of {len(plain)} requests has a cache_control: a layer in between drops it",
                at=plain[0].exchange,
                verdict="violation",
            )
            return
    for found in (_shared_heads(plain), _grown_talks(plain)):
        for calls, again, place, what in found:
            yield EXERCISED
            if again:
                yield _unmarked(calls, again, place, what)


def _could_cache(call: Call) -> bool:
    day = day_of(call.exchange)
    return day is None or day >= _SINCE


def _unmarked(calls: Sequence[Call], again: int, place: str, what: str) -> Observation:
    return Observation(
        kind="unmarked prefix",
        expected="a cache_control on a large prefix that is sent again within minutes",
        actual=f"{what}; nothing is marked",
        at=calls[-1].exchange,
        path=place,
        also=[call.exchange for call in calls[:-1]][-6:],
        tokens_lost=again,
        dollars_lost=_saved(calls, again),
    )


_Sharing = tuple[Sequence[Call], int, str, str]
"""Requests that share a prefix, the tokens sent again (0: too few to be cached), up to where, and that in words."""


def _shared_heads(plain: Sequence[Call]) -> Iterator[_Sharing]:
    """Requests that begin conversations with the same tools and system prompt."""
    heads: dict[bytes, list[Call]] = {}
    for call in plain:
        if call.previous is None and len(system_text(call)) + _tools_size(call) > _least(call):
            start = call.prompt.starts[2] - 1
            heads.setdefault(call.prompt.keys([start])[start], []).append(call)
    for group in heads.values():
        near = _within(group)
        if len(near) >= _SHARING:
            start = near[0].prompt.starts[2] - 1
            tokens, place = near[0].prompt.tokens(start), near[0].prompt.location(start)
            enough = tokens >= near[0].model.min_cache_tokens * _MARGIN
            what = f"{len(near)} requests begin with the same {tokens} tokens (up to {place})"
            yield near, tokens * (len(near) - 1) * enough, place, what


def _grown_talks(plain: Sequence[Call]) -> Iterator[_Sharing]:
    """Conversations whose turns send all of the turns before them again."""
    chains: dict[int, list[Call]] = {}
    for call in plain:
        before = call.previous
        grown = before is not None and call.fresh >= len(before.messages)
        chain = chains.pop(before.number, []) if before is not None and grown else []
        chain.append(call)
        chains[call.number] = chain
    for chain in chains.values():
        near = _within(chain)
        if len(near) < _SHARING or _size(near[-2]) < _least(near[-2]):
            continue
        repeated = [call.prompt.tokens(len(call.prompt) - 1) for call in near[:-1]]
        again = sum(
            tokens for call, tokens in zip(near, repeated, strict=False) if tokens >= call.model.min_cache_tokens
        )
        enough = repeated[-1] >= near[-2].model.min_cache_tokens * _MARGIN
        place = near[-2].prompt.location(len(near[-2].prompt) - 1)
        what = (
            f"each of {len(near)} turns sends those before it again, the last one {repeated[-1]} tokens (up to {place})"
        )
        yield near, again * enough, place, what


def _within(group: Sequence[Call]) -> list[Call]:
    """Those that came within a lifetime of the one before; all, if there are no times."""
    kept = list(group[:1])
    for call in group[1:]:
        start, before = call.exchange.started, kept[-1].exchange.started
        if start is not None and before is not None and start - before >= _TTL:
            kept.clear()
        kept.append(call)
    return kept


def _least(call: Call) -> float:
    return call.model.min_cache_tokens * _CHARACTERS


def _tools_size(call: Call) -> int:
    tools = call.body.get("tools")
    return len(str(tools)) if isinstance(tools, list) else 0


def _size(call: Call) -> int:
    return len(system_text(call)) + _tools_size(call) + sum(len(str(message)) for message in call.messages)


def _saved(calls: Sequence[Call], again: int) -> float | None:
    """What a cache would have saved: what was sent again read from it, and writing paid for once."""
    more = surcharge(calls[-1], again, written=False)
    price = calls[-1].model.price(calls[-1].prompt.input_tokens)
    if more is None or price is None:
        return None
    written = calls[-1].prompt.input_tokens
    return max(more - written * (price.write_5m - price.input) / 1_000_000, 0.0)


def tail_frozen(story: Transcript) -> Iterator[Outcome]:
    """R37: the breakpoint stays where it was while the conversation grows."""
    for steps in _talks(story.once(cache_story).steps):
        if len(steps) < _TURNS:
            continue
        yield EXERCISED
        frozen = [step for step in steps if step.last == steps[-1].last]
        last = steps[-1]
        tail = last.call.prompt.input_tokens - last.marked
        if len(frozen) < _TURNS or tail <= max(_TAIL, last.call.prompt.input_tokens / 4):
            continue
        lost = sum(step.call.prompt.input_tokens - step.marked for step in frozen[:-1])
        yield Observation(
            kind="frozen",
            expected="a breakpoint that moves on with the conversation, on the last message of each turn",
            actual=f"the last one stayed on {last.call.prompt.location(last.last)} for {len(frozen)} turns; "
            f"{tail} tokens behind it are paid in full on every turn",
            at=last.call.exchange,
            path=last.call.prompt.location(last.last),
            also=[step.call.exchange for step in frozen[:-1]][-6:],
            tokens_lost=lost,
            dollars_lost=surcharge(last.call, lost, written=False),
        )


def _talks(steps: Iterable[Step]) -> list[list[Step]]:
    """The steps of each conversation."""
    found: dict[int, list[Step]] = {}
    for step in steps:
        found.setdefault(step.call.root.number, []).append(step)
    return list(found.values())
