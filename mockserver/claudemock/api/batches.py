"""/v1/messages/batches: create, list, retrieve, cancel, delete, results."""

import asyncio
from collections.abc import Iterator
from itertools import chain, count, islice
from typing import Any

import orjson

from claudemock.api.account import admit_request
from claudemock.api.asgi import AsgiScope, Receive, Send, carried
from claudemock.api.batch_body import BatchBody
from claudemock.api.batch_run import Worker
from claudemock.api.query import limit_of, one, parse_query
from claudemock.api.respond import Headers, identify, send_whole
from claudemock.batches.record import Batch
from claudemock.batches.shelf import DeletedError, Shelf, Upload
from claudemock.ids import digest, make_id
from claudemock.journal import Exchange, is_secret
from claudemock.wire.errors import ApiError, invalid_request, not_found
from claudemock.world import Scope, World

_PATH = "/v1/messages/batches"
_JOURNALLED = 8_000_000  # bytes of results that the journal keeps
_WRITE = 262_144  # bytes of results from which on they are written


class Batches:
    """All its endpoints. The path parameter `batch_id` and the path's end tell them apart."""

    def __init__(self, world: World, worker: Worker) -> None:
        self._world = world
        self._shelf = Shelf(world.store)
        self._worker = worker
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        admit_request(self._world, place, exchange, "batches")
        name = scope["path_params"].get("batch_id")
        if name is None:
            create = scope["method"] == "POST"
            answer = await self._create(scope, receive) if create else await self._list(scope)
        elif exchange.path.endswith("/results"):
            await self._results(scope, name, send)
            return
        elif scope["method"] == "DELETE":
            answer = await self._delete(scope, name)
        elif scope["method"] == "POST":
            answer = await self._cancel(scope, name)
        else:
            batch = await self._found(scope, name, polled=True)
            answer = _shown(scope, batch)
        raw = orjson.dumps(answer)
        await send_whole(send, 200, self._headers.success(exchange, place, b"application/json", len(raw)), raw)

    async def _create(self, scope: AsgiScope, receive: Receive) -> dict[str, Any]:
        exchange, place = carried(scope)
        body = BatchBody(exchange, self._shelf, self._world.settings.limits.batches)
        try:
            await body.read(receive)
            with self._world.store.transaction():
                identify(exchange, place, body.identity)
                self._admit(place, body.upload.count)
                batch = self._made(exchange, place, body.upload)
                if not self._worker.add(batch):
                    raise ApiError(409, "conflict_error", "claudemock: the scope was reset while the batch arrived.")
        except BaseException as error:
            body.upload.discard()
            if isinstance(error, ApiError):
                identify(exchange, place, body.identity)
            raise
        exchange.script = batch.plan.script
        return _shown(scope, batch)

    def _admit(self, place: Scope, requests: int) -> None:
        if place.limiter is None:
            return
        queued = sum(batch.count for batch in self._shelf.newest_first(place.name) if not batch.ended)
        refusal = place.limiter.admit_batch(requests, queued)
        if refusal is not None:
            raise refusal

    def _made(self, exchange: Exchange, place: Scope, upload: Upload) -> Batch:
        assert exchange.source is not None  # noqa: S101 - the request has been identified
        source = exchange.source
        plan = place.batches.take(exchange.workspace)
        sources = (source if number == 0 else digest(source, b"%d" % number) for number in count())
        return Batch(
            id=self._shelf.free_id(place.name, (make_id("msgbatch", each) for each in sources)),
            scope=place.name,
            workspace=exchange.workspace,
            workspace_id=exchange.workspace_id,
            created_at=place.clock.now(),
            count=upload.count,
            items=upload.name,
            slices=upload.slices,
            seed=source.hex(),
            version=exchange.version,
            betas=tuple(sorted(exchange.betas)),
            headers={
                name.decode("latin-1"): value.decode("latin-1")
                for name, value in exchange.named.items()
                if not is_secret(name)
            },
            plan=plan,
            hidden=plan.not_found,
        )

    async def _found(self, scope: AsgiScope, name: str, *, polled: bool = False) -> Batch:
        """The batch as it is now. Raises 404 for one that is not there, or not yet."""
        exchange, place = carried(scope)
        batch = self._shelf.get(place.name, name)
        if batch is None or batch.workspace != exchange.workspace:
            raise _missing(name)
        if batch.hidden:
            self._shelf.unhide(batch)
            raise _missing(name)
        looked = await self._worker.look(place, batch, polled=polled)
        if looked is None:
            raise _missing(name)
        return looked

    async def _cancel(self, scope: AsgiScope, name: str) -> dict[str, Any]:
        _, place = carried(scope)
        batch = await self._found(scope, name)
        with self._world.store.transaction():
            current = self._shelf.get(place.name, batch.id)
            if current is None:
                raise _missing(name)
            if current.ended:
                raise invalid_request(f"Message Batch {name} has ended and cannot be canceled.")
            canceled = current.canceled(place.clock.now())
            self._shelf.put(canceled)
        return _shown(scope, canceled)

    async def _delete(self, scope: AsgiScope, name: str) -> dict[str, Any]:
        batch = await self._found(scope, name)
        if not batch.ended:
            raise invalid_request("In progress batches cannot be deleted. Consider canceling the batch instead.")
        self._shelf.remove(batch)
        return {"id": batch.id, "type": "message_batch_deleted"}

    async def _results(self, scope: AsgiScope, name: str, send: Send) -> None:
        exchange, place = carried(scope)
        batch = await self._found(scope, name)
        if not batch.ended or batch.archived(place.clock.now()):
            raise not_found(f"Message Batch {name} has no available results.")
        parts = self._shelf.results(batch, _WRITE)
        try:
            first = next(parts)
        except DeletedError:
            raise _missing(name) from None
        exchange.kept = _JOURNALLED
        named = f"content-disposition: attachment; filename*=utf-8''{batch.id}_results.jsonl\r\n".encode()
        headers = self._headers.success(exchange, place, b"application/x-jsonl", batch.size, named=named)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        left = batch.size
        try:
            for part in chain((first,), parts):
                left -= len(part)
                await send({"type": "http.response.body", "body": part, "more_body": left > 0})
                await asyncio.sleep(0)  # others have their turn, however fast the client reads
        except DeletedError:  # the client sees that it did not get all
            await send({"type": "claudemock.hang_up", "hang_up": "cut"})

    async def _list(self, scope: AsgiScope) -> dict[str, Any]:
        exchange, place = carried(scope)
        mine = (batch for batch in self._shelf.newest_first(place.name) if batch.workspace == exchange.workspace)
        parameters = parse_query(exchange.query)
        after, before = one(parameters, "after_id"), one(parameters, "before_id")
        if after is not None and before is not None:
            raise invalid_request("Only one of after_id and before_id may be given.")
        page, more = _page(mine, limit_of(parameters), after, before)
        looked = [await self._worker.look(place, batch, polled=True) for batch in page]
        shown = [_shown(scope, batch) for batch in looked if batch is not None]
        return {
            "data": shown,
            "has_more": more,
            "first_id": shown[0]["id"] if shown else None,
            "last_id": shown[-1]["id"] if shown else None,
        }


def _missing(name: str) -> ApiError:
    return not_found(f"Message Batch {name} not found.")


def _page(batches: Iterator[Batch], limit: int, after: str | None, before: str | None) -> tuple[list[Batch], bool]:
    """One page of the batches, newest first, and whether there are more in its direction. Raises 400."""
    cursor = after or before
    passed: list[Batch] = []
    if cursor is not None:
        for batch in batches:
            if batch.id == cursor:
                break
            passed.append(batch)
        else:
            raise invalid_request(f"Message Batch {cursor} not found.")
    if before is not None:
        return passed[-limit:], len(passed) > limit
    page = list(islice(batches, limit))
    return page, next(batches, None) is not None


def _shown(scope: AsgiScope, batch: Batch) -> dict[str, Any]:
    """The batch, with the URL of its results on the host that the client has reached us under."""
    exchange, place = carried(scope)
    host = exchange.header(b"host")
    origin = "" if host is None else f"{scope.get('scheme', 'http')}://{host}"
    results = f"{origin}{scope.get('root_path', '')}{_PATH}/{batch.id}/results"
    return batch.to_json(place.clock.now(), results)
