"""Judging prefixes that change before their breakpoint (R02, R07, R18, R19, R20)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from claudemock_contracts.drift import CacheStory, MissedPair, cache_story, system_text
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, Verdict, fragment
from claudemock_contracts.transcript import Transcript
from claudemock_contracts.volatile import VOLATILE

_DISTINCT = 0.8
_SETTLED = frozenset({"json-key-order", "json-text-key-order"})
_NAMES = {"set-order", "whitespace", "unicode-normalisation", "case"}


def drift(story: Transcript) -> Iterator[Outcome]:
    """R02: a value that changes inside the marked prefix."""
    cache = story.once(cache_story)
    if cache.linked or cache.compared:
        yield EXERCISED
    for group in _grouped(pair for pair in cache.missed if _is_drift(pair)):
        verdict = _drift_verdict(cache, group)
        if verdict is not None:
            yield _drifted(group, verdict)


def _is_drift(pair: MissedPair) -> bool:
    """Whether a miss is a prefix that changes, and not what R07, R18, R19 or R20 say."""
    parted = pair.divergence
    if parted.group == "tools" or parted.kind in _SETTLED:
        return False
    kind = _kind(pair)
    if pair.link == "sibling":
        if pair.later.hit >= 0 or pair.later.served_read:
            return False  # a designed split: the shared part is read, the rest varies
        if parted.group == "messages":
            alike = parted.difference is not None and parted.difference.template
            return kind in VOLATILE and alike and not _moves_marker(pair)
        return not (_moves_marker(pair) and kind not in VOLATILE | {"date"})
    if parted.group == "messages":
        return kind in VOLATILE and pair.later.missed
    return True


def _kind(pair: MissedPair) -> str:
    """The class of a difference; a number that only rises, by little, is a counter."""
    difference = pair.divergence.difference
    if difference is None or difference.kind != "number":
        return pair.divergence.kind
    try:
        step = float(difference.after) - float(difference.before)
    except ValueError:
        return "number"
    return "counter" if 0 < step <= 10 else "number"


def _moves_marker(pair: MissedPair) -> bool:
    """Whether the marker of siblings stands on a block that varies behind enough that does not."""
    first = pair.earlier.marks[0].position
    return pair.divergence.position == first and pair.divergence.shared >= pair.earlier.minimum


def _grouped(pairs: Iterable[MissedPair]) -> list[list[MissedPair]]:
    """Pairs that part for the same reason: same place, same class."""
    groups: dict[Any, list[MissedPair]] = {}
    for pair in pairs:
        place = "".join("*" if part.isdigit() else part for part in _split(pair.divergence.location))
        groups.setdefault((place, pair.divergence.kind, pair.link == "sibling"), []).append(pair)
    return list(groups.values())


def _split(location: str) -> list[str]:
    return [piece for part in location.split(".") for piece in (part, ".")]


def _drift_verdict(cache: CacheStory, group: Sequence[MissedPair]) -> Verdict | None:
    """RULES.md B5."""
    kinds = {_kind(pair) for pair in group}
    kind = kinds.pop() if len(kinds) == 1 else "number"
    missed = [pair for pair in group if pair.later.missed]
    effective = any(pair.effective for pair in group)
    if kind == "date":
        return "note"
    if kind in VOLATILE:
        strong = len(missed) >= 2 and effective
        return "violation" if strong else "warning"
    if group[0].link != "sibling":
        return "warning" if len(group) >= 2 and effective else "note"
    if len(group) < 2:
        return "warning" if kind in _NAMES and effective else "inconclusive" if kind in _NAMES else None
    family = cache.siblings[cache.family[group[0].later.call.number]]
    values = [
        _value(step, group[0]) for step in family
    ]  # those that were read too: variants that come back are no drift
    if len(set(values)) / len(values) < _DISTINCT:
        return None
    return "violation" if effective and len(missed) >= 2 else "warning"


def _value(step: Any, pair: MissedPair) -> bytes:
    digests = step.call.prompt.digests()
    return bytes(digests[min(pair.divergence.position, len(digests) - 1)])


def _drifted(group: Sequence[MissedPair], verdict: Verdict) -> Observation:
    last = group[-1]
    parted, difference = last.divergence, last.divergence.difference
    calls = {pair.later.call.id for pair in group} | {group[0].earlier.call.id}
    what = _change(last)
    byte = f" byte {difference.byte}" if difference is not None else ""
    return Observation(
        kind=parted.kind,
        expected=f"everything up to the breakpoint at {_mark(last)} is the same in requests meant to share it",
        actual=f"{parted.location}{byte}, {_share(last)} into the marked prefix: {what}. {_balance(group, calls)}",
        at=last.later.call.exchange,
        path=parted.location,
        byte=None if difference is None else difference.byte,
        also=[last.earlier.call.exchange, *(pair.later.call.exchange for pair in group[:-1])],
        verdict=verdict,
        confidence="high" if last.link != "sibling" or len(group) > 1 else "medium",
        **_losses(group),
        details=_details(last),
    )


def _change(pair: MissedPair) -> str:
    difference = pair.divergence.difference
    if difference is None:
        return f"a block is {pair.divergence.cause} {pair.divergence.detail}".rstrip()
    return f"{difference.kind} {fragment(difference.before)} became {fragment(difference.after)}"


def _mark(pair: MissedPair) -> str:
    return pair.earlier.call.prompt.location(pair.earlier.last)


def _share(pair: MissedPair) -> str:
    """How much of the marked prefix comes before the difference."""
    marked = max(pair.earlier.marked, 1)
    return f"{100 * min(pair.divergence.shared, marked) / marked:.0f} % ({marked} tokens)"


def _balance(group: Sequence[MissedPair], calls: set[str]) -> str:
    last = group[-1]
    if not last.effective:
        return f"(Nothing is lost yet: the model caches from {last.earlier.minimum} tokens on.)"
    missed = sum(pair.later.missed for pair in group)
    lost = sum(pair.lost for pair in group)
    reads = "read nothing" if missed == len(group) else f"lost the prefix ({missed} of them read nothing)"
    return (
        f"{len(group)} of {len(calls)} requests {reads}; {lost} tokens were paid in full that a read would have given"
    )


def _losses(group: Sequence[MissedPair]) -> dict[str, Any]:
    dollars = [pair.dollars for pair in group if pair.dollars is not None]
    lost = sum(pair.lost for pair in group)
    return {"tokens_lost": lost or None, "dollars_lost": sum(dollars) if dollars else None}


def _details(pair: MissedPair) -> dict[str, Any]:
    parted, difference = pair.divergence, pair.divergence.difference
    reasons = {"tools": "tools_changed", "system": "system_changed", "messages": "messages_changed"}
    shown: dict[str, Any] = {
        "class": parted.kind,
        "cache_miss_reason": reasons[parted.group],
        "link": pair.link,
        "compared": [pair.earlier.call.id, pair.later.call.id],
        "marked_tokens": pair.earlier.marked,
        "shared_tokens": parted.shared,
        "minimum_tokens": pair.earlier.minimum,
    }
    if difference is not None:
        shown |= {"before": difference.before, "after": difference.after, "byte": difference.byte}
    return shown


def varying(story: Transcript) -> Iterator[Outcome]:
    """R07: the breakpoint on a block that differs every time."""
    cache = story.once(cache_story)
    for family, compared in cache.compared.items():
        if len(cache.siblings[family]) < 3:
            continue
        yield EXERCISED
        read = {step.call.previous.root.number for step in cache.steps if step.hit >= 0 and step.call.previous}
        group = [pair for pair in cache.missed if any(pair.later is step for _, step in compared) and _varies(pair)]
        alone = [pair for pair in group if pair.later.call.number not in read and pair.earlier.call.number not in read]
        if len(alone) >= 2 and len(alone) == len(compared):
            yield _misplaced(alone)


def _varies(pair: MissedPair) -> bool:
    volatile = pair.divergence.kind in VOLATILE and pair.divergence.group != "messages"
    return pair.link == "sibling" and pair.later.missed and _moves_marker(pair) and not volatile


def _misplaced(group: Sequence[MissedPair]) -> Observation:
    last = group[-1]
    shared = last.divergence.shared
    before = last.later.call.prompt.location(last.divergence.position - 1)
    lost = shared * len(group)
    return Observation(
        kind="varying block",
        expected=f"the first breakpoint on the last block that stays the same, {before} ({shared} tokens up to it)",
        actual=f"it stands on {_mark(last)}, which differs in every one of {len(group) + 1} requests: "
        f"each writes {last.later.marked} tokens, none is ever read",
        at=last.later.call.exchange,
        path=_mark(last),
        also=[pair.earlier.call.exchange for pair in group],
        tokens_lost=lost,
        dollars_lost=sum(filter(None, (pair.dollars for pair in group))) or None,
        details=_details(last),
    )


def tools(story: Transcript) -> Iterator[Outcome]:
    """R18: other tools, another order of them, another schema."""
    cache = story.once(cache_story)
    if any(step.call.body.get("tools") for _, step, _ in cache.linked) or cache.compared:
        yield EXERCISED
    pairs = [pair for pair in cache.missed if pair.divergence.group == "tools" and pair.divergence.kind not in _SETTLED]
    for group in _by_cause(pairs):
        linked = [pair for pair in group if pair.link != "sibling"]
        if group[0].divergence.cause == "tools-set":
            verdict: Verdict | None = _other_set(cache, linked) if linked else None
        elif linked:
            verdict = "violation"
        else:
            verdict = "violation" if linked else _sibling_tools(group)
        if verdict is not None:
            if verdict == "violation" and not any(pair.effective for pair in group):
                verdict = "warning"
            yield _tools_changed(group, verdict)


def _other_set(cache: CacheStory, linked: Sequence[MissedPair]) -> Verdict:
    """Once is a switch of mode, or, together with another system prompt, a hand-off to another agent: a note."""
    changes = Counter(pair.later.call.root.number for pair in linked)
    own = [pair for pair in linked if changes[pair.later.call.root.number] > 1 or not _handed_off(pair)]
    if len(own) >= 2:
        return "violation"
    return "warning" if own and not _stays(cache, own[0]) else "note"


def _handed_off(pair: MissedPair) -> bool:
    return system_text(pair.earlier.call) != system_text(pair.later.call)


def _stays(cache: CacheStory, pair: MissedPair) -> bool:
    """Whether the conversation went on behind the change; had it changed again, there would be two."""
    later = pair.later.call
    return any(earlier.call is later for earlier, _, _ in cache.linked)


def _sibling_tools(group: Sequence[MissedPair]) -> Verdict | None:
    """Sub-agents have tools of their own: only an order that changes, or a schema that always does, says anything."""
    if group[0].divergence.cause == "tools-order" or group[0].divergence.kind in _NAMES:
        return "violation" if len(group) >= 2 else "warning"
    values = {pair.later.call.prompt.digests()[pair.divergence.position] for pair in group}
    return "violation" if len(group) >= 2 and len(values) / len(group) >= _DISTINCT else None


def _by_cause(pairs: Sequence[MissedPair]) -> list[list[MissedPair]]:
    groups: dict[str, list[MissedPair]] = {}
    for pair in pairs:
        groups.setdefault(pair.divergence.cause, []).append(pair)
    return list(groups.values())


def _tools_changed(group: Sequence[MissedPair], verdict: Verdict) -> Observation:
    last = group[-1]
    parted = last.divergence
    what = parted.detail or _change(last)
    calls = {pair.later.call.id for pair in group} | {group[0].earlier.call.id}
    return Observation(
        kind=parted.cause,
        expected="the same tools, in the same order, with the same schemas, as long as a cached conversation lasts",
        actual=f"{parted.cause.replace('-', ' ')} at {parted.location}: {what}. {_balance(group, calls)}",
        at=last.later.call.exchange,
        path=parted.location,
        byte=parted.difference.byte if parted.difference is not None else None,
        also=[last.earlier.call.exchange],
        verdict=verdict,
        **_losses(group),
        details=_details(last),
    )


def key_order(story: Transcript) -> Iterator[Outcome]:
    """R19: the same JSON with its keys in another order."""
    cache = story.once(cache_story)
    if cache.linked or cache.compared:
        yield EXERCISED
    for group in _grouped(pair for pair in cache.missed if pair.divergence.kind in _SETTLED):
        linked = any(pair.link != "sibling" for pair in group)
        last = group[-1]
        calls = {pair.later.call.id for pair in group} | {group[0].earlier.call.id}
        strong = (linked or len(group) >= 2) and any(pair.effective for pair in group)
        yield Observation(
            kind=last.divergence.kind,
            expected="JSON in the prompt is written with the same order of keys every time",
            actual=f"{last.divergence.location}: the same values in another order, {_change(last)}. "
            f"{_balance(group, calls)}",
            at=last.later.call.exchange,
            path=last.divergence.location,
            also=[last.earlier.call.exchange],
            verdict="violation" if strong else "warning",
            **_losses(group),
            details=_details(last),
        )


def rewritten(story: Transcript) -> Iterator[Outcome]:
    """R20: a history that is edited instead of added to."""
    cache = story.once(cache_story)
    linked: dict[int, int] = {}
    for _, step, _ in cache.linked:
        linked[step.call.root.number] = linked.get(step.call.root.number, 0) + 1
    if linked:
        yield EXERCISED
    groups: dict[int, list[MissedPair]] = {}
    for pair in cache.missed:
        if pair.link != "sibling" and pair.divergence.group == "messages" and not _elsewhere(pair):
            groups.setdefault(pair.later.call.root.number, []).append(pair)
    for root, group in groups.items():
        often = len(group) >= 2 and len(group) >= 0.3 * linked[root] and any(pair.effective for pair in group)
        yield _rewrite(group, linked[root], "warning" if often else "note")


def _elsewhere(pair: MissedPair) -> bool:
    return pair.divergence.kind in _SETTLED or _is_drift(pair)


def _rewrite(group: Sequence[MissedPair], turns: int, verdict: Verdict) -> Observation:
    last = group[-1]
    calls = {pair.later.call.id for pair in group} | {group[0].earlier.call.id}
    return Observation(
        kind=last.divergence.kind,
        expected="what a conversation has sent once is sent again unchanged, and new messages are added behind it",
        actual=f"{len(group)} of {turns} turns changed the marked history; last at {last.divergence.location}: "
        f"{_change(last)}. {_balance(group, calls)}",
        at=last.later.call.exchange,
        path=last.divergence.location,
        also=[last.earlier.call.exchange],
        verdict=verdict,
        **_losses(group),
        details=_details(last),
    )
