"""Attempts are linked to calls without one mistake: in made-up traffic over 100 seeds, and with real clients."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from itertools import pairwise
from random import Random
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import anthropic
import pytest
from anthropic import Anthropic
from hypothesis import given
from hypothesis import strategies as st

from claudemock.attempts import Try, link
from claudemock.control.client import MockServer
from tests.faults.raw import HELLO, post

CALLS, FAILED = 32, 5


@dataclass(frozen=True)
class Traffic:
    """Exchanges in the order they were made up, and which call each belongs to."""

    tries: list[Try]
    truth: dict[str, tuple[int, int]]


def burst(seed: int, *, numbered: bool, own_connection: bool, named: bool, most: int = 2) -> Traffic:
    """32 identical calls at once, 5 of which fail up to `most` times and are repeated."""
    dice = Random(seed)
    unlucky = {call: dice.randint(1, most) for call in dice.sample(range(CALLS), FAILED)}
    tries: list[Try] = []
    truth: dict[str, tuple[int, int]] = {}
    for call in range(CALLS):
        now = dice.uniform(0, 0.03)
        for number in range(unlucky.get(call, 0) + 1):
            ended = now + dice.uniform(0.0005, 0.02)
            each = Try(
                id=f"{call}-{number}",
                key="same",
                began=now,
                ended=ended,
                failed=number < unlucky.get(call, 0),
                count=number if numbered else None,
                sent=call if named else None,
                peer=call if own_connection else dice.randrange(6),
            )
            tries.append(each)
            truth[each.id] = (call, number + 1)
            now = ended + dice.uniform(0.75, 1) * 0.5 * 2**number
    dice.shuffle(tries)
    return Traffic(tries, truth)


def mistakes(traffic: Traffic) -> list[str]:
    """Exchanges that are not linked as they really were."""
    found = link(traffic.tries)
    return [name for name, (call, number) in traffic.truth.items() if found[name] != (f"{call}-0", number)]


@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize(("own_connection", "named"), [(True, False), (False, True), (True, True)])
def test_no_mistake_in_a_hundred_bursts(numbered: bool, own_connection: bool, named: bool) -> None:
    """Clients with a connection or a header of their own, SDKs or not: every attempt finds its call."""
    for seed in range(100):
        traffic = burst(seed, numbered=numbered, own_connection=own_connection, named=named)
        assert mistakes(traffic) == [], seed


def test_an_sdk_behind_a_shared_pool_is_still_counted_right() -> None:
    """Where nothing tells the calls apart, there are as many calls, with as many attempts, as there were."""
    for seed in range(100):
        traffic = burst(seed, numbered=True, own_connection=False, named=False)
        found = link(traffic.tries)
        wanted = Counter(call for call, _ in traffic.truth.values())
        got = Counter(attempt.call for attempt in found.values())
        assert sorted(wanted.values()) == sorted(got.values()), seed
        assert all(found[each.id].number == (each.count or 0) + 1 for each in traffic.tries), seed


BASE = Try(id="a", key="k", began=0.0, ended=1.0, failed=True)


@pytest.mark.parametrize(
    ("earlier", "later", "linked"),
    [
        (BASE, replace(BASE, id="b", began=1.5, ended=2.0), True),
        (replace(BASE, failed=False), replace(BASE, id="b", began=1.5, ended=2.0), False),
        (BASE, replace(BASE, id="b", began=0.5, ended=2.0), False),
        (BASE, replace(BASE, id="b", began=0.998, ended=2.0), True),
        (BASE, replace(BASE, id="b", key="other", began=1.5, ended=2.0), False),
        (replace(BASE, ended=None), replace(BASE, id="b", began=1.5), False),
        (replace(BASE, count=0), replace(BASE, id="b", began=1.5, count=1), True),
        (replace(BASE, count=0), replace(BASE, id="b", began=1.5, count=2), False),
        (replace(BASE, count=2), replace(BASE, id="b", began=1.5, count=0), True),
        (BASE, replace(BASE, id="b", began=1.5, count=1), False),
    ],
)
def test_what_continues_what(earlier: Try, later: Try, linked: bool) -> None:
    """Same key, a failure, no overlap, and the SDK's numbers in sequence (RULES C2)."""
    assert link([later, earlier])["b"] == (("a", 2) if linked else ("b", 1))


def test_a_retry_after_is_evidence() -> None:
    """Of two failures that end alike, the one whose wait is over is the one that is repeated."""
    patient = replace(BASE, id="patient", retry_after=20.0)
    hasty = replace(BASE, id="hasty", ended=1.1)
    found = link([patient, hasty, replace(BASE, id="b", began=2.0, failed=False)])
    assert found["b"] == ("hasty", 2)


ROWS = st.tuples(st.sampled_from("ab"), st.floats(0, 9), st.floats(0, 3), st.booleans(), st.sampled_from([None, 0, 1]))


@given(st.lists(ROWS))
def test_links_make_chains(rows: list[tuple[str, float, float, bool, int | None]]) -> None:
    """Whatever the traffic: every exchange is one attempt of one call, numbers have no gaps, attempts no overlap."""
    tries = [
        Try(id=str(number), key=key, began=began, ended=began + took, failed=failed, count=count)
        for number, (key, began, took, failed, count) in enumerate(rows)
    ]
    found = link(tries)
    assert set(found) == {each.id for each in tries}
    chains: defaultdict[str, list[Try]] = defaultdict(list)
    for each in sorted(tries, key=lambda each: found[each.id].number):
        chains[found[each.id].call].append(each)
    for call, chain in chains.items():
        assert [found[each.id].number for each in chain] == list(range(1, len(chain) + 1))
        assert chain[0].id == call
        assert len({each.key for each in chain}) == 1
        for earlier, later in pairwise(chain):
            assert earlier.failed
            assert (earlier.ended or 0) <= later.began + 0.005


