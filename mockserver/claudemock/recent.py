"""What was lately seen, within a bound of bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A mapping that forgets what was not asked for longest once the sizes of what it holds exceed `room`."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._size = 0

    def get(self, key: Key) -> Value | None:
        """The value, which now counts as just seen; None if it is not held."""
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Hold a value. One larger than an eighth of the room is not worth what it would drive out."""
        if size > self._room // 8:
            return
        before = self._held.pop(key, None)
        self._held[key] = (value, size)
        self._size += size - (before[1] if before is not None else 0)
        while self._size > self._room:
            _, (_, freed) = self._held.popitem(last=False)
            self._size -= freed

    def __len__(self) -> int:
        return len(self._held)
