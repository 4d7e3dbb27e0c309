"""Working off batches: each request goes through what a Messages request goes through, slice by slice.

Nothing runs by itself: a batch is worked off when somebody looks at it and its clock says that it is over. Between two
slices other requests have their turn.
"""

import asyncio
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from claudemock.api.account import Billing
from claudemock.api.answers import Answers
from claudemock.api.batch_watch import Watch
from claudemock.api.pages import may_cite_pdf, read_ahead
from claudemock.api.turn import Intake
from claudemock.batches.order import Shuffle
from claudemock.batches.record import OUTCOMES, Batch
from claudemock.batches.shelf import DeletedError, Shelf
from claudemock.ids import digest
from claudemock.journal import Exchange
from claudemock.script.match import Pattern
from claudemock.webhook import Webhook
from claudemock.wire.errors import ApiError
from claudemock.world import Scope, World

Result = tuple[str, bytes]  # how a request ended, and its `result` as JSON
Picked = tuple[Pattern, str, Mapping[str, str] | None]
_ROOM = 100_000  # bytes of answers remembered: the requests of a batch are seldom alike
_PATIENCE = 30.0  # real seconds a poll waits for what is being worked off


class Requests:
    """Answers single requests of batches as Messages answers its own, at half the price and without their limits."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._intake = Intake(world, "batch")
        self._answers = Answers(_ROOM)
        self._billing = Billing(world)

    def result(
        self, place: Scope, batch: Batch, named: Mapping[bytes, bytes], index: int, custom_id: str, params: bytes
    ) -> Result:
        """How request number `index` ends; `named` are the headers its batch came with."""
        source = digest(batch.source, custom_id.encode())
        exchange = _exchange(batch, named, batch.done_at(index), source, params)
        try:
            return "succeeded", b'{"type":"succeeded","message":%b}' % self._message(place, exchange, source, custom_id)
        except ApiError as error:
            return "errored", errored(error.type, error.message, error.details)
        except Exception:  # noqa: BLE001 - a defect of ours must cost one request its answer, not all of them
            traceback.print_exc(file=sys.stderr)
            return "errored", errored("api_error", "Internal server error")

    async def read_ahead(self, place: Scope, batch: Batch, lines: Sequence[bytes]) -> None:
        """Read the PDFs that requests of a slice let be cited; see `pages`."""
        for line in lines:
            if may_cite_pdf(line):
                _, _, params = line.partition(b" ")
                await read_ahead(self._world, place, _exchange(batch, _named(batch), batch.created_at, b"", params))

    def _message(self, place: Scope, exchange: Exchange, source: bytes, custom_id: str) -> bytes:
        turn = self._intake.turn(place, exchange, source, custom_id=custom_id)
        answer, message_id = self._answers.of(turn)
        exchange.usage = answer.usage
        self._billing.charge(exchange, turn, answer.message)
        if turn.plan is not None:
            place.caches.of(exchange.workspace).commit(turn.plan, exchange.started_at, answer.message["content"])
        return answer.body(message_id)


def _named(batch: Batch) -> Mapping[bytes, bytes]:
    """The headers a batch came with."""
    return {name.encode(): value.encode("latin-1") for name, value in batch.headers.items()}


def _exchange(batch: Batch, named: Mapping[bytes, bytes], at: float, source: bytes, params: bytes) -> Exchange:
    """What one request of a batch would be if it had come by itself."""
    return Exchange(
        scope=batch.scope,
        method="POST",
        path="/v1/messages",
        query="",
        headers=[],
        named=named,
        started_at=at,
        began=0.0,
        workspace=batch.workspace,
        workspace_id=batch.workspace_id,
        version=batch.version,
        betas=frozenset(batch.betas),
        body=params,
        source=source,
    )


class Worker:
    """Works off the batches of one server. What is under way in this process is in `_tasks`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shelf = Shelf(world.store)
        self._requests = Requests(world)
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._watch: Watch | None = None
        settings = world.settings
        if settings.batch_webhook is not None:
            webhook = Webhook(settings.batch_webhook, settings.batch_webhook_secret)
            self._watch = Watch(webhook, world.store, world.organization, self._ends)
            world.at_start.append(self._watch.begin)

    def add(self, batch: Batch) -> bool:
        """Keep a batch whose requests are there; False if they are not any more. Called in a transaction."""
        kept = self._shelf.add(batch)
        if kept and self._watch is not None:
            self._watch.created(batch)
        return kept

    async def _ends(self, scope: str, id: str) -> bool:  # noqa: A002 - the API's own word
        """Look at a batch as its client's poll would; says whether it still has to end."""
        batch = self._shelf.get(scope, id)
        if batch is None:
            return False
        looked = await self.look(self._world.scope(scope), batch, polled=True)
        return looked is not None and not looked.ended

    async def look(self, place: Scope, batch: Batch, *, polled: bool) -> Batch | None:
        """The batch as it is now, worked off if it is over; None if it has been deleted meanwhile.

        `polled`: its client asks how far it is. One that takes longer than half a minute to work off is shown as still
        in progress, and goes on.
        """
        now = place.clock.now()
        if batch.ended or batch.closed(now, polled=polled).closing is None:
            return batch
        with self._world.store.transaction():
            current = self._shelf.get(place.name, batch.id)
            if current is None:
                return None
            batch = current.closed(now, polled=polled)
            if batch is not current:
                self._shelf.put(batch)
        if batch.slices - batch.next <= 1:
            await self._read_ahead(place, batch.id)
            self._step(place, batch.id)
        else:
            await self._wait(place, batch)
        return self._shelf.get(place.name, batch.id)

    async def _wait(self, place: Scope, batch: Batch) -> None:
        key = (place.name, batch.id)
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.get_running_loop().create_task(self._work(place, batch.id))
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        await asyncio.wait({task}, timeout=_PATIENCE)
        if task.done():
            task.result()

    async def _work(self, place: Scope, id: str) -> None:  # noqa: A002 - the API's own word
        more = True
        while more:
            await self._read_ahead(place, id)
            more = self._step(place, id)
            await asyncio.sleep(0)

    async def _read_ahead(self, place: Scope, id: str) -> None:  # noqa: A002 - the API's own word
        """What takes long in the next slice, without which its step is short."""
        batch = self._shelf.get(place.name, id)
        if batch is not None and not batch.ended:
            with suppress(DeletedError):
                await self._requests.read_ahead(place, batch, self._shelf.requests(batch)[1])

    def _step(self, place: Scope, id: str) -> bool:  # noqa: A002 - the API's own word
        """Work off the next slice; says whether there is another one."""
        with self._world.store.transaction():
            batch = self._shelf.get(place.name, id)
            if batch is None or batch.closing is None or batch.ended:
                return False
            batch = self._shelf.done(batch, *self._worked(place, batch))
            if batch.ended and self._watch is not None:
                self._watch.ended(batch)
            return not batch.ended

    def _worked(self, place: Scope, batch: Batch) -> tuple[list[bytes], tuple[int, ...]]:
        """The results of the next slice, and the batch's counts with them."""
        first, requests = self._shelf.requests(batch)
        draw = Shuffle(batch.count, digest(batch.source, b"draw"))
        picked = [(Pattern(text, anywhere=False), ends, error) for text, ends, error in batch.plan.requests]
        named = _named(batch)
        counts = dict(zip(OUTCOMES, batch.counts, strict=True))
        lines = []
        for index, line in enumerate(requests, first):
            name, _, params = line.partition(b" ")
            custom_id = name.decode()
            ends, result = _scripted(batch, index, custom_id, draw, picked) or self._requests.result(
                place, batch, named, index, custom_id, params
            )
            counts[ends] += 1
            lines.append(b'{"custom_id":"%b","result":%b}' % (name, result))
        return lines, tuple(counts[name] for name in OUTCOMES)


def _scripted(batch: Batch, index: int, custom_id: str, draw: Shuffle, picked: Sequence[Picked]) -> Result | None:
    """How a request ends that gets no answer; None: it gets one."""
    ends: str | None = batch.rest(index)
    error = batch.plan.error
    if ends is None:
        ends = batch.plan.drawn(draw.rank(index), batch.count)
        for pattern, end, own in picked:
            if pattern(custom_id):
                ends, error = end, own or error
                break
    if ends is None:
        return None
    if ends == "errored":
        said = {"type": "api_error", "message": "Internal server error"} | dict(error or {})
        return ends, errored(said["type"], said["message"])
    return ends, b'{"type":"%b"}' % ends.encode()


def errored(kind: str, message: str, details: Mapping[str, Any] | None = None) -> bytes:
    """The result of a request that failed: the error envelope inside a result (captured in September 2026)."""
    error = {"details": {"error_visibility": "user_facing", **(details or {})}, "type": kind, "message": message}
    return orjson.dumps({"type": "errored", "error": {"type": "error", "error": error, "request_id": None}})
