"""Limits that all calls of a program share: a wait that one was told, an outage that all of them see (R45)."""

from collections.abc import Hashable, Iterator, Sequence

from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.failures import OVERLOADED, spent
from claudemock_contracts.transcript import Call, Told, Transcript, told_wait

_EACH = 2  # refused requests of each worker, in the time that is to be waited
_NEWS = 0.5  # seconds until workers that began together can know of a limit one of them ran into
_SHORTEST = 1.0  # seconds: for less nobody coordinates
_OUTAGE = 120.0  # seconds
_MANY = 12  # requests
_CALLS = 3


def shared_limit(story: Transcript) -> Iterator[Outcome]:
    """Calls sent into a limit of which another call was told how long it lasts (RULES.md C3, concurrency).

    Attempts at the told call itself are R04's. Each worker may be refused once or twice before it knows.
    """
    for calls in _by_limit(story).values():
        seen = 0
        while seen < len(calls):
            told = _limit(calls[seen])
            if told is None:
                seen += 1
                continue
            first, behind = calls[seen], _within(calls[seen + 1 :], calls[seen], told)
            seen += 1 + len(behind)
            mine = story.logical_call(first.exchange)
            workers = _side_by_side(story, [first, *behind])
            known = (first.exchange.ended_at or 0.0) + (0.0 if workers == 1 else _NEWS)
            refused = [
                call
                for call in behind
                if call.exchange.status == 429
                and (call.exchange.started or 0.0) >= known
                and not _chained(story, call, mine)
            ]
            if not refused:
                continue
            yield EXERCISED
            if len(refused) > _EACH * workers:
                yield Observation(
                    kind="limit not shared",
                    expected=f"no other call either before {told.seconds:g} s are over: the limit is the same for all",
                    actual=f"{len(refused)} further calls were sent and refused meanwhile, by {workers} worker(s); "
                    f"{first.id} had said {told.header}",
                    at=refused[-1].exchange,
                    also=[first.exchange, *(call.exchange for call in refused[:-1])],
                    fix="Share one limiter: when a call is told to wait, all calls of that model and key do.",
                    details={"refused": len(refused), "workers": workers, "retry_after": round(told.seconds, 3)},
                )


def _by_limit(story: Transcript) -> dict[Hashable, list[Call]]:
    """The calls that count against the same limit, in order."""
    found: dict[Hashable, list[Call]] = {}
    for call in story.calls:
        key = call.header("x-api-key") or call.header("authorization")
        found.setdefault((call.model_name, key, call.exchange.workspace, call.exchange.host), []).append(call)
    return found


def _limit(call: Call) -> Told | None:
    """The wait that a refused call was told; none where no waiting helps, or where its time is not known."""
    if call.exchange.status != 429 or spent(call) or call.exchange.ended_at is None:
        return None
    told = told_wait(call.exchange)
    return told if told is not None and told.seconds >= _SHORTEST else None


def _within(calls: Sequence[Call], first: Call, told: Told) -> list[Call]:
    """The calls that began while the wait lasted, after it was told."""
    end = first.exchange.ended_at or 0.0
    found = []
    for call in calls:
        began = call.exchange.started
        if began is None or began >= end + told.least:
            break
        if began >= end:
            found.append(call)
    return found


def _chained(story: Transcript, call: Call, mine: object) -> bool:
    """Whether it is an attempt at the told call, or the SDK's own further attempt at some other one."""
    return bool(call.exchange.retry_count) or story.logical_call(call.exchange) is mine


def _side_by_side(story: Transcript, calls: Sequence[Call]) -> int:
    """How many of the calls they belong to were under way at the same time, at most; one that waits is under way."""
    wanted = {id(logical): logical for call in calls for logical in (story.logical_call(call.exchange),)}
    ends: list[float] = []
    most = 1
    for logical in wanted.values():
        began, end = logical.exchanges[0].started or 0.0, logical.last.ended_at
        ends = [each for each in ends if each > began]
        ends.append(began if end is None else end)
        most = max(most, len(ends))
    return most


def outage(story: Transcript) -> Iterator[Outcome]:
    """A program that goes on at full speed although every call has failed for minutes (RULES.md C3, breaker)."""
    for calls in _by_limit(story).values():
        down: list[Call] = []
        for call in [*calls, None]:
            if call is not None and call.exchange.status in OVERLOADED and call.exchange.started is not None:
                down.append(call)
                continue
            yield from _undamped(story, down)
            down = []


def _undamped(story: Transcript, down: Sequence[Call]) -> Iterator[Outcome]:
    times = [call.exchange.started or 0.0 for call in down]
    if len(down) < _MANY or times[-1] - times[0] < _OUTAGE:
        return
    if len({id(story.logical_call(call.exchange)) for call in down}) < _CALLS:
        return  # one call's pauses are judged by themselves
    yield EXERCISED
    middle = (times[0] + times[-1]) / 2
    late = sum(time >= middle for time in times)
    if late * 2 < len(times):
        return
    yield Observation(
        kind="no breaker",
        expected="fewer requests the longer the API is down",
        actual=f"{len(down)} requests in {times[-1] - times[0]:.0f} s, all of them refused, "
        f"and {late} of them in the second half",
        at=down[-1].exchange,
        also=[down[0].exchange],
        verdict="note",
        fix="After some failures in a row let one call probe now and then, and hold the others back.",
    )
