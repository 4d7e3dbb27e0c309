"""Judging requests that share a prefix and still miss (R36, R38, R39, R40, R41)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from claudemock.prompt.parameters import settings, speed
from claudemock_contracts.drift import Step, cache_story
from claudemock_contracts.drift.pairs import CacheStory, surcharge
from claudemock_contracts.drift.simulate import LIFETIMES, LOOK_BACK
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.transcript import Call, Transcript

_FANOUT = 3
_GAPS = 5
_SHORT, _LONG = LIFETIMES["5m"], LIFETIMES["1h"]
_PARAMETERS = ("tool_choice", "thinking", "output_config.effort", "output_config.format")


def look_back(story: Transcript) -> Iterator[Outcome]:
    """R36: the next breakpoint is too far behind the last entry."""
    cache = story.once(cache_story)
    for earlier, later, _ in cache.linked:
        if cache.parted.get(later.call.number, earlier) is not None or earlier.marked < earlier.minimum:
            continue
        yield EXERCISED
        nearest = min(
            (mark.position - earlier.last for mark in later.marks if mark.position >= earlier.last), default=0
        )
        if later.hit >= earlier.last or nearest < LOOK_BACK:
            continue
        lost = max(earlier.marked - later.read, 0)
        yield Observation(
            kind="out of reach",
            expected=f"a breakpoint within {LOOK_BACK} blocks of the last one written, so that it is found again",
            actual=f"the nearest breakpoint stands {nearest + 1} blocks behind the entry at "
            f"{later.call.prompt.location(earlier.last)}; {lost} tokens were cached and not read",
            at=later.call.exchange,
            path=later.call.prompt.location(later.last),
            also=[earlier.call.exchange],
            tokens_lost=lost,
            dollars_lost=surcharge(later.call, lost),
        )


def cold_fanout(story: Transcript) -> Iterator[Outcome]:
    """R38: requests with the same prefix sent before the first of them is answered."""
    cache = story.once(cache_story)
    groups: dict[Any, list[Step]] = {}
    for step in cache.steps:
        if step.call.exchange.response_began is None or step.marked < step.minimum:
            continue
        for mark in step.marks:
            if step.call.prompt.tokens(mark.position) >= step.minimum:
                groups.setdefault((step.call.exchange.workspace, step.keys[mark.position]), []).append(step)
                break
    for steps in groups.values():
        if len(steps) < _FANOUT:
            continue
        yield EXERCISED
        first = steps[0]
        cold = [step for step in steps[1:] if first.now <= step.now < first.began and step.hit < 0]
        if first.hit >= 0 or len(cold) + 1 < _FANOUT:
            continue
        tokens = first.call.prompt.tokens(first.marks[0].position)
        lost = tokens * len(cold)
        yield Observation(
            kind="cold fan-out",
            expected="one request first; the others once its response has begun and the prefix can be read",
            actual=f"{len(cold) + 1} requests with the same {tokens} tokens began before the first was answered: "
            "each wrote them anew",
            at=cold[-1].call.exchange,
            path=first.call.prompt.location(first.marks[0].position),
            also=[first.call.exchange, *(step.call.exchange for step in cold[:-1])],
            tokens_lost=lost,
            dollars_lost=surcharge(first.call, lost),
        )


def parameter_flip(story: Transcript) -> Iterator[Outcome]:
    """R39: a parameter that belongs to the prompt changes in a conversation."""
    cache = story.once(cache_story)
    flips: dict[int, list[tuple[Step, Step, str]]] = {}
    for earlier, later, _ in cache.linked:
        if later.call.number not in cache.parted or earlier.marked < earlier.minimum:
            continue
        yield EXERCISED
        parted = cache.parted.get(later.call.number)
        if parted is None or parted.cause != "parameters":
            continue
        what = _changed(earlier.call, later.call)
        if what is not None and what != "speed":
            flips.setdefault(later.call.root.number, []).append((earlier, later, what))
    for found in flips.values():
        earlier, later, what = found[-1]
        lost = sum(max(one.marked - max(two.read, two.served_read), 0) for one, two, _ in found)
        if not lost:
            continue
        yield Observation(
            kind=what.split(" ")[0],
            expected="parameters that shape the prompt stay the same while a conversation is cached",
            actual=f"{what}: {len(found)} turn(s) lost what the turn before had written ({lost} tokens)",
            at=later.call.exchange,
            path=what.split(" ")[0],
            also=[earlier.call.exchange],
            verdict="note" if len(found) == 1 else None,
            tokens_lost=lost,
            dollars_lost=surcharge(later.call, lost),
        )


def _changed(earlier: Call, later: Call) -> str | None:
    """The first parameter that differs, with both values; None if it is none we know of."""
    if speed(earlier.body) != speed(later.body):
        return "speed"
    old, new = settings(earlier.body, earlier.model), settings(later.body, later.model)
    for name, before, after in zip(_PARAMETERS, old, new, strict=True):
        if before != after:
            return f"{name} {_value(before)} became {_value(after)}"
    if _has_image(earlier.messages) != _has_image(later.messages):
        return "images came into, or left, the conversation"
    return None


def _value(value: Any) -> str:
    parts = [part for part in value if part not in (None, False)] if isinstance(value, list) else [value]
    return " ".join(str(part) for part in parts) if parts and parts != [None] else "(default)"


def _has_image(messages: Sequence[Any]) -> bool:
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            inner = block.get("content") if isinstance(block, dict) else None
            nested = inner if isinstance(inner, list) else ()
            if any(isinstance(each, dict) and each.get("type") == "image" for each in (block, *nested)):
                return True
    return False


def scope_split(story: Transcript) -> Iterator[Outcome]:
    """R40: one conversation, several caches."""
    cache = story.once(cache_story)
    moves: dict[tuple[int, str], list[tuple[Step, Step, str]]] = {}
    for earlier, later, _ in cache.linked:
        yield EXERCISED
        moved = _moved(earlier.call, later.call)
        if moved is not None and earlier.marked >= earlier.minimum:
            moves.setdefault((later.call.root.number, moved[0]), []).append((earlier, later, moved[1]))
    for (_, kind), found in moves.items():
        earlier, later, what = found[-1]
        lost = sum(max(one.marked - two.read, 0) for one, two, _ in found)
        fallback = any(_failed_before(story, two.call, one.call.model_name) for one, two, _ in found)
        yield Observation(
            kind=kind,
            expected="one model, speed and workspace for a conversation that is cached: each has a cache of its own",
            actual=f"{what}: {len(found)} turn(s) could not read what the turn before had written ({lost} tokens)"
            + ("; a fallback after an error" if fallback else ""),
            at=later.call.exchange,
            path=kind,
            also=[earlier.call.exchange],
            verdict="note" if fallback else None,
            tokens_lost=lost,
            dollars_lost=surcharge(later.call, lost),
        )


def _moved(earlier: Call, later: Call) -> tuple[str, str] | None:
    if earlier.model_name != later.model_name:
        return "model", f"{earlier.model_name} became {later.model_name}"
    if speed(earlier.body) != speed(later.body):
        return "speed", f"speed {speed(earlier.body) or 'standard'} became {speed(later.body) or 'standard'}"
    old, new = (call.exchange.response_headers.get("anthropic-workspace-id") for call in (earlier, later))
    if old and new and old != new:
        return "workspace", f"workspace {old} became {new}"
    return None


def _failed_before(story: Transcript, later: Call, model: str) -> bool:
    """Whether the same turn was tried on the former model first, and failed."""
    calls = story.lineage(later).calls
    return any(
        call.failed and call.model_name == model and call.previous is later.previous and call.number < later.number
        for call in calls
    )


def lifetime(story: Transcript) -> Iterator[Outcome]:
    """R41: entries that run out before the next turn, or live much longer than they need."""
    cache = story.once(cache_story)
    for steps, gaps in _gaps(cache):
        real = story.oracles.real_time or (steps[0].call.exchange.host or "").endswith("anthropic.com")
        if len(gaps) < _GAPS or not real:
            continue
        yield EXERCISED
        lasting = max(step.lifetime for step in steps)
        middle = median(gaps)
        quick = sum(gap < _SHORT * 0.8 for gap in gaps) / len(gaps)
        advice = None
        if lasting == _SHORT and middle > _SHORT:
            advice = "ttl 1h outlives these pauses" if middle < _LONG else "no lifetime does; leave the marker out"
        elif lasting == _LONG and quick > 0.8:
            advice = "five minutes do, refreshed by each read, and writing costs 1.25 times the input instead of 2"
        elif lasting == _LONG and middle > _LONG:
            advice = "no lifetime does; leave the marker out"
        if advice is not None:
            yield Observation(
                kind="expires between turns" if middle > lasting else "longer than needed",
                expected="a lifetime that fits the pauses between requests that share a prefix",
                actual=f"{len(gaps)} pauses, half of them over {middle:.0f} s, with entries that live "
                f"{lasting:.0f} s: {advice}",
                at=steps[-1].call.exchange,
                path=steps[-1].call.prompt.location(steps[-1].last),
            )


def _gaps(cache: CacheStory) -> Iterator[tuple[list[Step], list[float]]]:
    """The steps of each conversation and the times between their starts."""
    talks: dict[int, list[Step]] = {}
    for step in cache.steps:
        if step.call.exchange.started is not None and step.marked >= step.minimum:
            talks.setdefault(step.call.root.number, []).append(step)
    for steps in talks.values():
        yield steps, [later.now - earlier.now for earlier, later in pairwise(steps)]
