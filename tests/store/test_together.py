"""`together`: a transaction by itself, a part of one inside."""

from contextlib import suppress
from pathlib import Path

import pytest

from claudemock.store.base import Store
from claudemock.store.memory import MemoryStore
from claudemock.store.sqlite import SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Each back end."""
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "s.db")


@pytest.mark.parametrize("fails_inside", [True, False])
def test_what_fails_is_undone_as_a_whole(store: Store, fails_inside: bool) -> None:
    """An exception that leaves both blocks undoes both, wherever it comes from."""
    with suppress(ArithmeticError), store.transaction():
        store.put("kind", "scope", "outer", b"1")
        with store.together():
            store.put("kind", "scope", "inner", b"1")
            if fails_inside:
                raise ArithmeticError
        raise ArithmeticError
    assert store.scan("kind", "scope") == []
    store.close()


def test_what_is_caught_in_between_stays(store: Store) -> None:
    """The inner block undoes nothing by itself: the outer one decides."""
    with store.transaction():
        with suppress(ArithmeticError), store.together():
            store.put("kind", "scope", "inner", b"1")
            raise ArithmeticError
        store.put("kind", "scope", "outer", b"1")
    assert [record.key for record in store.scan("kind", "scope")] == ["inner", "outer"]
    store.close()


def test_by_itself_it_is_a_transaction(store: Store) -> None:
    """Alone it undoes what it did."""
    with suppress(ArithmeticError), store.together():
        store.put("kind", "scope", "key", b"1")
        raise ArithmeticError
    assert store.get("kind", "scope", "key") is None
    store.close()
