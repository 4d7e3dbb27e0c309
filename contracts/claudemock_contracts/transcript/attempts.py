"""Which requests are attempts at the same thing (RULES.md C2).

The wire has no idempotency key: attempts are known by the same prompt, model and path after a failure, and by the
counter the official SDKs send.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from claudemock_contracts.exchange import Exchange

_SLACK = 0.005  # seconds by which clocks of two measurements may differ


class Gap(NamedTuple):
    """Two attempts in a row. `seconds` from the end of one to the start of the next; None where times are missing."""

    earlier: Exchange
    later: Exchange
    seconds: float | None


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
    def gaps(self) -> list[Gap]:
        """The pauses between attempts."""
        tries = self.exchanges
        return [Gap(one, two, pause(one, two)) for one, two in pairwise(tries)]


def pause(earlier: Exchange, later: Exchange) -> float | None:
    """Seconds from the end of one exchange to the start of another; None where either time is missing."""
    end = earlier.ended_at
    return None if end is None or later.started is None else later.started - end


class Attempts:
    """Groups exchanges as they come, in the order they began.

    `key` says what is asked for; it is asked only around failures, since it may be costly.
    """

    def __init__(self, key: Callable[[Exchange], bytes], failed: Callable[[Exchange], bool]) -> None:
        self._key = key
        self._failed = failed
        self._open: dict[bytes, list[LogicalCall]] = {}
        self._places: dict[tuple[str, str], int] = {}  # endpoints with something open
        self.calls: list[LogicalCall] = []

    def take(self, exchange: Exchange) -> LogicalCall:
        """Put the next exchange where it belongs."""
        place, failed = (exchange.method, exchange.endpoint), self._failed(exchange)
        key = self._key(exchange) if failed or self._places.get(place) else None
        call = self._continued(exchange, key) if key is not None else None
        if call is None:
            call = LogicalCall([Chain([exchange])])
            self.calls.append(call)
            if failed and key is not None:
                self._open.setdefault(key, []).append(call)
                self._places[place] = self._places.get(place, 0) + 1
        elif not failed and key is not None:
            self._open[key].remove(call)
            self._places[place] -= 1
        if failed:
            call.failures.add(exchange.id)
        return call

    def _continued(self, exchange: Exchange, key: bytes) -> LogicalCall | None:
        waiting = list(self._ready(exchange, key))
        count = exchange.retry_count
        if count:
            numbered = [call for call in waiting if call.last.retry_count == count - 1]
            if numbered:
                numbered[0].chains[-1].exchanges.append(exchange)
                return numbered[0]
        if not waiting:
            return None
        waiting[0].chains.append(Chain([exchange]))
        return waiting[0]

    def _ready(self, exchange: Exchange, key: bytes) -> Iterator[LogicalCall]:
        """Failed calls that were over when this one began."""
        for call in self._open.get(key, ()):
            gap = pause(call.last, exchange)
            if gap is None or gap >= -_SLACK:
                yield call
