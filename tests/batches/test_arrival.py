"""What can go wrong while a batch arrives, and that nothing of it stays."""

import gzip
import json
import socket
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from claudemock.batches import shelf
from claudemock.control.client import MockServer
from claudemock.serving import serve
from claudemock.settings import Limits
from claudemock.world import World
from tests.batches.bodies import PATH, create, params, poll, requests
from tests.wire_client import send


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> list[World]:
    """The worlds that are made from now on."""
    made: list[World] = []
    real = World.__init__

    def kept(self: World, *given: Any, **named: Any) -> None:
        real(self, *given, **named)
        made.append(self)

    monkeypatch.setattr(World, "__init__", kept)
    return made


@pytest.fixture
def small(worlds: list[World], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[MockServer, World]]:
    """A server that takes bodies of 300 kB, and its world; uploads are called `upload-1`, `upload-2`, …."""
    numbers = count(1)
    monkeypatch.setattr(shelf, "token_hex", lambda _: f"upload-{next(numbers)}")
    with serve(limits=Limits(batches=300_000)) as server:
        yield server, worlds[-1]


def begin(server: MockServer, body: bytes, declared: int) -> socket.socket:
    """A connection on which a creation has begun."""
    url = urlsplit(server.base_url)
    connection = socket.create_connection((url.hostname or "", url.port or 0), timeout=20)
    head = f"POST {PATH} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
    connection.sendall(f"{head}content-length: {declared}\r\n\r\n".encode() + body)
    return connection


def nothing_is_left(world: World) -> bool:
    """Neither a batch nor a part of one, whatever its upload was called."""
    kinds = ["batch", "batch_upload", *(f"batch_item/upload-{number}" for number in range(1, 10))]
    return not any(world.store.count(kind, "default") for kind in kinds)


def test_too_large_a_body_is_refused(small: tuple[MockServer, World]) -> None:
    """413 as for Messages, also where it is only large once decoded; afterwards all is as before."""
    server, world = small
    body = json.dumps({"requests": requests(3000)}).encode()
    assert send(server, "POST", PATH, body).error == (413, "request_too_large", "Request exceeds the maximum size")
    packed = send(server, "POST", PATH, gzip.compress(body), {"content-encoding": "gzip"})
    assert packed.json["error"]["details"] == {"error_code": "request_body_too_large_after_decoding"}
    assert nothing_is_left(world)


def test_a_client_that_hangs_up_leaves_nothing(small: tuple[MockServer, World]) -> None:
    """Even if most of its requests had arrived."""
    server, world = small
    body = json.dumps({"requests": requests(1000)}).encode()
    begin(server, body[:-100], len(body)).close()
    server.wait(1, path=PATH)
    assert nothing_is_left(world)


def test_a_reset_while_a_batch_arrives(small: tuple[MockServer, World]) -> None:
    """The batch is refused rather than kept with a part of its requests."""
    server, world = small
    body = json.dumps({"requests": requests(1000)}).encode()
    connection = begin(server, body[:-100], len(body))
    while not world.store.count("batch_item/upload-1", "default"):
        server.call("GET", "health")
    server.reset()
    connection.sendall(body[-100:])
    assert connection.recv(4096).startswith(b"HTTP/1.1 409 ")
    connection.close()
    assert nothing_is_left(world)


def test_what_a_killed_server_left_is_swept_out(small: tuple[MockServer, World]) -> None:
    """By the next creation, once it is too old to come to anything."""
    server, world = small
    world.store.put("batch_upload", "default", "dead", b"0.0")
    world.store.put("batch_item/dead", "default", "0", b"0\na {}\n")
    create(server, 1)
    assert world.store.get("batch_item/dead", "default", "0") is None
    assert world.store.count("batch_upload", "default") == 0


def test_unusual_spellings_are_batches_too(server: MockServer) -> None:
    """What only reading the whole body can understand."""
    item = b'{"params": {"max_tokens": 5}, "custom_id": "a"}'
    for body in (b'{"\\u0072equests": [%b]}' % item, b'{"requests": 1, "requests": [%b]}' % item):
        assert send(server, "POST", PATH, body).json["request_counts"]["processing"] == 1


def test_deeply_nested_params_are_kept(server: MockServer) -> None:
    """Deeper than the JSON writer goes, which is less deep than its reader."""
    deep: Any = {"type": "object"}
    for _ in range(300):
        deep = {"type": "object", "properties": {"x": deep}}
    item = {"custom_id": "deep", "params": params(metadata={"user_id": "x"}, x=deep)}
    batch = poll(server, create(server, [item])["id"])
    assert batch["request_counts"]["errored"] == 1  # `x` is no parameter: it was read, and refused as that


def test_every_body_gets_an_answer(server: MockServer) -> None:
    """Whatever is sent: 400 in the API's envelope, and no batch."""
    for body in (
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"requests": [' * 300,
        b"\xff\xfe",
        b'{"requests": [{}, null, 7, [], "x"]}',
    ):
        status, kind, _ = send(server, "POST", PATH, body).error
        assert (status, kind) == (400, "invalid_request_error")
    assert len(server.batches) == 0
