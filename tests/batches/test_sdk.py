"""The official SDK, from creation to deletion: sync and async, GA and beta resources."""

import asyncio
from collections.abc import Iterable
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic

from claudemock.control.client import MockServer
from tests.batches.bodies import params, requests


def client_of(server: MockServer) -> Anthropic:
    """A client of the scope; it refuses answers that are not as its types say."""
    return Anthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0, _strict_response_validation=True)


def resource(client: Any, kind: str) -> Any:
    """The batches of the GA or the beta resource."""
    return client.messages.batches if kind == "ga" else client.beta.messages.batches


def texts(rows: Iterable[Any]) -> dict[str, str]:
    """What was said, by custom id."""
    return {row.custom_id: row.result.message.content[0].text for row in rows if row.result.type == "succeeded"}


@pytest.mark.parametrize("kind", ["ga", "beta"])
def test_ten_thousand_requests(server: MockServer, kind: str) -> None:
    """Create, poll, iterate over the results, delete."""
    server.batches.script(errored=10, expired=5)
    with client_of(server) as client:
        batches = resource(client, kind)
        batch = batches.create(requests=requests(10_000))
        assert batch.request_counts.processing == 10_000
        batch = batches.retrieve(batch.id)
        assert batch.processing_status == "ended"
        found = {row.custom_id: row.result.type for row in batches.results(batch.id)}
        assert len(found) == 10_000
        tally = batch.request_counts
        assert (tally.succeeded, tally.errored, tally.expired) == (9985, 10, 5)
        assert sorted(found.values()) == sorted(["succeeded"] * 9985 + ["errored"] * 10 + ["expired"] * 5)
        assert batches.delete(batch.id).type == "message_batch_deleted"
        with pytest.raises(anthropic.NotFoundError):
            batches.retrieve(batch.id)


async def run_async(server: MockServer, kind: str) -> None:
    """One batch with the asynchronous client, partial failures and a page included."""
    async with AsyncAnthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0) as client:
        batches = resource(client, kind)
        items = [*requests(3), {"custom_id": "bad", "params": params(max_tokens=0)}]
        batch = await batches.create(requests=items)
        assert (await batches.retrieve(batch.id)).request_counts.errored == 1
        rows = [row async for row in await batches.results(batch.id)]
        assert set(texts(rows)) == {"r-0", "r-1", "r-2"}
        (failed,) = [row.result for row in rows if row.custom_id == "bad"]
        assert failed.error.error.type == "invalid_request_error"
        assert failed.error.error.message == "max_tokens: must be greater than or equal to 1"
        assert [each.id async for each in batches.list(limit=1)] == [batch.id]
        await batches.delete(batch.id)
        assert [each.id async for each in batches.list(limit=1)] == []


@pytest.mark.parametrize("kind", ["ga", "beta"])
def test_the_asynchronous_client(server: MockServer, kind: str) -> None:
    """The same wire, another client."""
    asyncio.run(run_async(server, kind))


def test_cancelling_half_way(server: MockServer) -> None:
    """Half of the results are there, half are canceled."""
    server.clock.freeze()
    server.batches.script(duration=60)
    with client_of(server) as client:
        batches = resource(client, "ga")
        batch = batches.create(requests=requests(100))
        server.clock.advance(30)
        assert batches.cancel(batch.id).processing_status == "canceling"
        tally = batches.retrieve(batch.id).request_counts
        assert (tally.succeeded, tally.canceled, tally.processing) == (50, 50, 0)
        kinds = [row.result.type for row in batches.results(batch.id)]
        assert (kinds.count("succeeded"), kinds.count("canceled")) == (50, 50)


def test_expiry(server: MockServer) -> None:
    """A batch that nobody polled for a day has expired."""
    server.clock.freeze()
    with client_of(server) as client:
        batches = resource(client, "ga")
        batch = batches.create(requests=requests(3))
        server.clock.advance(86_400)
        ended = batches.retrieve(batch.id)
        assert (ended.request_counts.expired, ended.ended_at) == (3, ended.expires_at)
        assert {row.result.type for row in batches.results(batch.id)} == {"expired"}


def test_pages_of_the_list(server: MockServer) -> None:
    """The SDK follows `last_id` to the end."""
    with client_of(server) as client:
        batches = resource(client, "ga")
        made = [batches.create(requests=requests(1)).id for _ in range(7)]
        assert [batch.id for batch in batches.list(limit=3)] == made[::-1]


def test_results_through_a_scopes_prefix(root: MockServer) -> None:
    """`results_url` is fetched as it stands, so it must lead back into the scope."""
    scope = root.scope("batches by prefix")
    with Anthropic(base_url=scope.base_url, api_key="anything", max_retries=0) as client:
        batches = resource(client, "ga")
        batch = batches.create(requests=requests(2))
        assert set(texts(batches.results(batch.id))) == {"r-0", "r-1"}
