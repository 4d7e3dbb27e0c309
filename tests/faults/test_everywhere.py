"""Every fault at every kind of request, alone and together: it does what it says or stays armed, and nothing else."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudemock.control.client import MockServer
from claudemock.faults.table import FAULTS
from claudemock.serving import serve
from tests.faults.raw import HELLO
from tests.wire_client import HEADERS

FORM = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nkept\r\n--x--\r\n'
ASKED = {"model": "claude-opus-4-8", "messages": HELLO["messages"]}
KINDS: dict[str, tuple[str, str, Any, dict[str, str]]] = {
    "message": ("POST", "/v1/messages", HELLO, {}),
    "stream": ("POST", "/v1/messages", {**HELLO, "stream": True}, {}),
    "refused": ("POST", "/v1/messages", {**HELLO, "max_tokens": -1}, {}),
    "no JSON": ("POST", "/v1/messages", b"{", {}),
    "count": ("POST", "/v1/messages/count_tokens", ASKED, {}),
    "batch": ("POST", "/v1/messages/batches", {"requests": [{"custom_id": "a", "params": HELLO}]}, {}),
    "batches": ("GET", "/v1/messages/batches", None, {}),
    "files": ("GET", "/v1/files", None, {}),
    "upload": ("POST", "/v1/files", FORM, {"content-type": "multipart/form-data; boundary=x"}),
    "models": ("GET", "/v1/models", None, {}),
    "model": ("GET", "/v1/models/claude-opus-4-8", None, {}),
    "head": ("HEAD", "/v1/models", None, {}),
    "nowhere": ("GET", "/v1/nowhere", None, {}),
    "wrong method": ("DELETE", "/v1/messages", None, {}),
}
PLAIN = dict.fromkeys(KINDS, 200) | {"refused": 400, "no JSON": 400, "nowhere": 404, "wrong method": 405}
BRIEFLY: dict[str, dict[str, Any]] = {"stall": {"seconds": 5}, "ping_storm": {"count": 3}}


class Got(NamedTuple):
    """What a client got: the status, 0 without an answer; the body; whether it was whole."""

    status: int
    body: bytes
    whole: bool


def request(server: MockServer, kind: str) -> Got:
    """One request on a connection of its own."""
    method, path, body, headers = KINDS[kind]
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    status = 0
    try:
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, url.path + path, raw, HEADERS | headers)
        with connection.getresponse() as response:
            status = response.status
            return Got(status, response.read(), whole=True)
    except IncompleteRead as broken:
        return Got(status, broken.partial, whole=False)
    except (HTTPException, ConnectionError):
        return Got(status, b"", whole=False)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def exact() -> Iterator[MockServer]:
    """A server whose streams are of one length."""
    with serve(padding=False) as server:
        yield server


def fresh(server: MockServer) -> None:
    """Nothing armed or seen, and waiting costs nothing."""
    server.reset()
    server.clock.freeze()


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_at_every_kind_of_request(exact: MockServer, name: str) -> None:
    """Answers come instead of any, events need a stream, bytes a body; what could not act waits for its request."""
    acts_on = FAULTS[name].acts_on
    for kind in KINDS:
        fresh(exact)
        plain = request(exact, kind)
        exact.fault(name, **BRIEFLY.get(name, {}))
        got = request(exact, kind)
        exchange, (armed,) = exact.wait(2)[-1], exact.faults
        (strike,) = exchange["faults"] or [{"sent": None}]
        acted = acts_on != "events" or kind == "stream"
        assert (armed["fired"], armed["left"], strike["sent"] is not None) == (acted, not acted, acted), kind
        if acts_on == "request":
            assert (got.status, got.whole) == (exchange["response"]["status"], True), kind
            assert str(got.status) == strike["sent"].split()[0], kind
        elif name == "close_before_response":
            assert got.status == 0, kind
        else:
            assert got.status == plain.status, kind
            assert got.whole == (kind == "head" or name not in ("cut", "reset")), kind
        if not acted or name in ("delay", "stall", "slice"):
            assert len(got.body) == len(plain.body), kind
        exact.disarm()
        after = request(exact, kind)
        assert (after.status, len(after.body), after.whole) == (plain.status, len(plain.body), True), kind


PLACES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"after_bytes": st.integers(0, 3000)}),
    st.fixed_dictionaries({"after_event": st.integers(0, 30)}),
)
SECONDS = st.fixed_dictionaries({"seconds": st.integers(0, 10_000)})
# a page without a byte would have none to cut
FURTHER: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "request": st.fixed_dictionaries(
        {},
        optional={
            "status": st.integers(400, 599),
            "retry_after": st.integers(-9, 9),
            "message": st.text(min_size=1, max_size=9),
        },
    ),
    "events": st.fixed_dictionaries({}, optional={"after_event": st.integers(-30, 30)}),
    "bytes": PLACES,
    "unknown_block": st.just({}),
    "close_before_response": st.just({}),
    "delay": SECONDS,
    "stall": st.tuples(PLACES, SECONDS, st.booleans()).map(lambda each: {**each[0], **each[1], "pings": each[2]}),
    "slice": st.fixed_dictionaries({"size": st.integers(1, 500), "seconds": st.integers(0, 9), "crlf": st.booleans()}),
}
ARMED = st.sampled_from(list(FAULTS)).flatmap(
    lambda name: FURTHER.get(name, FURTHER[FAULTS[name].acts_on]).map(lambda further: {"fault": name, **further})
)


@given(kind=st.sampled_from(list(KINDS)), faults=st.lists(ARMED, min_size=2, max_size=5))
@settings(max_examples=200)
def test_any_faults_together(exact: MockServer, kind: str, faults: list[dict[str, Any]]) -> None:
    """Whatever is combined: the exchange ends as the client saw it, each fault acts once or not at all, no more."""
    fresh(exact)
    exact.call("POST", "faults", {"faults": faults})
    got = request(exact, kind)
    exchange, armed = exact.wait(1)[0], exact.faults
    sent = {strike["id"]: strike["sent"] for strike in exchange["faults"]}
    for each in armed:
        acted = sent.get(each["id"]) is not None
        assert (each["fired"], each["left"]) == (acted, not acted)
    answers = [sent[each["id"]] for each in armed if FAULTS[each["fault"]].acts_on == "request" and each["fired"]]
    assert len(answers) <= 1
    # a connection that goes while an upload is still being sent takes the answer along
    assert got.status == exchange["response"]["status"] or (kind == "upload" and not got.whole)
    if answers:
        assert got.status in (0, int(answers[0].split()[0]))
    else:
        assert got.status in (0, PLAIN[kind])
    assert got.whole == (exchange["ended"] == "clean") or kind == "head"
    exact.disarm()
    after = request(exact, kind)
    assert (after.status, after.whole) == (PLAIN[kind], True)
