"""Bounded mappings: the same program gives the same answers in plain memory and on every store."""

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from claudemock.held import BoundedDict, Held, ceiling
from claudemock.store.base import Store
from claudemock.store.held import StoredMapping
from claudemock.store.memory import MemoryStore
from claudemock.store.sqlite import SqliteStore

OPERATIONS = st.lists(st.tuples(st.sampled_from(["put", "put", "pop", "get"]), st.integers(0, 40)), max_size=80)


def stored(store: Store, most: int | None, scope: str = "scope") -> StoredMapping[int]:
    """A mapping to numbers."""
    return StoredMapping(store, "held", scope, encode=b"%d".__mod__, decode=int, most=most)


def answers(held: Held[int], operations: list[tuple[str, int]]) -> list[object]:
    """What each operation gave, and what was held after it."""
    given_back: list[object] = []
    for number, (name, key) in enumerate(operations):
        if name == "put":
            held.put(f"{key}", number)
        else:
            given_back.append(held.get(f"{key}") if name == "get" else held.pop(f"{key}"))
        given_back += [len(held), list(held.items())]
    return given_back


@given(OPERATIONS, st.none() | st.integers(0, 20))
def test_alike_everywhere(operations: list[tuple[str, int]], most: int | None) -> None:
    """Whoever uses `Held` need not know where it is kept."""
    folder = Path(tempfile.mkdtemp())
    store = SqliteStore(folder / "state.db")
    try:
        expected = answers(BoundedDict(most), operations)
        assert answers(stored(MemoryStore(), most), operations) == expected
        assert answers(stored(store, most), operations) == expected
    finally:
        store.close()
        shutil.rmtree(folder)


@given(st.integers(0, 20), st.lists(st.integers(0, 60), max_size=100))
def test_bound_and_truth(most: int, keys: list[int]) -> None:
    """The newest `most` are always there with their last values, and never many more."""
    held: BoundedDict[int] = BoundedDict(most)
    last: dict[str, int] = {}
    for number, key in enumerate(keys):
        if held.get(f"{key}") is None:
            last.pop(f"{key}", None)
        held.put(f"{key}", number)
        last[f"{key}"] = number
        expected = list(last.items())
        assert len(held) <= ceiling(most)
        assert list(held.items()) == expected[len(expected) - len(held) :]
        assert len(held) >= min(most, len(expected))


def test_a_mapping_is_found_again(tmp_path: Path) -> None:
    """A restart keeps what was held, and the bound counts it."""
    store = SqliteStore(tmp_path / "state.db")
    mapping = stored(store, 4)
    for n in range(4):
        mapping.put(f"{n}", n)
    store.close()
    store = SqliteStore(tmp_path / "state.db")
    mapping = stored(store, 4)
    mapping.put("4", 4)
    assert dict(mapping.items()) == {"1": 1, "2": 2, "3": 3, "4": 4}
    store.close()


def test_processes_that_share_a_mapping_share_its_bound(tmp_path: Path) -> None:
    """Each adds an eighth before it counts again, not more."""
    stores = [SqliteStore(tmp_path / "state.db") for _ in range(3)]
    mappings = [stored(store, 16) for store in stores]
    for n in range(300):
        mappings[n % 3].put(f"{n}", n)
        assert len(mappings[0]) <= ceiling(16) + 3 * 2
    held = [value for _, value in mappings[0].items()]
    assert held == list(range(300))[-len(held) :]
    assert len(held) >= 16
    for store in stores:
        store.close()


def test_a_mapping_may_be_used_inside_a_transaction(store: Store) -> None:
    """What a request changes is one step, and is undone with it."""
    mapping = stored(store, 2)
    mapping.put("a", 1)
    with suppress(ZeroDivisionError), store.transaction():
        for n in range(5):
            mapping.put(f"{n}", n)
        raise ZeroDivisionError
    assert list(mapping.items()) == [("a", 1)]
    mapping.put("b", 2)
    mapping.put("c", 3)
    assert list(mapping.items()) == [("b", 2), ("c", 3)]


def test_mappings_of_two_scopes_are_apart(store: Store) -> None:
    """A test's bound is its own."""
    one, two = stored(store, 1, "one"), stored(store, 1, "two")
    one.put("key", 1)
    two.put("key", 2)
    assert (one.get("key"), two.pop("key"), two.get("key"), len(one), len(two)) == (1, 2, None, 1, 0)
