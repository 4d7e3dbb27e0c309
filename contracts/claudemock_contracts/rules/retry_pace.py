"""When a program tries again: not before it is told to, not at once, not all clients together."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.failures import OVERLOADED, also_changed, pauses, spent, wanted, what_happened
from claudemock_contracts.rules.retry_limits import outage, shared_limit
from claudemock_contracts.transcript import Pauses, Told, Transcript, Wait, told_wait

_SDK_BACKOFF = (0.35, 0.55)  # seconds: what an SDK waits before its first retry if it reads no header
_OLD_SDK_LIMIT = 60.0  # seconds: longer waits are ignored by Python <= 1.5.0 and TypeScript 0.60.0
_AT_ONCE = 0.05  # seconds
_STEADY_GAPS = 3
_STEADY = 1.0  # seconds
_GROWTH = 1.5
_TOO_LONG, _PATIENCE = 2.0, 10.0  # times what was asked for, and seconds on top of that
_ONE_BUDGET = 300.0  # seconds over what was asked for: what comes later is another job
_LONGEST = 120.0  # seconds
_TOGETHER = 0.1  # seconds
_CROWD = 5
_SPREAD = 0.02  # a share of the mean
_WAVE = 0.8  # a share of the calls
_WAVE_SPREAD = 0.1


def retry_after_ignored(story: Transcript) -> Iterator[Outcome]:
    """R04."""
    clock = story.once(pauses)
    for _, calls in wanted(story):
        for one, two in pairwise(calls):
            earlier, later = one.exchange, two.exchange
            told = told_wait(earlier)
            if told is None or earlier.status is None or earlier.status < 400:
                continue
            wait = clock.between(earlier, later)
            if wait.seconds is not None and wait.seconds >= told.least:
                yield EXERCISED
                if _TOO_LONG * told.seconds + _PATIENCE < wait.seconds <= told.seconds + _ONE_BUDGET:
                    yield _too_late(wait, told)
            elif wait.seconds is None or clock.hidden:
                yield _unclear("wait not known", f"a pause of {told.seconds:g} s ({told.header})", wait, clock)
            else:
                yield EXERCISED
                yield _too_early(wait, told, also_changed((one, two)))


def _too_early(wait: Wait, told: Told, changed: str) -> Observation:
    later, waited = wait.later, wait.seconds or 0.0
    said = f"the next attempt came after {waited:.2f} s; the answer said {told.header}"
    fix = None
    if _SDK_BACKOFF[0] <= waited <= _SDK_BACKOFF[1]:
        said += ". That is the SDK's own backoff: the header was not used"
    said += changed
    if told.seconds >= _OLD_SDK_LIMIT and later.retry_count:
        said += "; old SDKs do not honour 60 s and more"
        fix = "Upgrade the SDK: Python 1.6.0 and TypeScript 1.0.0 honour waits over 60 s."
    return Observation(
        kind="too early",
        expected=f"no attempt before {told.seconds:g} s are over",
        actual=said,
        at=later,
        also=[wait.earlier],
        fix=fix,
        details={"retry_after": round(told.seconds, 3), "waited": round(waited, 3)},
    )


def _too_late(wait: Wait, told: Told) -> Observation:
    """RULES.md C3, over-wait. What comes very much later is a job that was run again."""
    return Observation(
        kind="over-wait",
        expected=f"the next attempt soon after {told.seconds:g} s are over",
        actual=f"it came after {wait.seconds or 0.0:.0f} s; the answer said {told.header}",
        at=wait.later,
        also=[wait.earlier],
        verdict="note",
        fix="Wait as long as the answer says, and add a little chance; a fixed pause is too short or too long.",
    )


def storm(story: Transcript) -> Iterator[Outcome]:
    """R45."""
    clock = story.once(pauses)
    firsts: list[Wait] = []
    for logical, calls in wanted(story):
        if any(map(spent, calls)):
            continue  # R44's
        free = [
            clock.between(earlier, later) for earlier, later in pairwise(logical.exchanges) if _free(earlier, later)
        ]
        if not free:
            continue
        known = [wait for wait in free if wait.seconds is not None]
        unknown = next((wait for wait in free if wait.seconds is None and not _by_sdk(wait)), None)
        if unknown is not None:
            yield _unclear("wait not known", "pauses that grow", unknown, clock)
            continue
        if not known:
            yield EXERCISED
            continue
        outcomes = list(_paced(known, clock, also_changed(calls)))
        yield from outcomes or [EXERCISED]
        if known[0].earlier is logical.exchanges[0] and known[0].later.retry_count is None:
            firsts.append(known[0])
    yield from _synchronised(firsts, clock)
    yield from shared_limit(story)
    yield from outage(story)


def _by_sdk(wait: Wait) -> bool:
    """Whether an official SDK made the attempt, whose pauses grow by themselves."""
    return bool(wait.later.retry_count) and "x-stainless-lang" in wait.later.headers


def _free(earlier: Exchange, later: Exchange) -> bool:
    """Whether the client chose the pause by itself: the API was overloaded and named no time."""
    if "retry-after" in earlier.response_headers or "retry-after-ms" in earlier.response_headers:
        return False
    return earlier.status in (429, *OVERLOADED) and earlier.id != later.id


def _paced(waits: Sequence[Wait], clock: Pauses, changed: str) -> Iterator[Outcome]:
    """What is wrong with the pauses of one call."""
    seconds = [wait.seconds or 0.0 for wait in waits]
    shown = ", ".join(f"{each:.2f}" for each in seconds[:8])
    steady = len(seconds) >= _STEADY_GAPS and max(seconds) < _STEADY and max(seconds[1:]) < _GROWTH * seconds[0]
    long = [wait for wait in waits if wait.slept and (wait.seconds or 0.0) > _LONGEST]
    if (seconds[0] < _AT_ONCE or steady) and clock.hidden:
        yield _unclear("wait not known", "pauses that grow", waits[0], clock)
    elif seconds[0] < _AT_ONCE:
        yield _pace("at once", f"attempts after {shown} s", waits, changed)
    elif steady:
        yield _pace("steady", f"{len(waits) + 1} attempts with pauses of {shown} s", waits, changed)
    if long:
        yield Observation(
            kind="long",
            expected=f"pauses of no more than {_LONGEST:g} s",
            actual=f"a pause of {long[0].seconds:.0f} s",
            at=long[0].later,
            also=[long[0].earlier],
            verdict="note",
            fix="Cap the pauses at about a minute.",
        )


def _pace(kind: str, seen: str, waits: Sequence[Wait], changed: str) -> Observation:
    return Observation(
        kind=kind,
        expected="a first pause of 0.2 s or more, and each about twice the one before, up to a cap",
        actual=f"{seen}, while the answer was {what_happened(waits[0].earlier)}{changed}",
        at=waits[0].later,
        also=[waits[0].earlier, *(wait.later for wait in waits[1:])],
        details={"pauses": [round(wait.seconds or 0.0, 3) for wait in waits]},
    )


def _synchronised(firsts: Sequence[Wait], clock: Pauses) -> Iterator[Outcome]:
    """Calls that failed at the same instant, by programs without an SDK, and that all come back together."""
    crowd: list[Wait] = []
    for wait in [*sorted(firsts, key=lambda wait: wait.earlier.ended_at or 0.0), None]:
        end = None if wait is None else wait.earlier.ended_at or 0.0
        if crowd and (end is None or end - (crowd[0].earlier.ended_at or 0.0) > _TOGETHER):
            if len(crowd) >= _CROWD:
                yield from _wave(crowd, clock)
            crowd = []
        if wait is not None:
            crowd.append(wait)


def _wave(crowd: Sequence[Wait], clock: Pauses) -> Iterator[Outcome]:
    seconds = [wait.seconds or 0.0 for wait in crowd]
    mean = sum(seconds) / len(seconds)
    spread = max(seconds) - min(seconds)
    begun = sorted(wait.later.started or 0.0 for wait in crowd)
    near = max(sum(start <= each <= start + _TOGETHER for each in begun) for start in begun)
    if mean < _AT_ONCE:
        return  # said already, of each
    if spread > _SPREAD * mean and not (near > _WAVE * len(crowd) and spread < _WAVE_SPREAD * mean):
        return
    if clock.hidden:
        yield _unclear("wait not known", "pauses that differ", crowd[0], clock)
        return
    yield Observation(
        kind="no jitter",
        expected="pauses that differ by chance, so that clients that failed together do not come back together",
        actual=f"{len(crowd)} calls failed together and came back together: pauses of {mean:.2f} s, "
        f"which differ by {spread * 1000:.0f} ms",
        at=crowd[0].later,
        also=[wait.later for wait in crowd[1:]],
        details={"calls": len(crowd), "spread": round(spread, 3), "mean": round(mean, 3)},
    )


def _unclear(kind: str, expected: str, wait: Wait, clock: Pauses) -> Observation:
    why = "`sleep` was replaced before it could be watched" if clock.hidden else "the recording does not say when"
    return Observation(
        kind=kind,
        expected=expected,
        actual=f"how long the client waited is not known: {why}",
        at=wait.later,
        also=[wait.earlier],
        verdict="inconclusive",
    )
