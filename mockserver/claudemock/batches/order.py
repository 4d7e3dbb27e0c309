"""A seeded order of n things that needs no memory: where each goes, and which comes when."""

from math import gcd


class Shuffle:
    """A permutation of 0…n-1. With more than one thing, the first never stays the first: no order holds by chance."""

    def __init__(self, count: int, seed: bytes) -> None:
        self._count = count
        number = int.from_bytes(seed[:8], "big")
        self._start = 1 + number % (count - 1) if count > 1 else 0
        step = 1 + (number >> 24) % count if count else 1
        while gcd(step, count) > 1:
            step += 1
        self._step = step % count if count > 1 else 1
        self._back = pow(self._step, -1, count) if count > 1 else 1

    def __getitem__(self, rank: int) -> int:
        """Which thing comes at `rank`."""
        return (self._start + rank * self._step) % self._count

    def rank(self, thing: int) -> int:
        """When `thing` comes."""
        return (thing - self._start) * self._back % self._count
