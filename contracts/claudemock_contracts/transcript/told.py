"""How long an answer asks its client to wait, and how long the client did (RULES.md C1 and C3)."""

from bisect import bisect_left
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import NamedTuple

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.oracles import Oracles

_LEAST_SLACK = 0.05  # seconds
_SLACK = 0.05  # a share
_DATE_SLACK = 1.05  # seconds: dates are whole seconds, on both sides


class Told(NamedTuple):
    """What an answer asks for: `seconds` to wait, `least` what has to be waited for given how it was said."""

    seconds: float
    least: float
    header: str


class Wait(NamedTuple):
    """The pause before an attempt. `seconds` None: not known. `slept`: it is what the program asked `sleep` for."""

    earlier: Exchange
    later: Exchange
    seconds: float | None
    slept: bool = False


def pause(earlier: Exchange, later: Exchange) -> float | None:
    """Seconds from the end of one exchange to the start of another; None where either time is missing.

    Two that began at the very same microsecond were timed by a clock that stood still, which tells nothing.
    """
    end = earlier.ended_at
    if end is None or later.started is None or (later.started == earlier.started and earlier.end_ms):
        return None
    return later.started - end


def told_wait(exchange: Exchange) -> Told | None:
    """What `retry-after` asks for; None if it is not there, or asks for nothing (0, negative, no number, no date).

    `retry-after-ms` is an extra of the official SDKs, which prefer it; for other clients it does not exist.
    """
    headers = exchange.response_headers
    if "x-stainless-retry-count" in exchange.headers and "retry-after-ms" in headers:
        shown = _number(headers["retry-after-ms"])
        if shown is not None:
            return _told(shown / 1000, f"retry-after-ms: {headers['retry-after-ms']}")
    raw = headers.get("retry-after")
    if raw is None:
        return None
    shown = _number(raw)
    return _told(shown, f"retry-after: {raw}") if shown is not None else _until(exchange, raw)


def _told(seconds: float, header: str) -> Told | None:
    return Told(seconds, seconds - max(_LEAST_SLACK, _SLACK * seconds), header) if seconds > 0 else None


def _until(exchange: Exchange, raw: str) -> Told | None:
    """A wait until a date. The answer's own `date` is on the clock the date was made with, and is preferred."""
    until, now = _instant(raw), _instant(exchange.response_headers.get("date", ""))
    since = exchange.ended_at if now is None else now
    if until is None or since is None or until <= since:
        return None
    return Told(until - since, until - since - _DATE_SLACK, f"retry-after: {raw}")


def _number(raw: str) -> float | None:
    try:
        found = float(raw)
    except ValueError:
        return None
    return found if isfinite(found) else None


def _instant(raw: str) -> float | None:
    try:
        return parsedate_to_datetime(raw).timestamp()
    except (ValueError, OverflowError):
        return None


class Pauses:
    """The pauses between attempts: on the wire, or longer ones a program asked for where its `sleep` was replaced."""

    def __init__(self, oracles: Oracles) -> None:
        sleeps = sorted(oracles.sleeps or (), key=lambda sleep: sleep.at)
        self._starts = [sleep.at for sleep in sleeps]
        self._sums = [0.0]
        for sleep in sleeps:
            self._sums.append(self._sums[-1] + max(sleep.seconds, 0.0))
        self.hidden = oracles.sleeps_hidden
        """Whether `sleep` was replaced before anybody could watch it: then short pauses mean nothing."""

    def between(self, earlier: Exchange, later: Exchange) -> Wait:
        """The pause between two attempts."""
        gap, slept = pause(earlier, later), sum(earlier.slept)
        end = earlier.ended_at
        if gap is None or end is None or later.started is None:
            return Wait(earlier, later, slept or None, slept=slept > 0)
        first = bisect_left(self._starts, end - _LEAST_SLACK)
        last = bisect_left(self._starts, later.started + _LEAST_SLACK)
        asked = max(slept, self._sums[last] - self._sums[first] if last > first else 0.0)
        return Wait(earlier, later, max(gap, asked), slept=asked > gap)
