"""The `with` block of a store's transaction."""

from collections.abc import Callable
from types import TracebackType


class Transaction:
    """Calls `begin`, and at the end of the block `end`: with True, to undo it all, if an exception leaves the block."""

    __slots__ = ("_begin", "_end")

    def __init__(self, begin: Callable[[], None], end: Callable[[bool], None]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> None:
        self._begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end(kind is not None)
