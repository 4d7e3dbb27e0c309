"""A scope is found by prefix and by key, whatever its name; and the hosts that may use the control API."""

import asyncio
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claudemock.api.asgi import AsgiScope, Message, Receive, Send
from claudemock.api.recorder import Recorder, of_key
from claudemock.control.client import MockServer
from claudemock.journal import redacted
from claudemock.script.book import Script
from claudemock.serving import serve
from claudemock.settings import Settings
from claudemock.world import World
from tests.wire_client import ask, send

NASTY = ["a b", "größe ☂", "a/b", "/", "a.b", ".", "..", "50%", "%2F", "a%2Eb", "invalid", "?x=1#y", "s/x/v1", "~-_"]
NAMES = st.text(min_size=1, max_size=12)


@given(NAMES, st.none() | NAMES)
@example("invalid", None)
@example("invalid", "invalid")
@example("a.b", "c.d")
@example("%69nvalid", None)
def test_a_key_says_exactly_its_names(scope: str, workspace: str | None) -> None:
    """What `key` escapes the server reads back; the key is never the refused one, and the journal shows it whole."""
    key = MockServer("http://127.0.0.1:1", scope).key(workspace)
    assert of_key(key) == (scope, workspace)
    assert key != "sk-ant-mock-invalid"
    assert redacted(key) == key


def test_plain_names_are_written_as_they_are() -> None:
    """The keys that people write by hand, and those that are not ours."""
    server = MockServer("http://127.0.0.1:1", "test-1_a")
    assert server.key() == "sk-ant-mock-test-1_a"
    assert server.key("blue") == "sk-ant-mock-test-1_a.blue"
    assert of_key("sk-ant-mock-test-1_a.blue") == ("test-1_a", "blue")
    assert of_key("sk-ant-mock-.blue") == ("default", "blue")
    for foreign in (None, "sk-ant-mock", "sk-ant-api03-x.y"):
        assert of_key(foreign) == ("default", None)


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names(root: MockServer, name: str) -> None:
    """By prefix and by key the same scope is reached, and no other."""
    mine = root.scope(name)
    mine.reset()
    assert mine.call("GET", "health")["scope"] == name
    mine.reply("only here", times=2)
    assert ask(mine).json["content"][0]["text"] == "only here"
    by_key = ask(root, headers={"x-api-key": mine.key(name)})
    assert by_key.json["content"][0]["text"] == "only here"
    first, second = mine.exchanges
    assert (first["scope"], first["path"]) == (name, "/v1/messages")
    assert (second["scope"], second["workspace"]) == (name, name)
    assert ask(root, headers={"x-api-key": mine.api_key}).status == 200
    assert len(mine.exchanges) == 3


@pytest.mark.parametrize(
    ("path", "scope", "rest"),
    [
        ("/s/left/v1/models/claude%2Dopus%2D4%2D8", "left", "/v1/models/claude-opus-4-8"),
        ("/s/left/v1/models/a%2Fb%20%C3%B6", "left", "/v1/models/a/b ö"),
        ("/s/l%2ft/v1/x", "l/t", "/v1/x"),
        ("/%73/left/v1/x", "left", "/v1/x"),
        ("/s%2Fleft/v1/x", "left", "/v1/x"),
        ("/s/left", "left", "/"),
        ("/s//v1/x", "default", "/v1/x"),
        ("/v1/models/s%2Fx", "default", "/v1/models/s/x"),
    ],
)
def test_the_rest_of_the_path_is_decoded_once(root: MockServer, path: str, scope: str, rest: str) -> None:
    """Percent-encoding in a path means the same with a prefix and without."""
    root.scope(scope).reset()
    send(root, "GET", path)
    (exchange,) = root.scope(scope).exchanges
    assert exchange["path"] == rest


def test_a_server_that_keeps_no_raw_path() -> None:
    """ASGI leaves `raw_path` optional; the decoded path has to do then."""
    seen: list[str] = []

    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        seen.append(scope["path"])

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        del message

    world = World(Settings(), Script())
    request = {"type": "http", "method": "GET", "path": "/s/a b/v1/x", "headers": [], "query_string": b""}
    asyncio.run(Recorder(app, world)(request, receive, send))
    assert seen == ["/v1/x"]
    assert [entry.scope for entry in world.journal.find(lambda _: True)] == ["a b"]
    world.close()


@pytest.fixture(scope="module")
def boxed() -> Iterator[MockServer]:
    """A server that may also be called by two other names, written carelessly."""
    with serve(allow_hosts=("MyBox.Local", "other.example.", ".", "")) as server:
        yield server


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("mybox.local", 200),
        ("MYBOX.local:8787", 200),
        ("mybox.local.", 200),
        ("other.example", 200),
        ("Other.Example.:80", 200),
        ("localhost.", 200),
        ("LocalHost.:8787", 200),
        ("[::1]:8787", 200),
        ("box.local", 403),
        ("mybox.local.evil.example", 403),
        (".", 403),
    ],
)
def test_hosts_are_compared_as_names(boxed: MockServer, host: str, status: int) -> None:
    """Neither case nor the root's dot tells names apart, whether given as a setting or by a client."""
    assert send(boxed, "GET", "/_mock/health", headers={"host": host}).status == status
    assert send(boxed, "GET", "/_mock/health", headers={"origin": f"http://{quote(host, ':[]')}"}).status == status


def test_a_page_without_an_origin_stays_out(boxed: MockServer) -> None:
    """An empty name among the allowed ones does not let in sandboxed pages, whose origin has no host."""
    assert send(boxed, "GET", "/_mock/health", headers={"origin": "null"}).status == 403
