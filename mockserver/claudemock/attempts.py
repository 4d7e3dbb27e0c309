"""Which exchanges are attempts of one call: a pure function over what was seen, made only when somebody asks.

An exchange continues an earlier one that has the same prompt, model and path, failed, and was over before (a retry
never overlaps what it repeats). The official SDKs number their attempts in `x-stainless-retry-count`, so number n
continues a number n - 1; a first attempt, or one without a number, may continue a failure that nothing numbered
claims. Where several failures could be meant, one whose body and other request headers are the same and nobody else's
is preferred, then one on the same connection, then one whose `retry-after` is over, then the one that waited longest.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from claudemock.journal import Exchange

_SLACK = 0.005  # seconds two clocks' readings of one moment may be apart
# not a part of the prompt, or the same call made in another way
_BESIDES = frozenset(
    {
        *("stream", "max_tokens", "metadata", "stop_sequences", "service_tier", "diagnostics", "user_profile_id"),
        *("container", "inference_geo"),
    }
)
_COUNT = b"x-stainless-retry-count"
_VARYING = frozenset({_COUNT, b"content-length", b"connection", b"x-stainless-timeout", b"x-stainless-read-timeout"})


class Attempt(NamedTuple):
    """`call` is the id of the call's first exchange, `number` counts its attempts from 1."""

    call: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """What linking looks at. Times are seconds on one clock; `ended` None: still running."""

    id: str
    key: object  # prompt, model and path
    began: float
    ended: float | None
    failed: bool
    count: int | None = None  # the SDK's number of retries so far; None: not an SDK
    sent: object = None  # body and headers, those that every attempt of one call has alike
    peer: object = None  # the connection
    retry_after: float = 0.0


_Alike = Callable[[Try, Try], bool]


def link(tries: Iterable[Try]) -> dict[str, Attempt]:
    """The attempt that every exchange is, by id."""
    groups: defaultdict[object, list[Try]] = defaultdict(list)
    for each in sorted(tries, key=attrgetter("began")):
        groups[each.key].append(each)
    found: dict[str, Attempt] = {}
    for group in groups.values():
        before = _links(group)
        for each in group:
            earlier = before.get(each.id)
            known = found[earlier] if earlier is not None else None
            found[each.id] = Attempt(each.id, 1) if known is None else Attempt(known.call, known.number + 1)
    return found


def _links(group: Sequence[Try]) -> dict[str, str]:
    """For each exchange that continues another, which one. `group` is in order of time."""
    before: dict[str, str] = {}
    open_ends = {each.id: each for each in group if each.failed and each.ended is not None}
    named = _named(group)
    for laters, numbered in (([e for e in group if e.count], True), ([e for e in group if not e.count], False)):
        for alike in (_of_one_name(named), _same_peer, _any):
            for later in laters:
                if later.id in before:
                    continue
                earlier = _continued(later, open_ends.values(), alike, numbered=numbered)
                if earlier is not None:
                    before[later.id] = earlier.id
                    del open_ends[earlier.id]
    return before


def _continued(later: Try, open_ends: Iterable[Try], alike: _Alike, *, numbered: bool) -> Try | None:
    """The failure that `later` continues."""
    candidates = [
        earlier
        for earlier in open_ends
        if earlier.began < later.began
        and (earlier.ended or 0.0) <= later.began + _SLACK
        and (not numbered or earlier.count == (later.count or 0) - 1)
        and alike(later, earlier)
    ]
    return min(candidates, key=lambda earlier: (_too_soon(later, earlier), earlier.ended), default=None)


def _named(group: Sequence[Try]) -> frozenset[object]:
    """What was sent and names one call: not everybody sends it, and who does never overlaps itself."""
    parts: defaultdict[object, list[Try]] = defaultdict(list)
    for each in group:
        parts[each.sent].append(each)
    return frozenset(sent for sent, part in parts.items() if len(parts) > 1 and _one_by_one(part))


def _one_by_one(part: Sequence[Try]) -> bool:
    return all((earlier.ended or inf) <= later.began + _SLACK for earlier, later in pairwise(part))


def _of_one_name(named: frozenset[object]) -> _Alike:
    return lambda later, earlier: later.sent == earlier.sent and later.sent in named


def _same_peer(later: Try, earlier: Try) -> bool:
    return later.peer is not None and later.peer == earlier.peer


def _any(later: Try, earlier: Try) -> bool:  # noqa: ARG001 - one of three of a kind
    return True


def _too_soon(later: Try, earlier: Try) -> bool:
    return later.began + _SLACK < (earlier.ended or 0.0) + earlier.retry_after * 0.95


def attempts_of(exchanges: Iterable[Exchange]) -> dict[str, Attempt]:
    """`link` for exchanges of the journal, which may belong to several scopes.

    Only those that failed or began after a failure are looked at more closely: the others are first attempts.
    """
    entries = list(exchanges)
    over = min((_end(entry) for entry in entries if entry.failed), default=inf)
    concerned = [entry for entry in entries if entry.failed or entry.began + _SLACK >= over]
    return {entry.id: Attempt(entry.id, 1) for entry in entries} | link(map(_try, concerned))


def _end(exchange: Exchange) -> float:
    return inf if exchange.end_ms is None else exchange.began + exchange.end_ms / 1000


def _try(exchange: Exchange) -> Try:
    headers = exchange.request_headers
    counts = [value for name, value in headers if name == _COUNT and value.isdigit()]
    return Try(
        id=exchange.id,
        key=(exchange.scope, exchange.workspace, exchange.method, exchange.path, exchange.query, _prompt(exchange)),
        began=exchange.began,
        ended=None if exchange.end_ms is None else _end(exchange),
        failed=exchange.failed,
        count=int(counts[0]) if counts else None,
        sent=(exchange.body, frozenset(pair for pair in headers if pair[0] not in _VARYING)),
        peer=exchange.peer,
        retry_after=_retry_after(exchange),
    )


def _prompt(exchange: Exchange) -> bytes:
    try:
        data: Any = orjson.loads(exchange.body)
    except ValueError:
        return exchange.body
    if not isinstance(data, dict):
        return exchange.body
    return orjson.dumps({key: value for key, value in data.items() if key not in _BESIDES})


def _retry_after(exchange: Exchange) -> float:
    """Seconds; 0 where the answer names none, or a date."""
    if exchange.status < 400:
        return 0.0
    named = {name.lower(): value for name, value in exchange.response_headers}
    for name, unit in ((b"retry-after-ms", 1000.0), (b"retry-after", 1.0)):
        try:
            return max(0.0, float(named[name]) / unit)
        except (KeyError, ValueError):
            continue
    return 0.0
