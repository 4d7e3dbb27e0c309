"""The obviously correct rate limiter: exact fractions, no cleverness. Tests compare the real one with it."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor


@dataclass
class Level:
    """What one limit has left, which refills by its limit in 60 seconds and never holds more than that."""

    limit: int
    left: Fraction = field(init=False)
    at: Fraction | None = None

    def __post_init__(self) -> None:
        self.left = Fraction(self.limit)

    def look(self, now: Fraction) -> Fraction:
        """What is left at `now`, which may be below 0. A clock set back goes on from there."""
        if self.at is None or now < self.at:
            self.at = now
        return min(Fraction(self.limit), self.left + (now - self.at) * self.limit / 60)

    def take(self, units: int, now: Fraction) -> None:
        """Use some, or give some back."""
        self.left, self.at = min(Fraction(self.limit), self.look(now) - units), now


def shown(level: Level, now: Fraction, *, tokens: bool) -> tuple[int, int, int]:
    """What the headers say: limit, remaining, and the second in which it is full again."""
    left = level.look(now)
    whole = max(0, floor(left))
    if tokens:
        whole = min(level.limit, (whole + 500) // 1000 * 1000)
    return level.limit, whole, floor(now + (level.limit - left) * 60 / level.limit)
