"""GET /_mock/events: who watches sees every exchange once, as it ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from claudemock.control.client import MockServer
from tests.wire_client import ask, send


@contextmanager
def watching(server: MockServer, query: str = "") -> Iterator[HTTPResponse]:
    """An open feed."""
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    connection.request("GET", f"{url.path}/_mock/events{query}")
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def next_event(feed: HTTPResponse) -> tuple[str, dict[str, object]]:
    """The id and data of the next event; comments are passed over."""
    lines: dict[str, str] = {}
    while True:
        line = feed.readline().decode().rstrip("\n")
        if not line and "data" in lines:
            return lines["id"], json.loads(lines["data"])
        name, _, value = line.partition(": ")
        if name:
            lines[name] = value


def test_what_was_and_what_comes(server: MockServer) -> None:
    """Exchanges from before the feed was opened, then each new one, in the shape of GET exchanges."""
    ask(server, "one")
    with watching(server) as feed:
        assert feed.headers["content-type"] == "text/event-stream; charset=utf-8"
        first = next_event(feed)
        ask(server, "two")
        second = next_event(feed)
    assert [first[1], second[1]] == list(server.exchanges)
    assert [first[0], second[0]] == [each["id"] for each in server.exchanges]


def test_the_filters_of_exchanges_hold(server: MockServer) -> None:
    """Only what is asked for comes; a filter that is none is refused."""
    with watching(server, "?status=404") as feed:
        ask(server, "fine")
        send(server, "GET", "/v1/nowhere")
        assert next_event(feed)[1]["path"] == "/v1/nowhere"
    assert send(server, "GET", "/_mock/events?colour=red").status == 400
