"""What is remembered by key, within a bound of numbers: in plain memory here, in a store by `store.held`."""

from collections.abc import Iterator
from itertools import islice
from typing import Generic, Protocol, TypeVar

Value = TypeVar("Value")


class Held(Protocol[Value]):
    """A mapping whose oldest values go when there are too many, wherever it is kept.

    With a bound of `most`, the oldest go until `most` are left as soon as there are more than `most` and an eighth of
    it: so none of the last `most` is ever missing, and what keeps them need not count each time. The age of a value is
    that of its key: one put again keeps its place.
    """

    def get(self, key: str) -> Value | None:
        """The value, or None. What is returned must not be changed: put a new value."""

    def put(self, key: str, value: Value) -> None:
        """Keep a value."""

    def pop(self, key: str) -> Value | None:
        """Remove and return the value, or None."""

    def items(self) -> Iterator[tuple[str, Value]]:
        """Keys and values, oldest first. Nothing may be put or popped meanwhile."""

    def __len__(self) -> int: ...


def ceiling(most: int) -> int:
    """How many values there may be for a while when `most` are wanted."""
    return most + most // 8


class BoundedDict(Generic[Value]):
    """`Held` in plain memory; `most` is None for no bound."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._values: dict[str, Value] = {}

    def get(self, key: str) -> Value | None:
        """See `Held`."""
        return self._values.get(key)

    def put(self, key: str, value: Value) -> None:
        """See `Held`."""
        self._values[key] = value
        if self._most is not None and len(self._values) > ceiling(self._most):
            self._values = dict(islice(self._values.items(), len(self._values) - self._most, None))

    def pop(self, key: str) -> Value | None:
        """See `Held`."""
        return self._values.pop(key, None)

    def items(self) -> Iterator[tuple[str, Value]]:
        """See `Held`."""
        return iter(self._values.items())

    def __len__(self) -> int:
        return len(self._values)
