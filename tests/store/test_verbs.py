"""What the protocol promises beyond single answers: transactions, large numbers, misuse."""

import random
from contextlib import suppress

import pytest

from claudemock.store.base import Store, every


def keys(store: Store) -> list[str]:
    """The keys on the shelf the tests use, oldest first."""
    return [record.key for record in store.scan("kind", "scope")]


def fill(store: Store, number: int) -> None:
    """Put that many records in one transaction."""
    with store.transaction():
        for n in range(number):
            store.put("kind", "scope", f"key-{n}", b"%d" % n)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_any_exception_undoes_a_transaction(store: Store, error: type[BaseException]) -> None:
    """A test that is interrupted leaves no half state."""
    store.put("kind", "scope", "kept", b"before")
    with suppress(error), store.transaction():
        store.put("kind", "scope", "kept", b"after")
        store.put("kind", "scope", "new", b"")
        store.take("kind", "scope", "kept")
        raise error
    assert [record[:3] for record in store.scan("kind", "scope")] == [("kept", b"before", 1)]


def test_transactions_do_not_nest(store: Store) -> None:
    """The inner one would end the outer one, which goes on as it was."""
    with suppress(ZeroDivisionError), store.transaction():
        store.put("kind", "scope", "key", b"")
        with pytest.raises(RuntimeError, match="transactions do not nest"), store.transaction():
            pass
        raise ZeroDivisionError
    assert keys(store) == []
    with store.transaction():
        store.put("kind", "scope", "key", b"")
    assert keys(store) == ["key"]


def test_a_failed_transaction_puts_records_back_in_their_places(store: Store) -> None:
    """Also when most of a shelf was taken, some were put again, and the rest was cleared."""
    fill(store, 500)
    before = store.scan("kind", "scope")
    dice = random.Random(4)
    with suppress(ZeroDivisionError), store.transaction():
        for _ in range(200):
            store.take("kind", "scope")
        for n in dice.sample(range(500), 400):
            store.take("kind", "scope", f"key-{n}")
        for n in dice.sample(range(500), 100):
            store.put("kind", "scope", f"key-{n}", b"again")
        store.clear("scope")
        store.put("kind", "scope", "key-7", b"and again")
        raise ZeroDivisionError
    assert store.scan("kind", "scope") == before
    assert store.take("kind", "scope") == before[0]
    assert store.scan("kind", "scope") == before[1:]


def test_scopes_and_kinds_are_apart(store: Store) -> None:
    """Clearing one scope, or one kind in it, touches no other; an empty name is a name."""
    places = [(kind, scope) for kind in ("", "file", "file/1") for scope in ("", "a", "a/b")]
    for kind, scope in places:
        store.put(kind, scope, "key", f"{kind} of {scope}".encode())
    store.clear("a", "file")
    store.clear("")
    left = {place: record.value.decode() for place in places if (record := store.get(*place, "key")) is not None}
    assert left == {place: "{} of {}".format(*place) for place in places if place[1] and place != ("file", "a")}


def test_expected_versions(store: Store) -> None:
    """Compare-and-set: 0 is `free`, and a key that was taken is free again."""
    assert store.put("kind", "scope", "key", b"1", expect=1) is None
    assert store.put("kind", "scope", "key", b"1", expect=0) == 1
    assert store.put("kind", "scope", "key", b"2", expect=0) is None
    assert store.put("kind", "scope", "key", b"2", expect=1) == 2
    assert store.put("kind", "scope", "key", b"3", expect=1) is None
    taken = store.take("kind", "scope", "key")
    assert taken is not None
    assert taken[:3] == ("key", b"2", 2)
    assert store.put("kind", "scope", "key", b"3", expect=2) is None
    assert store.put("kind", "scope", "key", b"3", expect=0) == 1


def test_a_queue_stays_in_order_over_many_takes(store: Store) -> None:
    """Ten thousand in, ten thousand out, new ones coming in meanwhile, nothing kept of what is gone."""
    fill(store, 10_000)
    with store.transaction():
        taken = [store.take("kind", "scope") for _ in range(9_000)]
        for n in range(10_000, 10_500):
            store.put("kind", "scope", f"key-{n}", b"")
    taken += [store.take("kind", "scope") for _ in range(1_500)]
    assert [None if record is None else record.key for record in taken] == [f"key-{n}" for n in range(10_500)]
    assert store.take("kind", "scope") is None
    assert store.count("kind", "scope") == 0


def test_pages(store: Store) -> None:
    """A walk in pages sees each record once, and what is put while it walks."""
    fill(store, 1_000)
    walk = every(store, "kind", "scope", page=64)
    seen = [next(walk).key for _ in range(10)]
    store.take("kind", "scope", "key-5")
    store.put("kind", "scope", "late", b"")
    seen += [record.key for record in walk]
    assert seen == [*(f"key-{n}" for n in range(1_000)), "late"]


def test_a_scan_goes_on_from_a_record_that_is_gone(store: Store) -> None:
    """Pagination survives a deletion."""
    fill(store, 10)
    middle = store.take("kind", "scope", "key-5")
    assert middle is not None
    newer = store.scan("kind", "scope", after=middle.sequence, limit=2)
    older = store.scan("kind", "scope", after=middle.sequence, limit=2, newest_first=True)
    assert [record.key for record in newer] == ["key-6", "key-7"]
    assert [record.key for record in older] == ["key-4", "key-3"]


def test_a_negative_limit_is_refused(store: Store) -> None:
    """SQLite would take it for no limit."""
    with pytest.raises(ValueError, match="limit is -1"):
        store.scan("kind", "scope", limit=-1)


def test_reading_changes_nothing(store: Store) -> None:
    """What was remembered of the store stays good until something is written."""
    fill(store, 3)
    before = store.changes()
    store.get("kind", "scope", "key-1")
    store.scan("kind", "scope")
    store.count("kind", "scope")
    store.take("kind", "other")
    store.put("kind", "scope", "key-1", b"", expect=9)
    assert store.changes() == before
    store.take("kind", "scope")
    assert store.changes() != before
