"""Which requests are attempts at the same thing (RULES.md C2).

The wire has no idempotency key: attempts are known by the same prompt, model and path after a failure, and by the
counter the official SDKs send.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript.told import pause, told_wait

_SLACK = 0.005  # seconds by which clocks of two measurements may differ
_AT_ONCE = 0.05  # seconds: nearer than that two requests may well have been started together
_LOOKED_AHEAD = 9  # requests
_OPEN = 20  # failures, or neighbours of a request, that are looked at
_LONGEST_WAIT = 120.0  # seconds
_PATIENCE = 10.0  # seconds over twice the time asked for in which a retry may still come


class Changed(Protocol):
    """What knows retries whose request is not that of the attempt before."""

    def template(self, exchange: Exchange) -> Hashable:
        """What a retry by the program has in common with what it repeats."""

    def again(self, earlier: Exchange, later: Exchange, answered: Sequence[Exchange]) -> bool:
        """Whether the later exchange repeats the earlier one; `answered` are some around them that got answers."""


class Gap(NamedTuple):
    """Two attempts in a row. `seconds` from the end of one to the start of the next; None where times are missing."""

    earlier: Exchange
    later: Exchange
    seconds: float | None


class Tally(NamedTuple):
    """How many requests a logical call took: one number for each chain of attempts."""

    chains: tuple[int, ...]

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.chains)

    def __str__(self) -> str:
        """As a sentence's beginning: `12 requests = 4 app attempts x 3 SDK attempts`."""
        total = f"{self.requests} request{'' if self.requests == 1 else 's'}"
        most = max(self.chains, default=0)
        if most <= 1:
            return total
        if len(self.chains) == 1:
            return f"{total} = {most} SDK attempts"
        if set(self.chains) == {most}:
            return f"{total} = {len(self.chains)} app attempts x {most} SDK attempts"
        each = ", ".join(map(str, self.chains[:-1]))
        return f"{total} = {len(self.chains)} app attempts of {each} and {self.chains[-1]} SDK attempts"


@dataclass(slots=True, eq=False)
class Chain:
    """The attempts of one call of an SDK, or a single request of a program that has none."""

    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def counted(self) -> bool:
        """Whether an SDK numbered its attempts."""
        return self.exchanges[0].retry_count is not None


@dataclass(slots=True, eq=False)
class LogicalCall:
    """All attempts at one thing the program wanted, in order. More than one chain: the program retried by itself."""

    chains: list[Chain] = field(default_factory=list)
    failures: set[str] = field(default_factory=set)  # ids of the exchanges that failed

    @property
    def exchanges(self) -> list[Exchange]:
        """All attempts."""
        return [exchange for chain in self.chains for exchange in chain.exchanges]

    @property
    def last(self) -> Exchange:
        """The last attempt."""
        return self.chains[-1].exchanges[-1]

    @property
    def succeeded(self) -> bool:
        """Whether the last attempt got its answer."""
        return self.last.id not in self.failures

    @property
    def tally(self) -> Tally:
        """How many requests it took."""
        return Tally(tuple(len(chain.exchanges) for chain in self.chains))

    @property
    def gaps(self) -> list[Gap]:
        """The pauses between attempts."""
        tries = self.exchanges
        return [Gap(one, two, pause(one, two)) for one, two in pairwise(tries)]


def logical_calls(
    exchanges: Sequence[Exchange],
    *,
    place: Callable[[Exchange], Hashable],
    key: Callable[[Exchange], Hashable],
    failed: Callable[[Exchange], bool],
    changed: Changed,
) -> list[LogicalCall]:
    """Exchanges, given in the order they began, as attempts at the same things.

    `key` is equal for requests that ask for the same; it may be costly, and is asked only where `place`, which is
    cheap and equal for them too, has seen a failure. `changed` knows a retry whose request was rendered anew; it is
    asked about requests that nothing else explains.
    """
    failures = {exchange.id for exchange in exchanges if failed(exchange)}
    before: dict[str, Exchange] = {}
    for found in _places(exchanges, failures, place):
        same: dict[Hashable, list[Exchange]] = {}
        for exchange in found:
            same.setdefault((key(exchange), _client(exchange)), []).append(exchange)
        for group in same.values():
            if len(group) > 1:
                before.update(_Group(group, failures).linked())
        if len(same) > 1:
            _link_changed(found, before, failures, changed)
    return _gathered(exchanges, before, failures)


def _places(
    exchanges: Iterable[Exchange], failures: set[str], place: Callable[[Exchange], Hashable]
) -> Iterator[list[Exchange]]:
    """Requests that may be for the same, from the first failed one on, where there are several."""
    places: dict[Hashable, list[Exchange]] = {}
    for exchange in exchanges:
        where = place(exchange)
        if exchange.id in failures or where in places:
            places.setdefault(where, []).append(exchange)
    return (found for found in places.values() if len(found) > 1)


