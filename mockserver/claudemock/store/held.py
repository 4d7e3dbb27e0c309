"""A bounded mapping kept in a store, so that all processes that share the store share the mapping."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from claudemock.held import ceiling
from claudemock.store.base import Store, every

Value = TypeVar("Value")


class StoredMapping(Generic[Value]):
    """`Held` in a store, as the records of one kind in one scope; `most` is None for no bound.

    `encode` and `decode` turn a value into bytes and back. Each method is atomic by itself, and may be called inside a
    transaction of the store. Each process that shares the mapping counts anew after an eighth of `most` new keys of its
    own, so with several processes there may be as many eighths more.
    """

    def __init__(
        self,
        store: Store,
        kind: str,
        scope: str,
        *,
        encode: Callable[[Value], bytes],
        decode: Callable[[bytes], Value],
        most: int | None = None,
    ) -> None:
        self._store = store
        self._kind = kind
        self._scope = scope
        self._encode = encode
        self._decode = decode
        self._most = most
        self._counted = 0 if most is None else store.count(kind, scope)  # then what was put and popped here
        self._new = 0  # keys put here since then

    def get(self, key: str) -> Value | None:
        """See `Held`."""
        record = self._store.get(self._kind, self._scope, key)
        return None if record is None else self._decode(record.value)

    def put(self, key: str, value: Value) -> None:
        """See `Held`."""
        version = self._store.put(self._kind, self._scope, key, self._encode(value))
        if version == 1 and self._most is not None:
            self._counted += 1
            self._new += 1
            if self._counted > ceiling(self._most) or self._new > self._most // 8:
                self._trim(self._most)

    def pop(self, key: str) -> Value | None:
        """See `Held`."""
        record = self._store.take(self._kind, self._scope, key)
        if record is None:
            return None
        self._counted -= 1
        return self._decode(record.value)

    def items(self) -> Iterator[tuple[str, Value]]:
        """See `Held`. A page of the records is read at a time; what is put meanwhile may be seen too."""
        return ((record.key, self._decode(record.value)) for record in every(self._store, self._kind, self._scope))

    def __len__(self) -> int:
        return self._store.count(self._kind, self._scope)

    def _trim(self, most: int) -> None:
        self._counted = self._store.count(self._kind, self._scope)  # other processes put and pop too
        self._new = 0
        if self._counted > ceiling(most):
            for _ in range(self._counted - most):
                self._store.take(self._kind, self._scope)
            self._counted = most
