"""A stream of choices that depends on its seed alone, many times cheaper to start than `random.Random`."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1


class Dice:
    """Choices for one generated value: the same seed gives the same choices on every platform and Python."""

    def __init__(self, seed: bytes) -> None:
        self._state = int.from_bytes(blake2b(seed, digest_size=8).digest(), "big")

    def below(self, limit: int) -> int:
        """A whole number from 0 to `limit` - 1; 0 when the limit is 0 or less. Every limit up to 2**96 is reachable."""
        # Knuth's 64-bit linear congruential step; its low bits are weak, so only the high 32 are used.
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        high = self._state >> 32
        if limit <= 1 << 32:
            return high * limit >> 32 if limit > 0 else 0
        return (high << 64 | self.below(1 << 32) << 32 | self.below(1 << 32)) * limit >> 96

    def chance(self, of: int) -> bool:
        """True once in `of` times."""
        return self.below(of) == 0

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, of which there must be at least one."""
        return options[self.below(len(options))]
