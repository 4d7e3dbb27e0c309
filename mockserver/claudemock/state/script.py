"""A scope's script that several processes take replies from."""

from collections.abc import Iterable, Iterator

import orjson

from claudemock.engine.reply import Reply
from claudemock.script.book import Entry, Miss, Script, ScriptBook, arm, uses
from claudemock.script.match import Facts
from claudemock.script.spec import ReplySpec, parse_reply
from claudemock.store.base import Record, Store, count_up, every

_QUEUE, _RULE, _USED, _NUMBER = "reply/queue", "reply/rule", "reply/used", "reply/number"
_STATE = "reply/state"


class StoredScriptBook(ScriptBook):
    """A script whose armed replies, and how often each was used, are in a store.

    One small record, the state, is put whenever anything is armed, cleared or made strict, so looking at it says
    whether what is remembered still holds; using a reply does not change it. The first of the queue is looked up, and
    how often a rule was used is asked only of one that fits. `take` belongs into a transaction: then no two processes
    are given the same reply.
    """

    def __init__(self, base: Script, store: Store, scope: str) -> None:
        super().__init__(base)
        self._store = store
        self._scope = scope
        self._seen: tuple[int, int] | None = None  # sequence and version of the state: no two are ever alike
        self._known: dict[int, Entry] = {}  # by sequence: an id is given again after a reset
        self._first: tuple[int, Entry] | None = None  # of the queue, by sequence

    @property
    def strict(self) -> bool:
        """See `ScriptBook`."""
        self._look()
        return self._strict

    @strict.setter
    def strict(self, strict: bool) -> None:
        self._changed(strict)

    def add(self, specs: Iterable[ReplySpec]) -> list[str]:
        """See `ScriptBook`. All of them are armed at the same instant."""
        with self._store.together():
            self._look()
            ids = super().add(specs)
            state = self._store.get(_STATE, self._scope, _STATE)
            self._changed(None if state is None else orjson.loads(state.value))
        return ids

    def clear(self) -> None:
        """See `ScriptBook`."""
        with self._store.together():
            for kind in (_QUEUE, _RULE, _USED):
                self._store.clear(self._scope, kind)
            self._changed(None)

    def __iter__(self) -> Iterator[Entry]:
        self._look()
        used = {record.key: record.version for record in every(self._store, _USED, self._scope)}
        queue = (_armed(record) for record in every(self._store, _QUEUE, self._scope))
        for entry in (*queue, *self._rules, *self._from_files):
            times, entry.used = uses(entry.spec), used.get(entry.id, 0)
            entry.left = None if times is None else max(0, times - entry.used)
            yield entry

    def take(self, facts: Facts, *, keep: bool = False) -> Reply | Miss | None:
        """See `ScriptBook`."""
        self._look()
        return super().take(facts, keep=keep)

    def _number(self) -> int:
        return count_up(self._store, _NUMBER, self._scope, _NUMBER)

    def _arm(self, entry: Entry) -> None:
        spec = entry.spec.model_dump(exclude_unset=True)  # `times: null` is not the same as no `times`
        kind = _QUEUE if entry.match is None else _RULE
        self._store.put(kind, self._scope, entry.id, orjson.dumps(spec))

    def _head(self) -> Entry | None:
        """The entry is remembered while it stays the first: it may answer more than once."""
        for record in self._store.scan(_QUEUE, self._scope, limit=1):
            if self._first is None or self._first[0] != record.sequence:
                self._first = record.sequence, _armed(record)
            return self._first[1]
        return None

    def _usable(self, entry: Entry) -> bool:
        times = uses(entry.spec)
        return times is None or self._used(entry) < times

    def _used(self, entry: Entry) -> int:
        record = self._store.get(_USED, self._scope, entry.id)
        return 0 if record is None else record.version

    def _use(self, entry: Entry) -> None:
        queued = self._first is not None and entry is self._first[1]
        times = uses(entry.spec)
        if not (queued and times == 1):
            entry.used = count_up(self._store, _USED, self._scope, entry.id)
        if queued and times is not None and (times == 1 or entry.used >= times):
            self._store.take(_QUEUE, self._scope, entry.id)
            self._store.take(_USED, self._scope, entry.id)

    def _changed(self, strict: bool | None) -> None:
        """`strict` None: as the script files say."""
        self._store.put(_STATE, self._scope, _STATE, orjson.dumps(strict))

    def _look(self) -> None:
        """Bring what is remembered up to what is in the store."""
        state = self._store.get(_STATE, self._scope, _STATE)
        seen = None if state is None else (state.sequence, state.version)
        if seen == self._seen:
            return
        self._seen = seen
        strict = None if state is None else orjson.loads(state.value)
        self._strict = self._base.strict if strict is None else strict
        known, self._known = self._known, {}
        for record in every(self._store, _RULE, self._scope):
            self._known[record.sequence] = known.get(record.sequence) or _armed(record)
        self._rules = list(self._known.values())


def _armed(record: Record) -> Entry:
    return arm(parse_reply(orjson.loads(record.value)), record.key)
