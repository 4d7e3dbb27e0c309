"""A fault that is armed, and does not act, leaves every id as it is without it, and a large batch out of memory."""

import asyncio
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from claudemock.api.again import Again
from claudemock.api.asgi import Message
from claudemock.api.pieces import identity_hash
from claudemock.control.client import MockServer
from claudemock.journal import Exchange
from claudemock.serving import serve
from claudemock.settings import Limits
from tests.wire_client import Response, ask, send

NEVER = {"fault": "overloaded", "path": "/v1/nowhere"}
LONG = "word " * 3000
FORM = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nkept\r\n--x--\r\n'


def batch(server: MockServer, *names: str, content: str = "hello") -> Response:
    """Create a batch."""
    params = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}
    return send(
        server, "POST", "/v1/messages/batches", {"requests": [{"custom_id": n, "params": params} for n in names]}
    )


REQUESTS: dict[str, Callable[[MockServer], Response]] = {
    "message": ask,
    "large message": lambda server: ask(server, LONG),
    "large message refused": lambda server: ask(server, LONG, max_tokens=0),
    "large stream": lambda server: ask(server, LONG, stream=True),
    "batch": lambda server: batch(server, "a", "b"),
    "batch of one": lambda server: batch(server, "c"),
    "batch refused": lambda server: batch(server, "a", "a"),
    "batch no JSON": lambda server: send(server, "POST", "/v1/messages/batches", b'{"requests": ['),
    "batch too large": lambda server: send(server, "POST", "/v1/messages/batches", b'{"requests": [' + b" " * 300_000),
    "upload": lambda server: send(
        server, "POST", "/v1/files", FORM, {"content-type": "multipart/form-data; boundary=x"}
    ),
    "count": lambda server: send(
        server,
        "POST",
        "/v1/messages/count_tokens",
        {"model": "claude-opus-4-8", "messages": [{"role": "user", "content": LONG}]},
    ),
}


def seen(fault: dict[str, Any] | None) -> dict[str, list[tuple[int, str, Any]]]:
    """Status, request id and id of every request, sent twice."""
    with serve(limits=Limits(batches=200_000)) as server:
        server.clock.freeze()
        if fault is not None:
            server.call("POST", "faults", {"faults": [fault]})
        found = {}
        for name, request in REQUESTS.items():
            answers = [request(server), request(server)]
            found[name] = [(each.status, each.headers["request-id"], named(each)) for each in answers]
        return found


def named(answer: Response) -> Any:
    """What the answer calls itself."""
    return answer.json.get("id") if answer.headers["content-type"] == "application/json" else answer.body[:120]


@pytest.fixture(scope="module")
def without() -> dict[str, list[tuple[int, str, Any]]]:
    """What is seen with no fault armed."""
    return seen(None)


@pytest.fixture(scope="module")
def armed() -> dict[str, list[tuple[int, str, Any]]]:
    """What is seen with one that fits nothing."""
    return seen(NEVER)


@pytest.mark.parametrize("name", REQUESTS)
def test_ids_are_the_same(name: str, without: dict[str, Any], armed: dict[str, Any]) -> None:
    """Debugging with a fault armed shows the ids of the run without it."""
    assert armed[name] == without[name]
    assert without[name][0][1] != without[name][1][1]


def test_a_batch_is_read_ahead_in_little_memory() -> None:
    """Thirty megabytes are read twice, whole, while little more than one is held."""
    piece = bytes(range(256)) * 256
    count, fed = 480, iter(range(480))
    exchange = Exchange(
        scope="s", method="POST", path="/v1/messages/batches", query="", headers=[], named={}, started_at=0.0, began=0.0
    )

    async def receive() -> Message:
        return {"type": "http.request", "body": piece, "more_body": next(fed) < count - 1}

    async def twice() -> tuple[bytes, bytes]:
        again = Again(receive)
        identity = await again.batch(exchange, 10**9)
        made, more = identity_hash(), True
        while more:
            message = await again()
            made.update(message["body"])
            more = message["more_body"]
        return identity, made.digest()

    tracemalloc.start()
    try:
        first, second = asyncio.run(twice())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    whole = identity_hash()
    whole.update(piece * count)
    assert first == second == whole.digest()
    assert peak < 5_000_000
