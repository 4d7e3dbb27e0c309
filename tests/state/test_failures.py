"""A state file that cannot be written or read while a server serves: an error of the API's kind, nothing lost."""

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.meta.serving import ServerProcess
from tests.state.servers import running
from tests.wire_client import ask, send

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="takes the disk away as only Linux lets one")


@contextmanager
def full_disk(process: ServerProcess, *files: Path) -> Iterator[None]:
    """No file of the process can grow meanwhile."""
    import resource

    number = process.process.pid
    before = resource.prlimit(number, resource.RLIMIT_FSIZE)
    resource.prlimit(number, resource.RLIMIT_FSIZE, (min(file.stat().st_size for file in files), before[1]))
    try:
        yield
    finally:
        resource.prlimit(number, resource.RLIMIT_FSIZE, before)


def test_a_full_disk(tmp_path: Path) -> None:
    """Requests are refused while there is no room, and go on as if nothing had been once there is."""
    state = tmp_path / "state.db"
    upload: dict[str, str | None] = {"content-type": "multipart/form-data; boundary=x"}
    form = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nkept\r\n--x--\r\n'
    with running(state) as (server, process):
        server.call("POST", "replies", {"replies": ["first", "second"], "strict": True})
        assert ask(server).json["content"][0]["text"] == "first"
        batch = {"requests": [{"custom_id": "a", "params": {}}]}
        with full_disk(process, state):
            refused = [
                ask(server),
                ask(server, stream=True),
                send(server, "POST", "/v1/messages/batches", batch),
                send(server, "POST", "/v1/files", form, upload),
                send(server, "GET", "/v1/models"),
            ]
        for answer in refused:
            status, kind, message = answer.error
            assert (status, kind) == (500, "api_error")
            assert "state.db" in message or "disk" in message
        assert ask(server).json["content"][0]["text"] == "second"
        assert send(server, "GET", "/v1/messages/batches").json["data"] == []
        assert send(server, "GET", "/v1/files").json["data"] == []
        assert list((tmp_path / "state.db.files").iterdir()) == []
        assert "Traceback" not in process.log.read_text()
        assert [each["status"] for each in map(dict, (e["response"] for e in server.exchanges))].count(200) >= 3


def test_a_locked_file_is_an_overload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds the file for too long costs requests a 529, which is tried again."""
    monkeypatch.setattr("claudemock.store.sqlite_file._PATIENCE", 0.05)
    state = tmp_path / "state.db"
    with serve(state=state) as server:
        server.call("POST", "replies", {"replies": ["first"], "strict": True})
        with closing(sqlite3.connect(state, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for answer in (ask(server), send(server, "GET", "/v1/models"), ask(server, stream=True)):
                assert answer.error[:2] == (529, "overloaded_error")
                assert answer.headers["x-should-retry"] == "true"
            other.execute("ROLLBACK")
        assert ask(server).json["content"][0]["text"] == "first"


def test_a_file_that_was_destroyed(tmp_path: Path) -> None:
    """What is no database any more is named, in the API's shape, request after request."""
    state = tmp_path / "state.db"
    with running(state) as (server, process):
        server.reply("gone")
        for path in (state, tmp_path / "state.db-wal"):
            path.write_bytes(b"not a database. " * 4096)
        answers = [ask(server) for _ in range(3)]
        assert {answer.status for answer in answers} <= {200, 500}
        for answer in answers:
            if answer.status == 500:
                assert "state.db" in answer.error[2]
        assert "Traceback" not in process.log.read_text()


def gone(process: int) -> bool:
    """Whether a process has ended; one that nobody has waited for is a zombie."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL of the parent ends the workers: nothing goes on serving its port or writing its file."""
    with running(tmp_path / "state.db", "--workers", "2") as (server, process):
        workers = {int(server.call("GET", "health")["pid"]) for _ in range(40)}
        assert workers
        process.process.kill()
        process.process.wait()
        deadline = time.monotonic() + 15
        while not all(gone(worker) for worker in workers) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [worker for worker in workers if not gone(worker)] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_terminal_ends_all(tmp_path: Path, number: int, workers: str) -> None:
    """Ctrl-C reaches parent and workers at once, as from a terminal; nothing is left and nobody complains."""
    with running(tmp_path / "state.db", "--workers", workers) as (server, process):
        pids = {int(server.call("GET", "health")["pid"]) for _ in range(20)} | {process.process.pid}
        for pid in pids:
            os.kill(pid, number)
        process.process.wait(15)
        assert all(gone(pid) for pid in pids)
        assert "Traceback" not in process.log.read_text()


def test_a_reset_is_heard_of_by_all_workers(tmp_path: Path) -> None:
    """After a reset no worker has armed faults or remembers a reply whose id is given anew."""
    with running(tmp_path / "state.db", "--workers", "3") as (server, _):
        for turn in range(3):
            server.when(contains="weather").reply(f"turn {turn}", times=None)
            server.fault("overloaded", match={"contains": "storm"})
            said = {ask(server, f"weather {n}").json["content"][0]["text"] for n in range(15)}
            assert said == {f"turn {turn}"}
            assert {ask(server, f"storm {n}").status for n in range(3)} <= {200, 529}
            server.reset()
            assert {ask(server, f"a storm {n}").status for n in range(15)} == {200}
            assert {len(MockServer(server.base_url).call("GET", "faults")["faults"]) for _ in range(10)} == {0}
            server.reset()
