"""Batches outlive the server when its state is in a file, and several servers can share one."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from claudemock.api.batch_run import Requests
from claudemock.batches.shelf import Shelf
from claudemock.control.client import MockServer
from claudemock.serving import serve
from claudemock.store.sqlite import SqliteStore
from tests.batches.bodies import PATH, counts, create, ends, poll, results
from tests.meta.serving import serving
from tests.wire_client import send


def test_a_batch_survives_a_restart(tmp_path: Path) -> None:
    """Before its end and after it; its id is not given to another one, and armed scripts are still there."""
    path = tmp_path / "state.db"
    with serve(state=path) as server:
        ended = create(server, 100)
        poll(server, ended["id"])
        before = results(server, ended["id"])
        waiting = create(server, 3)
        server.batches.script(errored=1)
    with serve(state=path) as server:
        assert results(server, ended["id"]) == before
        assert counts(poll(server, waiting["id"])) == {"succeeded": 3}
        again = create(server, 3)
        assert again["id"] != waiting["id"]
        assert counts(poll(server, again["id"])) == {"succeeded": 2, "errored": 1}


def test_a_batch_that_was_under_way_goes_on_where_it_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails leaves no trace; the next server does it and the rest, and runs nothing twice."""
    path = tmp_path / "state.db"
    asked: list[str] = []
    real = Requests.result

    def watched(self: Requests, *given: Any) -> tuple[str, bytes]:
        custom_id = given[4]
        if custom_id == "r-70" and "r-70" not in asked:
            asked.append(custom_id)
            raise MemoryError
        asked.append(custom_id)
        return real(self, *given)

    monkeypatch.setattr(Requests, "result", watched)
    with serve(state=path) as server:
        batch = create(server, 100)
        assert send(server, "GET", f"{PATH}/{batch['id']}").status == 500
    assert len(asked) == 71  # two whole slices, and the third up to its failure
    with serve(state=path) as server:
        assert counts(poll(server, batch["id"])) == {"succeeded": 100}
        assert len(ends(results(server, batch["id"]))) == 100
    assert sorted(asked[71:]) == sorted(f"r-{number}" for number in range(64, 100))


@pytest.mark.parametrize("slices", [0, 1, 7, 20])
def test_a_killed_server_loses_nothing(tmp_path: Path, slices: int) -> None:
    """Killed while it works off a batch, it leaves whole slices; the rest is done later, nothing is charged twice."""
    path = tmp_path / "state.db"
    with serving("--state", str(path)) as started, closing(SqliteStore(path)) as store:
        server = MockServer(started.url)
        batch = create(server, 3000)
        Thread(target=_abandoned_poll, args=(server, batch["id"]), daemon=True).start()
        while worked_off(store, batch["id"]) < slices:
            pass
        started.process.kill()
    with serve(state=path) as server:
        assert counts(poll(server, batch["id"])) == {"succeeded": 3000}
        assert ends(results(server, batch["id"])) == {f"r-{number}": "succeeded" for number in range(3000)}
        assert server.costs["total"]["requests"] == 3000


def worked_off(store: SqliteStore, name: str) -> int:
    """How many slices of a batch are done."""
    found = Shelf(store).get("default", name)
    return 0 if found is None else found.next


def _abandoned_poll(server: MockServer, name: str) -> None:
    with suppress(OSError, HTTPException):
        send(server, "GET", f"{PATH}/{name}")


def test_two_servers_work_off_one_batch_together(tmp_path: Path) -> None:
    """Polled on both at once, each request runs once and is charged once."""
    with serve(state=tmp_path / "state.db") as one, serve(state=tmp_path / "state.db") as other:
        batch = create(one, 2000)
        with ThreadPoolExecutor(2) as pool:
            shown = list(pool.map(lambda server: poll(server, batch["id"]), [one, other]))
        assert [counts(each) for each in shown] == [{"succeeded": 2000}] * 2
        assert one.costs["total"]["requests"] == 2000


def test_two_servers_share_one_file(tmp_path: Path) -> None:
    """What one accepts the other can work off and show."""
    with serve(state=tmp_path / "state.db") as one, serve(state=tmp_path / "state.db") as other:
        batch = create(one, 100)
        assert counts(poll(other, batch["id"])) == {"succeeded": 100}
        assert len(results(one, batch["id"])) == 100
        assert send(one, "DELETE", f"{PATH}/{batch['id']}").status == 200
        assert send(other, "GET", f"{PATH}/{batch['id']}").status == 404
