"""Four processes behind one socket are one server: nothing is given twice, nothing is unknown to the others."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudemock.control.client import MockServer
from tests.meta.serving import ServerProcess
from tests.state.servers import at_once, cached, running
from tests.wire_client import ask, send

WORKERS = 4


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockServer, ServerProcess]]:
    """Four workers with the limits of the start tier."""
    state = tmp_path_factory.mktemp("workers") / "state.db"
    with running(state, "--workers", str(WORKERS), "--tier", "start") as server:
        yield server


@pytest.fixture
def server(process: tuple[MockServer, ServerProcess], request: pytest.FixtureRequest) -> MockServer:
    """The workers, seen from a scope of the test's own."""
    return process[0].scope(request.node.name)


def answering(server: MockServer, count: int = 60) -> set[int]:
    """The processes that answer."""
    return set(at_once(count, lambda _: int(server.call("GET", "health")["pid"])))


def test_all_of_them_answer(server: MockServer) -> None:
    """The socket is shared: no worker is idle while others work."""
    assert len(answering(server, 200)) == WORKERS


def test_each_reply_is_given_once(server: MockServer) -> None:
    """1,000 scripted replies go to 1,000 requests, whichever process they reach."""
    server.call("POST", "replies", {"replies": [f"reply {number}" for number in range(1000)], "strict": True})

    def said(number: int) -> str:
        return str(ask(server, f"request {number}").json["content"][0]["text"])

    given = Counter(at_once(1000, said))
    assert given == Counter(f"reply {number}" for number in range(1000))
    assert server.call("GET", "replies")["replies"] == []


def test_ids_are_never_the_same(server: MockServer) -> None:
    """Equal requests at the same moment are told apart, as one process would."""
    answers = at_once(30, lambda _: ask(server, "the same"))
    assert len({answer.json["id"] for answer in answers}) == 30
    assert len({answer.headers["request-id"] for answer in answers}) == 30


def test_what_one_wrote_all_of_them_read(server: MockServer) -> None:
    """A prompt cached by one worker is a hit on every other."""
    first = cached(server).json["usage"]
    assert first["cache_creation_input_tokens"] > 5000
    later = at_once(20, lambda _: cached(server).json["usage"])
    assert {usage["cache_read_input_tokens"] for usage in later} == {first["cache_creation_input_tokens"]}


def test_limits_add_up(server: MockServer) -> None:
    """The requests of a minute are those of all workers together."""
    server.clock.freeze()
    statuses = Counter(at_once(520, lambda _: send(server, "GET", "/v1/files").status))
    assert statuses == {200: 500, 429: 20}


def test_one_journal_and_one_bill(server: MockServer) -> None:
    """Exchanges and costs are complete and in order wherever they are asked for."""
    at_once(30, lambda number: ask(server, f"{number}"))
    seen = at_once(8, lambda _: [each["id"] for each in server.exchanges])
    assert len(seen[0]) == 30
    assert all(ids == seen[0] for ids in seen)
    assert {server.costs["total"]["requests"] for _ in range(8)} == {30}


def test_waiting_hears_of_other_workers(server: MockServer) -> None:
    """`exchanges/wait` answers when an exchange of another process ends."""
    at_once(10, lambda number: server.wait(count=1, timeout=20) if number % 2 else ask(server, f"{number}"))
    assert len(server.exchanges) == 5


def test_a_reset_reaches_all(server: MockServer) -> None:
    """After a reset no worker knows the scope."""
    server.reply("gone", times=None)
    at_once(20, lambda _: ask(server))
    server.reset()
    assert {len(found) for found in at_once(20, lambda _: server.exchanges)} == {0}
    assert "gone" not in {ask(server).json["content"][0]["text"] for _ in range(8)}


def test_faults_are_counted_together(server: MockServer) -> None:
    """A fault armed for three requests hits three, not three for each worker."""
    server.fault("overloaded", times=3)
    statuses = Counter(at_once(24, lambda number: ask(server, f"{number}").status))
    assert statuses == {529: 3, 200: 21}


def test_a_dead_worker_is_replaced(process: tuple[MockServer, ServerProcess], server: MockServer) -> None:
    """Killing one loses nothing that was answered, and there are as many as before soon after."""
    server.reply("still here", times=None)
    victim = min(answering(server, 200))
    os.kill(victim, signal.SIGKILL)
    while victim in (now := answering(server, 100)) or len(now) < WORKERS:
        assert process[1].process.poll() is None
    assert ask(server).json["content"][0]["text"] == "still here"
    assert "died" in process[1].log.read_text()


def test_all_end_together(tmp_path: Path) -> None:
    """SIGTERM to the parent leaves no worker behind."""
    with running(tmp_path / "state.db", "--workers", "2") as (server, process):
        workers = answering(server)
    assert process.process.returncode == 0
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