def _link_changed(found: Sequence[Exchange], before: dict[str, Exchange], failures: set[str], changed: Changed) -> None:
    """Add to `before` the retries that no equal request explains, where exactly one failure can be meant."""
    repeated = {exchange.id for exchange in before.values()}
    left: dict[Hashable, list[Exchange]] = {}
    for number, later in enumerate(found):
        if later.id in before and (later.id not in failures or later.id in repeated):
            continue
        client = _client(later)
        if later.id not in before:
            mine = left.get((client, later.retry_count or changed.template(later)), [])
            mine[:] = [each for each in mine if each.id not in repeated and not _gone_by(each, later)][-_OPEN:]
            near = [*found[max(number - _OPEN, 0) : number], *found[number + 1 : number + _OPEN]] if mine else []
            answered = [each for each in near if each.id not in failures and each.id not in before]
            meant = [each for each in mine if _after(each, later) and changed.again(each, later, answered)]
            if len(meant) == 1:
                before[later.id] = meant[0]
                repeated.add(meant[0].id)
        if later.id in failures and later.id not in repeated:
            left.setdefault((client, changed.template(later)), []).append(later)
            if later.retry_count is not None:
                left.setdefault((client, later.retry_count + 1), []).append(later)


def _after(earlier: Exchange, later: Exchange) -> bool:
    gap = pause(earlier, later)
    return gap is not None and gap >= -_SLACK


def _gone_by(earlier: Exchange, later: Exchange) -> bool:
    """Whether a retry of the earlier one would have come long ago."""
    gap, told = pause(earlier, later), told_wait(earlier)
    return gap is not None and gap > _LONGEST_WAIT + 2 * (0.0 if told is None else told.seconds)


def _client(exchange: Exchange) -> Hashable:
    """What all attempts of one program's call have alike besides the request."""
    headers = exchange.headers
    return headers.get("user-agent"), headers.get("x-stainless-async"), exchange.host, exchange.test


class _Group:
    """Requests for the same, of which some failed: finds what each of them repeats."""

    def __init__(self, group: Sequence[Exchange], failures: set[str]) -> None:
        self._group = group
        self._failures = failures
        self._order = {exchange.id: number for number, exchange in enumerate(group)}
        self._timed = all(exchange.ended_at is not None for exchange in group)
        self._before: dict[str, Exchange] = {}

    def linked(self) -> dict[str, Exchange]:
        """For each that repeats another, which. What an SDK numbered comes first: it knows best."""
        failed = [exchange for exchange in self._group if exchange.id in self._failures]
        if self._timed:
            failed.sort(key=lambda exchange: exchange.ended_at or 0.0)
        by_count: dict[int | None, dict[str, Exchange]] = {}
        for exchange in failed:
            by_count.setdefault(exchange.retry_count, {})[exchange.id] = exchange
        for later in self._group:
            if later.retry_count:
                self._claim(later, by_count.get(later.retry_count - 1, {}))
        claimed = {exchange.id for exchange in self._before.values()}
        left = {exchange.id: exchange for exchange in failed if exchange.id not in claimed}
        rest = [exchange for exchange in self._group if not exchange.retry_count]
        for number, later in enumerate(rest):
            if not self._another(later, left, rest[number + 1 : number + _LOOKED_AHEAD]):
                self._claim(later, left)
        return self._before

    def _ready(self, later: Exchange, left: Mapping[str, Exchange]) -> Iterator[Exchange]:
        """Failures that were over when this one began, and that nothing repeats yet, the oldest first."""
        for each in left.values():
            gap = pause(each, later)
            over = gap is None or gap >= -_SLACK
            if over and self._order[each.id] < self._order[later.id]:
                yield each
            elif not over and self._timed:
                return  # they stand in the order in which they ended

    def _claim(self, later: Exchange, left: dict[str, Exchange]) -> None:
        """Of several failures the oldest whose asked-for wait is over; if there is none, the oldest."""
        chosen = next((each for each in self._ready(later, left) if not _too_soon(each, later)), None)
        chosen = chosen or next(self._ready(later, left), None)
        if chosen is not None:
            self._before[later.id] = left.pop(chosen.id)

    def _another(self, later: Exchange, left: Mapping[str, Exchange], rest: Sequence[Exchange]) -> bool:
        """Whether it is rather another call for the same thing, begun at about the same time as the failed one.

        It came at once, or sooner than asked, and got its answer; and behind it comes one more that fits better.
        """
        if later.id in self._failures or not all(_hasty(each, later) for each in self._ready(later, left)):
            return False
        oldest = next(self._ready(later, left), None)
        return oldest is not None and any(not _hasty(oldest, other) and _in_time(oldest, other) for other in rest)


def _hasty(earlier: Exchange, later: Exchange) -> bool:
    gap = pause(earlier, later)
    return gap is not None and (gap < _AT_ONCE or _too_soon(earlier, later))


def _too_soon(earlier: Exchange, later: Exchange) -> bool:
    gap, told = pause(earlier, later), told_wait(earlier)
    return gap is not None and told is not None and gap < told.least


def _in_time(earlier: Exchange, later: Exchange) -> bool:
    gap, told = pause(earlier, later), told_wait(earlier)
    return gap is not None and gap < _PATIENCE + 2 * (0.0 if told is None else told.seconds)


def _gathered(exchanges: Sequence[Exchange], before: dict[str, Exchange], failures: set[str]) -> list[LogicalCall]:
    found: list[LogicalCall] = []
    of: dict[str, LogicalCall] = {}
    for exchange in exchanges:
        earlier = before.get(exchange.id)
        call = None if earlier is None else of[earlier.id]
        if call is None or earlier is None:
            call = LogicalCall([Chain([exchange])])
            found.append(call)
        elif exchange.retry_count and earlier.retry_count == exchange.retry_count - 1:
            call.chains[-1].exchanges.append(exchange)
        else:
            call.chains.append(Chain([exchange]))
        if exchange.id in failures:
            call.failures.add(exchange.id)
        of[exchange.id] = call
    return found
