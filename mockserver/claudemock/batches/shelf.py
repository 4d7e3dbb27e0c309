"""The batches of a server, in its store: one record for each, and its requests in slices.

A slice is what is worked off in one step; its requests are replaced by their results in the same transaction that moves
the batch on to the next slice. So no request runs twice, whoever works on it, and a crash loses nothing but a step.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from secrets import token_hex

from claudemock.batches.order import Shuffle
from claudemock.batches.record import Batch
from claudemock.ids import digest
from claudemock.store.base import Store

SLICE = 32
"""The most requests in a slice."""
_SLICE_BYTES = 262_144
_BATCH, _UPLOAD = "batch", "batch_upload"
_STALE = 3600.0  # seconds after which an upload that has not become a batch never will
_PAGE = 100


class DeletedError(LookupError):
    """A batch that is no more, while it was read."""


class Upload:
    """The requests of a batch while they arrive: kept where the batch will find them, unless it comes to nothing.

    Its name is random: it is never shown, and two processes must not choose the same.
    """

    def __init__(self, store: Store, scope: str) -> None:
        self._store = store
        self._scope = scope
        self.name = token_hex(8)
        self.count = 0
        self.slices = 0
        self._lines: list[bytes] = []
        self._size = 0
        store.put(_UPLOAD, scope, self.name, b"%f" % time.time())

    def add(self, custom_id: str, params: bytes) -> None:
        """Keep one request; `params` is JSON in one line."""
        if self._lines and self._size + len(params) > _SLICE_BYTES:
            self._flush()
        self._lines.append(b"%b %b\n" % (custom_id.encode(), params))
        self._size += len(params)
        self.count += 1
        if len(self._lines) == SLICE:
            self._flush()

    def _flush(self) -> None:
        first = self.count - len(self._lines)
        self._store.put(_items(self.name), self._scope, str(self.slices), b"%d\n%b" % (first, b"".join(self._lines)))
        self.slices += 1
        self._lines, self._size = [], 0

    def finish(self) -> None:
        """Keep what is left."""
        if self._lines:
            self._flush()

    def discard(self) -> None:
        """Forget all of it."""
        self._store.clear(self._scope, _items(self.name))
        self._store.take(_UPLOAD, self._scope, self.name)


class Shelf:
    """The batches of all scopes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def upload(self, scope: str) -> Upload:
        """Room for the requests of a batch to come; what died on its way here long ago is swept out."""
        for record in self._store.scan(_UPLOAD, scope):
            if time.time() - float(record.value) > _STALE:
                self._store.clear(scope, _items(record.key))
                self._store.take(_UPLOAD, scope, record.key)
        return Upload(self._store, scope)

    def add(self, batch: Batch) -> bool:
        """Keep a batch whose requests are there; False if they are not any more. Called in a transaction."""
        if self._store.take(_UPLOAD, batch.scope, batch.items) is None:
            return False
        self.put(batch)
        return True

    def free_id(self, scope: str, candidates: Iterator[str]) -> str:
        """The first id no batch has: the same batch may have been sent to this store before."""
        return next(each for each in candidates if self._store.get(_BATCH, scope, each) is None)

    def get(self, scope: str, id: str) -> Batch | None:  # noqa: A002 - the API's own word
        """The batch, in whatever workspace."""
        found = self._store.get(_BATCH, scope, id)
        return None if found is None else Batch.decode(found.value)

    def put(self, batch: Batch) -> None:
        """Keep a batch's new state. Called in the transaction that read the old one."""
        self._store.put(_BATCH, batch.scope, batch.id, batch.encode())

    def unhide(self, batch: Batch) -> None:
        """One request about it has been answered as if it were not there."""
        with self._store.transaction():
            current = self.get(batch.scope, batch.id)
            if current is not None:
                self.put(replace(current, hidden=max(0, current.hidden - 1)))

    def newest_first(self, scope: str) -> Iterator[Batch]:
        """All batches of a scope."""
        after = 0
        while page := self._store.scan(_BATCH, scope, after=after, limit=_PAGE, newest_first=True):
            yield from (Batch.decode(record.value) for record in page)
            after = page[-1].sequence

    def remove(self, batch: Batch) -> None:
        """Forget a batch and its results."""
        with self._store.transaction():
            self._store.take(_BATCH, batch.scope, batch.id)
            self._store.clear(batch.scope, _items(batch.items))

    def requests(self, batch: Batch) -> tuple[int, Sequence[bytes]]:
        """The next slice: the number of its first request, and a line for each: `custom_id`, a blank, `params`."""
        first, _, lines = self._slice(batch, batch.next).partition(b"\n")
        return int(first), lines.splitlines()

    def done(self, batch: Batch, lines: Iterable[bytes], counts: tuple[int, ...]) -> Batch:
        """Replace the requests of the next slice by their results: JSON, each in one line. Returns the new state."""
        raw = b"".join(b"%b\n" % line for line in lines)
        self._store.put(_items(batch.items), batch.scope, str(batch.next), raw)
        moved = replace(batch, next=batch.next + 1, counts=counts, size=batch.size + len(raw))
        self.put(moved)
        return moved

    def results(self, batch: Batch, size: int) -> Iterator[bytes]:
        """The results as JSON lines in the order the batch's plan says, in parts of some `size` bytes.

        Each part is read when it is asked for. Raises `DeletedError` if the batch is no more by then.
        """
        parts: list[bytes] = []
        room = size
        for part in self._ordered(batch):
            parts.append(part)
            room -= len(part)
            if room <= 0:
                yield b"".join(parts)
                parts, room = [], size
        yield b"".join(parts)

    def _ordered(self, batch: Batch) -> Iterator[bytes]:
        order = batch.plan.order
        shuffle = Shuffle(batch.slices, batch.source)
        for number in range(batch.slices):
            if order == "shuffled":
                lines = self._slice(batch, shuffle[number]).splitlines(keepends=True)
                within = Shuffle(len(lines), digest(batch.source, b"%d" % number))
                yield b"".join(lines[within[rank]] for rank in range(len(lines)))
            elif order == "reversed":
                lines = self._slice(batch, batch.slices - 1 - number).splitlines(keepends=True)
                yield b"".join(reversed(lines))
            else:
                yield self._slice(batch, number)

    def _slice(self, batch: Batch, number: int) -> bytes:
        found = self._store.get(_items(batch.items), batch.scope, str(number))
        if found is None:
            raise DeletedError(batch.id)
        return found.value


def _items(name: str) -> str:
    return f"batch_item/{name}"
