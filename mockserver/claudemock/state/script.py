"""A scope's script that several processes take replies from."""

from collections.abc import Iterator

import orjson

from claudemock.engine.reply import Reply
from claudemock.script.book import Entry, Miss, Script, ScriptBook, arm, uses
from claudemock.script.match import Facts
from claudemock.script.spec import parse_reply
from claudemock.store.base import Store

_ARMED, _USED, _STRICT, _NUMBER = "reply", "reply/used", "reply/strict", "reply/number"


class StoredScriptBook(ScriptBook):
    """A script whose armed replies, and how often each was used, are in a store.

    What was read is remembered until anybody writes. `take` belongs into a transaction: then no two processes are
    given the same reply.
    """

    def __init__(self, base: Script, store: Store, scope: str) -> None:
        super().__init__(base)
        self._store = store
        self._scope = scope
        self._changes: int | None = None

    @property
    def strict(self) -> bool:
        """See `ScriptBook`."""
        self._read()
        return self._strict

    @strict.setter
    def strict(self, strict: bool) -> None:
        self._store.put(_STRICT, self._scope, _STRICT, orjson.dumps(strict))

    def clear(self) -> None:
        """See `ScriptBook`."""
        for kind in (_ARMED, _USED, _STRICT):
            self._store.clear(self._scope, kind)

    def __iter__(self) -> Iterator[Entry]:
        self._read()
        return super().__iter__()

    def take(self, facts: Facts, *, keep: bool = False) -> Reply | Miss | None:
        """See `ScriptBook`."""
        self._read()
        return super().take(facts, keep=keep)

    def _number(self) -> int:
        while True:
            found = self._store.get(_NUMBER, self._scope, _NUMBER)
            number, version = (1, 0) if found is None else (int(found.value) + 1, found.version)
            if self._store.put(_NUMBER, self._scope, _NUMBER, b"%d" % number, expect=version) is not None:
                return number

    def _arm(self, entry: Entry) -> None:
        spec = entry.spec.model_dump(exclude_none=True, exclude_unset=True)
        self._store.put(_ARMED, self._scope, entry.id, orjson.dumps(spec))

    def _use(self, entry: Entry) -> Entry:
        super()._use(entry)
        if entry.left == 0 and entry.match is None and self._store.take(_ARMED, self._scope, entry.id):
            self._store.take(_USED, self._scope, entry.id)
        else:
            self._store.put(_USED, self._scope, entry.id, b"%d" % entry.used)
        return entry

    def _read(self) -> None:
        """Bring what is remembered up to what is in the store."""
        changes = self._store.changes()
        if changes == self._changes:
            return
        self._changes = changes
        known = {entry.id: entry for entry in super().__iter__()}
        used = {record.key: int(record.value) for record in self._store.scan(_USED, self._scope)}
        self._queue.clear()
        self._rules.clear()
        for record in self._store.scan(_ARMED, self._scope):
            super()._arm(known.get(record.key) or arm(parse_reply(orjson.loads(record.value)), record.key))
        strict = self._store.get(_STRICT, self._scope, _STRICT)
        self._strict = self._base.strict if strict is None else orjson.loads(strict.value)
        for entry in super().__iter__():
            entry.used = used.get(entry.id, 0)
            times = uses(entry.spec)
            entry.left = None if times is None else max(0, times - entry.used)
