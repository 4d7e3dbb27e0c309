"""One random program runs on every back end and on a plain dict: they all give the same answers."""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from claudemock.store.base import Record, Store, every
from claudemock.store.memory import MemoryStore
from claudemock.store.sqlite import SqliteStore

Seen = tuple[str, bytes, int]  # a record without its sequence: back ends may leave gaps


class Model:
    """What a store should be: one dict in the order of first puts."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], tuple[bytes, int]] = {}

    def put(self, kind: str, scope: str, key: str, value: bytes, expect: int | None) -> int | None:
        """As `Store.put`."""
        version = self.records.get((kind, scope, key), (b"", 0))[1]
        if expect not in (None, version):
            return None
        self.records[kind, scope, key] = (value, version + 1)
        return version + 1

    def get(self, kind: str, scope: str, key: str) -> Seen | None:
        """As `Store.get`."""
        found = self.records.get((kind, scope, key))
        return None if found is None else (key, *found)

    def all(self, kind: str, scope: str) -> list[Seen]:
        """Everything on a shelf, oldest first."""
        return [(at[2], *found) for at, found in self.records.items() if at[:2] == (kind, scope)]

    def take(self, kind: str, scope: str, key: str | None) -> Seen | None:
        """As `Store.take`."""
        if key is None:
            key = next((seen[0] for seen in self.all(kind, scope)), "")
        found = self.records.pop((kind, scope, key), None)
        return None if found is None else (key, *found)

    def scan(self, kind: str, scope: str, after: str | None, limit: int | None, newest_first: bool) -> list[Seen]:
        """As `Store.scan`, with the key of the record to begin after."""
        seen = self.all(kind, scope)
        if newest_first:
            seen.reverse()
        keys = [one[0] for one in seen]
        return seen[keys.index(after) + 1 if after in keys else 0 :][:limit]

    def clear(self, scope: str, kind: str | None) -> None:
        """As `Store.clear`."""
        self.records = {at: found for at, found in self.records.items() if at[1] != scope or kind not in (None, at[0])}


def plain(record: Record | None) -> Seen | None:
    """What of a record is the same on every back end."""
    return None if record is None else (record.key, record.value, record.version)


def sequence_of(store: Store, kind: str, scope: str, key: str | None) -> int:
    """Where a scan after `key` begins: 0 without one."""
    found = None if key is None else store.get(kind, scope, key)
    return 0 if found is None else found.sequence


class Backend:
    """Handles on the same records, used in turn: one step, or one transaction, with each."""

    def __init__(self, handles: Sequence[Store]) -> None:
        self.handles = handles
        self._turns = cycle(handles)
        self.highest = 0  # sequence

    def turn(self) -> Store:
        """The handle whose turn it is."""
        return next(self._turns)

    def run(self, store: Store, name: str, arguments: dict[str, Any]) -> object:
        """One verb's answer in the model's terms."""
        if name == "put":
            return self._put(store, **arguments)
        if name == "scan":
            after = sequence_of(store, arguments["kind"], arguments["scope"], arguments["after"])
            return [plain(record) for record in store.scan(**{**arguments, "after": after})]
        result = getattr(store, name)(**arguments)
        return plain(result) if isinstance(result, Record) else result

    def _put(self, store: Store, kind: str, scope: str, key: str, value: bytes, expect: int | None) -> int | None:
        version = store.put(kind, scope, key, value, expect=expect)
        if version == 1:
            sequence = sequence_of(store, kind, scope, key)
            assert sequence > self.highest
            self.highest = sequence
        return version


class ExpectedError(Exception):
    """Leaves a transaction."""


KINDS = st.sampled_from(["file", "batch"])
SCOPES = st.sampled_from(["", "a", "ä/\0"])
KEYS = st.sampled_from(["one", "two", "three", "four", "Ω"])
SHELF = {"kind": KINDS, "scope": SCOPES}
STEPS: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(
        st.just("put"),
        st.fixed_dictionaries(
            {**SHELF, "key": KEYS, "value": st.binary(max_size=6), "expect": st.none() | st.integers(0, 3)}
        ),
    ),
    st.tuples(st.just("get"), st.fixed_dictionaries({**SHELF, "key": KEYS})),
    st.tuples(st.just("take"), st.fixed_dictionaries({**SHELF, "key": st.none() | KEYS})),
    st.tuples(
        st.just("scan"),
        st.fixed_dictionaries(
            {
                **SHELF,
                "after": st.none() | KEYS,
                "limit": st.none() | st.integers(0, 4),
                "newest_first": st.booleans(),
            }
        ),
    ),
    st.tuples(st.just("clear"), st.fixed_dictionaries({"scope": SCOPES, "kind": st.none() | KINDS})),
)


class Agreement(RuleBasedStateMachine):
    """Memory, SQLite, and SQLite with two connections against the model."""

    @initialize()
    def open(self) -> None:
        """Empty stores."""
        self.folder = Path(tempfile.mkdtemp())
        self.model = Model()
        one, shared = self.folder / "one.db", self.folder / "shared.db"
        self.backends = [
            Backend([MemoryStore()]),
            Backend([SqliteStore(one)]),
            Backend([SqliteStore(shared), SqliteStore(shared)]),
        ]

    @rule(step=STEPS)
    def verb(self, step: tuple[str, dict[str, Any]]) -> None:
        """One verb by itself; who asks for changes learns of it."""
        before = dict(self.model.records)
        expected = getattr(self.model, step[0])(**step[1])
        changed = self.model.records != before
        for backend in self.backends:
            changes = [handle.changes() for handle in backend.handles]
            assert backend.run(backend.turn(), *step) == expected
            if changed:
                assert all(map(int.__ne__, changes, (handle.changes() for handle in backend.handles)))

    @rule(steps=st.lists(STEPS, max_size=8), fails=st.booleans())
    def transaction(self, steps: list[tuple[str, dict[str, Any]]], fails: bool) -> None:
        """Several verbs as one; if it fails, nothing has happened."""
        before = dict(self.model.records)
        expected = [getattr(self.model, name)(**arguments) for name, arguments in steps]
        if fails:
            self.model.records = before
        for backend in self.backends:
            store, highest = backend.turn(), backend.highest
            with suppress(ExpectedError), store.transaction():
                assert [backend.run(store, *step) for step in steps] == expected
                if fails:
                    backend.highest = highest
                    raise ExpectedError

    @rule(kind=KINDS, scope=SCOPES, page=st.integers(1, 3))
    def everything(self, kind: str, scope: str, page: int) -> None:
        """Counts, and scans in pages."""
        expected = self.model.all(kind, scope)
        for backend in self.backends:
            for store in backend.handles:
                assert store.count(kind, scope) == len(expected)
                assert [plain(record) for record in every(store, kind, scope, page=page)] == expected

    def teardown(self) -> None:
        """Close and remove everything."""
        for backend in self.backends:
            for handle in backend.handles:
                handle.close()
        shutil.rmtree(self.folder)


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