SEEN: ContextVar[list[str]] = ContextVar("seen")  # request ids of the failures of one call


class Counted(Anthropic):
    """The official client, which notes them."""

    def _should_retry(self, response: Any) -> bool:
        SEEN.get().append(response.headers["request-id"])
        return super()._should_retry(response)


Call = Callable[[], list[str]]  # makes one call; the request ids of its attempts, in order


def call_by(client: Counted, **options: Any) -> Call:
    """A call by this client, which may make others at the same time."""

    def call() -> list[str]:
        SEEN.set([])
        message = client.messages.create(**HELLO, **options)
        return [*SEEN.get(), message._request_id or ""]

    return call


@contextmanager
def sdk_calls(server: MockServer) -> Iterator[list[Call]]:
    """Calls by 32 clients of the SDK."""
    with ExitStack() as stack:
        clients = [Counted(base_url=server.base_url, api_key=server.api_key, max_retries=6) for _ in range(CALLS)]
        yield [call_by(stack.enter_context(client)) for client in clients]


@contextmanager
def sdk_calls_of_one_client(server: MockServer) -> Iterator[list[Call]]:
    """32 calls that one client makes through one pool of connections, each for a user of its own."""
    with Counted(base_url=server.base_url, api_key=server.api_key, max_retries=6) as client:
        yield [call_by(client, metadata={"user_id": f"user-{number}"}) for number in range(CALLS)]


@contextmanager
def plain_calls(server: MockServer) -> Iterator[list[Call]]:
    """The same on 32 plain HTTP connections, without the SDK's headers and without waiting."""
    url = urlsplit(server.base_url)
    headers = {"x-api-key": server.api_key, "anthropic-version": "2023-06-01", "content-type": "application/json"}

    def on(connection: HTTPConnection) -> Call:
        def call() -> list[str]:
            seen: list[str] = []
            status = 0
            while status != 200:
                connection.request("POST", url.path + "/v1/messages", json.dumps(HELLO), headers)
                with connection.getresponse() as response:
                    status = response.status
                    seen.append(response.headers["request-id"])
                    response.read()
            return seen

        return call

    with ExitStack() as stack:
        connections = [HTTPConnection(url.hostname or "", url.port, timeout=60) for _ in range(CALLS)]
        yield [on(stack.enter_context(closing(connection))) for connection in connections]


def told(server: MockServer) -> list[list[str]]:
    """The journal's calls, each with the request ids of its attempts in order."""
    calls: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for exchange in server.wait(CALLS + FAILED):
        attempt = exchange["attempt"]
        calls[attempt["call"]][attempt["number"]] = exchange["response"]["headers"]["request-id"]
    return [[attempts[number] for number in sorted(attempts)] for attempts in calls.values()]


@pytest.mark.parametrize("clients", [sdk_calls, sdk_calls_of_one_client, plain_calls])
def test_a_hundred_bursts_of_concurrent_clients(server: MockServer, clients: Any) -> None:
    """32 calls with one prompt at once, 5 requests fail: the journal tells the attempts as the clients do."""
    start = Barrier(CALLS)

    def together(call: Call) -> list[str]:
        start.wait(60)
        return call()

    with ThreadPoolExecutor(CALLS) as pool, clients(server) as calls:
        for seed in range(100):
            server.reset()
            for number in Random(seed).sample(range(1, CALLS + 1), FAILED):
                server.fault("overloaded", nth=number, retry_after_ms=5)
            made = [each.result() for each in [pool.submit(together, call) for call in calls]]
            assert sorted(told(server)) == sorted(made), seed
            assert sum(map(len, made)) == CALLS + FAILED


def test_exchanges_show_their_attempt(server: MockServer) -> None:
    """The SDK's own retries, then the application's: one call; another question is another one."""
    server.fault("overloaded", times=4, retry_after_ms=1)
    with Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        with pytest.raises(anthropic.OverloadedError):
            client.messages.create(**HELLO)
        client.messages.create(**{**HELLO, "max_tokens": 99})
        client.messages.create(**{**HELLO, "system": "Be brief."})
    attempts = [tuple(exchange["attempt"].values()) for exchange in server.exchanges]
    first, last = server.exchanges[0]["id"], server.exchanges[-1]["id"]
    assert attempts == [*((first, number) for number in range(1, 6)), (last, 1)]
    assert server.call("GET", f"exchanges/{server.exchanges[2]['id']}")["attempt"] == {"call": first, "number": 3}


def test_a_stream_that_broke_is_continued_by_its_restart(server: MockServer) -> None:
    """A 200 that ended in an error event, too early or in mid-air has failed as much as a 529."""
    faults = ["error_event", "truncate", "cut", "slice"]
    for name in faults:
        server.fault(name)
        post(server, stream=True)
    post(server, stream=True)
    assert [exchange["attempt"]["number"] for exchange in server.wait(5)] == [1, 2, 3, 4, 1]
