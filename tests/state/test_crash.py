"""All processes of a server are killed fifty times while clients work: what was answered is kept, whole and once."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from claudemock.control.client import MockServer
from tests.meta.serving import checkout_environment
from tests.meta.sources import ROOT
from tests.wire_client import ask, send

KILLS = 50
REPLIES = 3000
BATCHES = "/v1/messages/batches"
MULTIPART: dict[str, str | None] = {"content-type": "multipart/form-data; boundary=x"}


@dataclass
class Told:
    """What clients were told, over all lives."""

    replies: list[str] = field(default_factory=list)
    batches: dict[str, int] = field(default_factory=dict)
    results: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # id and what it holds
    broken: int = 0  # requests whose answer never came


@contextmanager
def zygote(state: Path) -> Iterator["subprocess.Popen[str]"]:
    """The process that starts servers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.state.lives", str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=checkout_environment(),
    )
    try:
        yield process
    finally:
        process.kill()  # its workers end with it
        process.communicate()


def born(process: "subprocess.Popen[str]") -> tuple[MockServer, list[int]]:
    """A new life of the server."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("live\n")
    process.stdin.flush()
    url, *workers = process.stdout.readline().split()
    return MockServer(url), [int(worker) for worker in workers]


def taking(server: MockServer, told: Told, turn: str) -> None:
    """Take the next reply."""
    told.replies.append(ask(server, turn).json["content"][0]["text"])


def batching(server: MockServer, told: Told, turn: str) -> None:
    """Create a batch, and read the results of one."""
    count = 1 + hash(turn) % 40
    params = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": turn}]}
    requests = [{"custom_id": f"{n}", "params": params} for n in range(count)]
    key: dict[str, str | None] = {"x-api-key": "sk-ant-mock-batches"}
    made = send(server, "POST", BATCHES, {"requests": requests}, key).json["id"]
    told.batches[made] = count
    name = random.choice(list(told.batches))
    if send(server, "GET", f"{BATCHES}/{name}", headers=key).json["processing_status"] == "ended":
        told.results[name] = send(server, "GET", f"{BATCHES}/{name}/results", headers=key).body


def uploading(server: MockServer, told: Told, turn: str) -> None:
    """Upload a file, and put one onto the server that can be read again."""
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="up.txt"\r\n\r\n'
    content = turn * 300
    form = head + content.encode() + b"\r\n--x--\r\n"
    told.files[send(server, "POST", "/v1/files", form, MULTIPART).json["id"]] = content
    told.files[server.files.add("put.txt", content)["id"]] = content


def work(action: Callable[[MockServer, Told, str], None], server: MockServer, told: Told, life: int) -> None:
    """Do it until the server is gone."""
    turn, failures = 0, 0
    while failures < 3:  # one worker's end breaks off one request, the other goes on
        turn += 1
        try:
            action(server, told, f"{action.__name__} {life} {turn}")
        except (OSError, HTTPException):
            failures += 1
            told.broken += 1


def check(server: MockServer, told: Told) -> None:
    """Everything that was told still holds."""
    assert len(set(told.replies)) == len(told.replies)
    left = {entry["id"] for entry in server.call("GET", "replies")["replies"]}
    given = REPLIES - len(left)
    assert len(told.replies) <= given <= len(told.replies) + told.broken
    key: dict[str, str | None] = {"x-api-key": "sk-ant-mock-batches"}
    for name, count in random.sample(list(told.batches.items()), min(12, len(told.batches))):
        shown = send(server, "GET", f"{BATCHES}/{name}", headers=key).json
        assert shown["request_counts"]["succeeded"] == count
        results = send(server, "GET", f"{BATCHES}/{name}/results", headers=key).body
        assert results == told.results.get(name, results)
        lines = [json.loads(line) for line in results.splitlines()]
        assert sorted(int(line["custom_id"]) for line in lines) == list(range(count))
    for name, content in random.sample(list(told.files.items()), min(12, len(told.files))):
        shown = send(server, "GET", f"/v1/files/{name}").json
        assert shown["size_bytes"] == len(content)
        if shown["downloadable"]:
            assert send(server, "GET", f"/v1/files/{name}/content").body == content.encode()


def listed(server: MockServer, path: str, key: str, *, cursor: str) -> set[str]:
    """The ids of all batches or files."""
    found: set[str] = set()
    after = ""
    while True:
        page = send(server, "GET", f"{path}?limit=1000{after}", headers={"x-api-key": key}).json
        found |= {each["id"] for each in page["data"]}
        if not page.get("has_more") and not page.get("next_page"):
            return found
        after = f"&{cursor}=" + (page.get("next_page") or page["last_id"])


def test_nothing_answered_is_lost_torn_or_given_twice(tmp_path: Path) -> None:
    """Replies are given once; batches, results, files, the bill and the journal have all that clients were told."""
    told, dice, state = Told(), random.Random(1), tmp_path / "state.db"
    with zygote(state) as process:
        for life in range(KILLS):
            server, workers = born(process)
            if life == 0:
                server.call("POST", "replies", {"replies": [f"r{n}" for n in range(REPLIES)], "strict": True})
            clients = [
                threading.Thread(target=work, args=(action, server, told, life))
                for action in (taking, taking, taking, batching, uploading)
            ]
            for client in clients:
                client.start()
            time.sleep(dice.random() / 5)
            dice.shuffle(workers)
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
                time.sleep(dice.choice([0, dice.random() / 20]))
            for client in clients:
                client.join()
            if life % 10 == 9:
                server, workers = born(process)
                check(server, told)
                for worker in workers:
                    os.kill(worker, signal.SIGKILL)
        server, _ = born(process)
        check(server, told)
        assert told.batches.keys() <= listed(server, BATCHES, "sk-ant-mock-batches", cursor="after_id")
        assert told.files.keys() <= listed(server, "/v1/files", "sk-ant-mock", cursor="page")
        blobs = {path.name for path in (tmp_path / "state.db.files").iterdir()}
        assert blobs == listed(server, "/v1/files", "sk-ant-mock", cursor="page")
        assert server.costs["total"]["requests"] >= len(told.replies)
        exchanges = server.call("GET", "exchanges")
        answered = [each for each in exchanges["exchanges"] if each["path"] == "/v1/messages"]
        assert len(answered) + exchanges["dropped"] >= len(told.replies)
    assert len(told.replies) > KILLS
    assert told.batches
    assert told.files
    assert told.broken
