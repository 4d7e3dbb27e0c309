"""A batch of 100,000 requests and some 100 MB, from creation to its last result, on a SQLite state.

`python -m tests.bench.batches [COUNT]`; exits with 1 if a target is missed. It takes half a minute, so it is no part of
the ordinary benchmark. The time is also told as a ratio to parsing the same bytes as JSON, which a busy machine slows
down alike.
"""

import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import cases
from tests.bench.measures import connected, post
from tests.bench.report import Single, Target, missed, table
from tests.meta.serving import serving

PATH = "/v1/messages/batches"
COUNT = 100_000
_READ = 65_536


def body(count: int) -> bytes:
    """A batch of requests of about a kilobyte each, all different."""
    words = random.Random(1)
    texts = (" ".join(words.choices(cases.WORDS, k=140)) for _ in range(count))
    return json.dumps(
        {
            "requests": [
                {
                    "custom_id": f"request-{number}",
                    "params": {
                        "model": cases.MODEL,
                        "max_tokens": 100,
                        "messages": [{"role": "user", "content": f"{number}: {text}"}],
                    },
                }
                for number, text in enumerate(texts)
            ]
        }
    ).encode()


class Others:
    """Somebody else's small requests, one after another: `longest` is the longest any had to wait, in seconds."""

    def __init__(self, url: str) -> None:
        self.longest = 0.0
        self._url = url
        self._stop = threading.Event()

    def __call__(self) -> None:
        """Ask until told to stop."""
        while not self._stop.wait(0.02):
            began = time.perf_counter()
            post(self._url, "/v1/messages", cases.request())
            self.longest = max(self.longest, time.perf_counter() - began)

    def stop(self) -> None:
        """Ask no more."""
        self._stop.set()


@contextmanager
def others(url: str) -> Iterator[Others]:
    """Small requests in the background."""
    asking = Others(url)
    thread = threading.Thread(target=asking)
    thread.start()
    try:
        yield asking
    finally:
        asking.stop()
        thread.join()


def peak_megabytes(process: int) -> float:
    """The most memory of the process that has been in RAM; 0 where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0.0
    (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """How many seconds it took, and what came of it."""
    began = time.perf_counter()
    made = action()
    return time.perf_counter() - began, made


def ended(url: str, name: str) -> dict[str, Any]:
    """The batch, polled until it has ended."""
    while True:
        with connected(url) as connection:
            connection.request("GET", f"{PATH}/{name}", headers=cases.HEADERS)
            shown: dict[str, Any] = json.loads(connection.getresponse().read())
        if shown["processing_status"] == "ended":
            return shown


def lines(url: str, name: str) -> int:
    """How many results there are, read to the last."""
    found = 0
    with connected(url) as connection:
        connection.request("GET", f"{PATH}/{name}/results", headers=cases.HEADERS)
        response = connection.getresponse()
        while part := response.read(_READ):
            found += part.count(b"\n")
    return found


def run(count: int) -> list[Single]:
    """Everything, in the order in which a client does it."""
    sent = body(count)
    parsing = min(timed(lambda: json.loads(sent))[0] for _ in range(3))
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("--state", str(Path(folder) / "state.db")) as server,
        others(server.url) as asking,
    ):
        accepting, answer = timed(lambda: post(server.url, PATH, sent))
        name = json.loads(answer)["id"]
        working, shown = timed(lambda: ended(server.url, name))
        reading, read = timed(lambda: lines(server.url, name))
        peak = peak_megabytes(server.process.pid)
    if shown["request_counts"]["succeeded"] != count or read != count:
        raise RuntimeError(f"{count} requests, but {shown['request_counts']} and {read} results")
    whole = accepting + working + reading
    return [
        Single("body, MB", len(sent) / 1e6),
        Single("accepted, s", accepting),
        Single("worked off, s", working),
        Single("results read, s", reading),
        Single("all of it, s", whole, Target("<", 60) if count <= COUNT else None),
        Single("all of it / parsing the same bytes as JSON", whole / parsing, Target("<=", 150)),
        Single("peak memory, MB", peak, Target("<", 400)),
        Single("longest wait of another request meanwhile, ms", asking.longest * 1000),
    ]


if __name__ == "__main__":
    measured = run(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
    sys.stdout.write("\n".join([*table(measured)][2:]) + "\n")
    sys.exit(int(bool(missed(measured))))
