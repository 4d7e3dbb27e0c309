"""What a webhook needs: batches that end although nobody asks, and the delivery of the news."""

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable

import orjson

from claudemock.batches.record import Batch
from claudemock.clock import rfc3339
from claudemock.ids import digest, make_id
from claudemock.store.base import Store, every
from claudemock.webhook import Webhook, WebhookError

_OPEN, _NEWS, _CLAIM = "batch_open", "batch_news", "batch_news_claim"
_SERVER = ""  # the scope of what belongs to no test's scope: the name no scope can have
_EACH = 0.1  # real seconds between two looks at batches that have not ended
_DELAYS = (0.0, 1.0, 5.0)  # real seconds before each attempt
_CLAIMED = 60.0  # real seconds that a process has for all attempts, before another may take it to be dead

Look = Callable[[str, str], Awaitable[bool]]


class Watch:
    """Looks at every batch until it has ended, and sends the news.

    Batches and news that are not done with are in the store, so a restart goes on with them. `look` is called with the
    scope and id of a batch, and says whether it still has to end.
    """

    def __init__(self, webhook: Webhook, store: Store, organization: str, look: Look) -> None:
        self._webhook = webhook
        self._store = store
        self._organization = organization
        self._look = look
        self._task: asyncio.Task[None] | None = None
        self._some = asyncio.Event()
        self._deliveries: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Go on with what is in the store. Called in the server's event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())
            for record in every(self._store, _NEWS, _SERVER):
                self._deliver(record.key)
            if self._store.count(_OPEN, _SERVER):
                self._some.set()

    def created(self, batch: Batch) -> None:
        """Watch a batch from now on. Called in the transaction that keeps it."""
        self._store.put(_OPEN, _SERVER, f"{batch.id} {batch.scope}", b"")
        self._some.set()

    def ended(self, batch: Batch) -> None:
        """There is news. Called in the transaction that ends the batch; it is sent afterwards."""
        assert batch.closing is not None  # noqa: S101 - it has ended
        name = make_id("whevt", digest(batch.source, b"webhook"))
        event = {
            "id": name,
            "type": "event",
            "created_at": rfc3339(batch.closing.at, places=6),
            "data": {
                "type": "message_batch.ended",
                "id": batch.id,
                "organization_id": self._organization,
                "workspace_id": batch.workspace_id,
                "request_counts": batch.to_json(batch.closing.at, "")["request_counts"],
            },
        }
        self._store.put(_NEWS, _SERVER, name, orjson.dumps(event))
        asyncio.get_running_loop().call_soon(self._deliver, name)

    async def _watch(self) -> None:
        while True:
            await self._some.wait()
            for record in every(self._store, _OPEN, _SERVER):
                batch, _, scope = record.key.partition(" ")
                try:
                    open_still = await self._look(scope, batch)
                except Exception:  # noqa: BLE001 - one batch that cannot be looked at must not keep the others waiting
                    traceback.print_exc(file=sys.stderr)
                    open_still = True
                if not open_still:
                    self._store.take(_OPEN, _SERVER, record.key)
            if self._store.count(_OPEN, _SERVER):
                await asyncio.sleep(_EACH)
            else:
                self._some.clear()

    def _deliver(self, event: str) -> None:
        task = asyncio.get_running_loop().create_task(self._delivery(event))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _delivery(self, event: str) -> None:
        while True:
            wait = self._claim(event)
            if wait <= 0:
                break
            await asyncio.sleep(wait)
        found = self._store.get(_NEWS, _SERVER, event)
        if found is None:
            self._store.take(_CLAIM, _SERVER, event)
            return
        failure = await self._attempts(event, found.value)
        if failure is not None:
            sys.stderr.write(f"claudemock: batch webhook given up after {len(_DELAYS)} attempts: {failure}\n")
        self._store.take(_NEWS, _SERVER, event)
        self._store.take(_CLAIM, _SERVER, event)

    async def _attempts(self, event: str, body: bytes) -> WebhookError | None:
        failure = None
        for delay in _DELAYS:
            await asyncio.sleep(delay)
            try:
                await asyncio.to_thread(self._webhook.send, event, body)
            except WebhookError as error:
                failure = error
            else:
                return None
        return failure

    def _claim(self, event: str) -> float:
        """Make the delivery this process's own; or the seconds for which it is another's, who may have died."""
        found, now = self._store.get(_CLAIM, _SERVER, event), time.time()
        left = 0.0 if found is None else float(found.value) - now
        if 0 < left <= _CLAIMED:
            return left
        version = 0 if found is None else found.version
        taken = self._store.put(_CLAIM, _SERVER, event, b"%f" % (now + _CLAIMED), expect=version)
        return 0.0 if taken is not None else _EACH
