"""A scope's clock: real time plus an offset, or frozen.

Everything that depends on time (cache lifetimes, expiry, rate limits, pacing) asks this clock, so a test can advance
it without waiting. A frozen clock moves only when told to, and `pause` on it costs no real time.
"""

import time
from datetime import UTC, datetime

_LATEST = 7_258_118_400.0  # the year 2200: times beyond it cannot be written everywhere


class Clock:
    """Seconds since the Unix epoch, as one scope sees them."""

    def __init__(self, *, frozen_at: float | None = None) -> None:
        self._offset = 0.0
        self._frozen_at = frozen_at

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still until it is advanced."""
        return self._frozen_at is not None

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._frozen_at if self._frozen_at is not None else time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move forward. Raises `ValueError` for a step backwards, no number, or one beyond the year 2200."""
        if not 0 <= seconds <= _LATEST - self.now():
            raise ValueError(f"advance takes seconds from 0 to the year 2200, not {seconds!r}")
        if self._frozen_at is not None:
            self._frozen_at += seconds
        else:
            self._offset += seconds

    def set(self, instant: float) -> None:
        """Jump to an instant (seconds since the epoch), frozen or not."""
        if self._frozen_at is not None:
            self._frozen_at = instant
        else:
            self._offset = instant - time.time()

    def freeze(self, frozen: bool = True) -> None:
        """Stop the clock where it is, or let it run on from there."""
        if frozen and self._frozen_at is None:
            self._frozen_at = self.now()
        elif not frozen and self._frozen_at is not None:
            self._offset, self._frozen_at = self._frozen_at - time.time(), None

    def pause(self, seconds: float) -> float:
        """Let `seconds` pass in this clock; returns how many real seconds the caller has to sleep (0 when frozen)."""
        if self._frozen_at is None:
            return seconds
        self._frozen_at = min(self._frozen_at + seconds, _LATEST)
        return 0.0


def rfc3339(instant: float, *, places: int = 0) -> str:
    """`2026-08-02T17:43:56Z`, with `places` digits of a fraction, as the API writes times."""
    moment = datetime.fromtimestamp(instant, UTC)
    fraction = f".{moment.microsecond:06d}"[: places + 1] if places else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"
