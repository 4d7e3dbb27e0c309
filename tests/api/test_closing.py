"""An exchange is closed behind its last bytes: whoever has them finds it complete, whatever it asks next."""

import json
import threading
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from claudemock.control.client import MockServer
from tests.wire_client import HEADERS

PAIRS = 20


def asked(number: int, *, stream: bool) -> bytes:
    """A request that no other is equal to."""
    messages = [{"role": "user", "content": f"Question {number}"}]
    return json.dumps({"model": "claude-opus-4-8", "max_tokens": 40, "stream": stream, "messages": messages}).encode()


def connected(server: MockServer) -> tuple[HTTPConnection, str]:
    """A connection of its own, and what paths of the scope begin with."""
    url = urlsplit(server.base_url)
    return HTTPConnection(url.hostname or "", url.port, timeout=60), url.path


def got(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> Any:
    """One answer's bytes, to the last."""
    connection.request(method, path, body, HEADERS)
    return connection.getresponse().read()


def whole(exchanges: list[dict[str, Any]]) -> bool:
    """Whether all of them are over, timed and billed."""
    return all(each["ended"] == "clean" and each["timing"]["end_ms"] and each["usage"] for each in exchanges)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("pacing", [None, {"tokens_per_second": 20_000}])
def test_another_connection_finds_it_complete(server: MockServer, stream: bool, pacing: dict[str, int] | None) -> None:
    """Of one thread that asks on two connections while another does the same."""
    if pacing is not None:
        server.reply("A few words. " * 5, pacing=pacing, times=None)
    wrong: list[Any] = []

    def work(scope: MockServer) -> None:
        (asking, prefix), (looking, _) = connected(scope), connected(scope)
        for number in range(PAIRS):
            got(asking, "POST", f"{prefix}/v1/messages", asked(number, stream=stream))
            seen = json.loads(got(looking, "GET", f"{prefix}/_mock/exchanges"))["exchanges"]
            if len(seen) != number + 1 or not whole(seen):
                wrong.append(seen[-1])
        asking.close()
        looking.close()

    other = server.scope(f"{server.scope_name}-other")
    threads = [threading.Thread(target=work, args=[scope]) for scope in (server, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_look_that_was_sent_along_finds_it_complete(server: MockServer) -> None:
    """Pipelined behind the request it is about, it is served in the very next turn of the loop."""
    connection, prefix = connected(server)
    connection.connect()
    body = asked(0, stream=False)
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    ask = f"POST {prefix}/v1/messages HTTP/1.1\r\nhost: localhost\r\n{head}content-length: {len(body)}\r\n\r\n".encode()
    look = f"GET {prefix}/_mock/exchanges HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
    connection.sock.sendall(ask + body + ask + body + look)
    with connection.sock.makefile("rb") as answers:
        told = answers.read()
    connection.close()
    seen = json.loads(told[told.rindex(b"\r\n\r\n") :])["exchanges"]
    assert len(seen) == 2
    assert whole(seen)
