"""Every back end, for tests that must hold on all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from claudemock.store.base import Store
from claudemock.store.memory import MemoryStore
from claudemock.store.sqlite import SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "state.db")
    yield made
    made.close()
