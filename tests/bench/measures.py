"""Each thing the benchmark measures, as a function of a running server."""

import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench import cases
from tests.bench.load import SERVER_CORE, Load, cpu_seconds, pinned
from tests.meta.serving import OURS, ServerProcess, serving

STARTS = 7
CONVERSATIONS = 5


@contextmanager
def ours() -> Iterator[ServerProcess]:
    """Our server, pinned, with the benchmark's reply armed for ever."""
    with serving(command=pinned(SERVER_CORE, list(OURS))) as server:
        armed = post(
            server.url, "/_mock/replies", json.dumps({"replies": [{"text": cases.REPLY, "times": None}]}).encode()
        )
        assert json.loads(armed)["ids"]
        yield server


def post(url: str, path: str, body: bytes) -> bytes:
    """One POST on a connection of its own. Raises `RuntimeError` for anything but 2xx."""
    with connected(url) as connection:
        return send(connection, path, body)


@contextmanager
def connected(url: str) -> Iterator[HTTPConnection]:
    """A connection to the server."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=120)
    try:
        yield connection
    finally:
        connection.close()


def send(connection: HTTPConnection, path: str, body: bytes) -> bytes:
    """One POST. Raises `RuntimeError` for anything but 2xx."""
    connection.request("POST", path, body, cases.HEADERS)
    response = connection.getresponse()
    answer = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{path} answered {response.status}: {answer[:500]!r}")
    return answer


def seconds_to_first_answer() -> float:
    """From starting the process to the first 200 on /v1/messages: the median of several starts."""
    taken = []
    for _ in range(STARTS):
        began = time.perf_counter()
        with serving() as server:
            post(server.url, "/v1/messages", cases.request())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def milliseconds(server: ServerProcess, bodies: list[bytes]) -> float:
    """The median time of one request, sent one after another on one connection."""
    taken = []
    with connected(server.url) as connection:
        for body in bodies:
            began = time.perf_counter()
            send(connection, "/v1/messages", body)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


def conversation_milliseconds(server: ServerProcess) -> tuple[float, float, float]:
    """A 2 kB request, a 200-turn conversation of 2 MB, and the cost of a byte of the second in bytes of the first."""
    small = [cases.conversation(2_000, 3, seed) for seed in range(200)]
    large = [cases.conversation(2_000_000, 200, seed) for seed in range(CONVERSATIONS)]
    short, long = milliseconds(server, small), milliseconds(server, large)
    return short, long, (long / len(large[0])) / (short / len(small[0]))


def agent_loads(server: ServerProcess, target: str, seed: int) -> Load:
    """A growing conversation's requests to `target`, one after another, as one run of load."""
    bodies = list(cases.agent_conversation(500_000, seed))
    taken = []
    before = cpu_seconds(server.process.pid)
    with connected(server.url) as connection:
        for body in bodies:
            began = time.perf_counter()
            send(connection, target, body)
            taken.append((time.perf_counter() - began) * 1000)
    cpu = (cpu_seconds(server.process.pid) - before) / len(bodies) * 1e6
    typical = statistics.median(taken)
    return Load(1000 / typical, typical, max(taken), cpu)


def resident_megabytes(process: int) -> float:
    """Memory of the process that is in RAM."""
    status = Path(f"/proc/{process}/status")
    if status.exists():
        (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1000
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(process)], text=True)) / 1000


def threads_and_files(process: int) -> tuple[int, int] | None:
    """Threads and open file descriptors, where the system tells."""
    folder = Path(f"/proc/{process}")
    if not folder.exists():
        return None
    return len(list((folder / "task").iterdir())), len(list((folder / "fd").iterdir()))
