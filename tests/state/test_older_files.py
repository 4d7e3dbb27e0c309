"""A state file of any earlier schema goes on where it was left."""

from pathlib import Path

import pytest

import claudemock
from claudemock.store.migrations import shipped_migrations
from tests.state.older import RECORDS, write
from tests.wire_client import ask, send

LATEST = shipped_migrations()[-1].number


def test_every_version_is_looked_at() -> None:
    """A new schema needs the records of the one before, as that one wrote them."""
    assert sorted(RECORDS) == list(range(1, LATEST + 1))


@pytest.mark.parametrize("version", RECORDS)
def test_a_file_of_an_earlier_version(tmp_path: Path, version: int) -> None:
    """Script, clock, batches, files and costs are there, can be added to, and are found again after that."""
    state = tmp_path / "state.db"
    write(state, version)
    with claudemock.serve(state=state) as server:
        assert server.clock.now.startswith("2026-11-24T01:10:50")
        assert server.costs["total"]["dollars"]["total"] == pytest.approx(0.00011)
        assert ask(server, "the rule").json["content"][0]["text"] == "kept"
        assert ask(server, "the rule").json["content"][0]["text"] == "a rule"
        assert ask(server, "else").status == 404
        server.clock.advance(60)
        batch = send(server, "GET", "/v1/messages/batches/msgbatch_old").json
        assert batch["request_counts"]["errored"] == 1
        assert send(server, "GET", "/v1/files/file_old/content").body == b"kept"
        bill = server.costs
        assert bill["total"]["requests"] == 3
        assert bill["total"]["dollars"]["total"] > 0.00011
    with claudemock.serve(state=state) as server:
        assert server.costs == bill
