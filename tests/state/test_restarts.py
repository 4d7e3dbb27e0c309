"""A server that is killed and started again knows all that it had acknowledged."""

import random
from pathlib import Path

import pytest

from claudemock.control.client import MockServer
from tests.meta.serving import ServerProcess, serving
from tests.state.servers import cached, running
from tests.wire_client import ask, send


def killed(process: ServerProcess) -> None:
    """No chance to tidy up."""
    process.process.kill()
    process.process.wait()


def test_everything_a_scope_knows(tmp_path: Path) -> None:
    """Script, clock, cache, files, faults, costs and exchanges are there after a kill."""
    state = tmp_path / "state.db"
    with running(state) as (server, process):
        server.clock.freeze()
        server.clock.advance(3600)
        now = server.clock.now
        server.reply("first")
        server.reply("second")
        server.when(contains="weather").reply("sunny", times=2)
        server.fault("overloaded", match={"contains": "storm"}, times=2)
        file = server.files.add("notes.txt", "kept")
        assert ask(server).json["content"][0]["text"] == "first"
        assert ask(server, "a storm").status == 529
        written = cached(server, headers={"x-api-key": "sk-ant-mock-other"}).json["usage"][
            "cache_creation_input_tokens"
        ]
        before = server.exchanges
        bill = server.costs
        killed(process)
    with running(state) as (server, _):
        assert server.clock.now == now
        assert list(server.exchanges) == list(before)
        assert server.costs == bill
        assert send(server, "GET", f"/v1/files/{file['id']}/content").body == b"kept"
        assert ask(server).json["content"][0]["text"] == "second"
        assert [ask(server, "weather?").json["content"][0]["text"] for _ in range(2)] == ["sunny", "sunny"]
        assert [ask(server, "a storm").status for _ in range(2)] == [529, 200]
        again = cached(server, headers={"x-api-key": "sk-ant-mock-other"}).json["usage"]
        assert again["cache_read_input_tokens"] == written


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment(tmp_path: Path, seed: int) -> None:
    """Between any two requests: what was answered happened once, what was not did not happen twice."""
    state, draws = tmp_path / "state.db", random.Random(seed)
    replies = [f"reply {number}" for number in range(30)]
    given: list[str] = []
    with running(state) as (server, process):
        server.call("POST", "replies", {"replies": replies})
        killed(process)
    while len(given) < len(replies):
        with running(state) as (server, process):
            for _ in range(draws.randint(1, 12)):
                if len(given) < len(replies):
                    given.append(ask(server, str(len(given))).json["content"][0]["text"])
            killed(process)
    assert given == replies


def test_memory_is_forgotten(tmp_path: Path) -> None:
    """Without a state file nothing is left behind, on disk neither."""
    with serving(cwd=tmp_path) as process:
        MockServer(process.url).files.add("notes.txt", "gone")
    assert list(tmp_path.iterdir()) == []
