"""Every test of the endpoints runs on both back ends: what a server remembers must not change what it answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from claudemock.control.client import MockServer
from claudemock.serving import serve


@pytest.fixture(scope="session", params=["memory", "state file"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """A running server with default settings, shared by all tests of the process."""
    state: Path | None = tmp_path_factory.mktemp("state") / "state.db" if request.param == "state file" else None
    with serve(state=state) as server:
        yield server
