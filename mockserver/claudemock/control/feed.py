"""GET /_mock/events: exchanges as they end, as server-sent events, for pages and tools that watch."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from claudemock.api.asgi import AsgiScope, HeaderBlock, Receive, Send, carried, hung_up
from claudemock.api.query import parse_query
from claudemock.control.filters import Filters
from claudemock.control.showing import shown
from claudemock.journal import Exchange
from claudemock.world import World

_HEADERS = b"content-type: text/event-stream; charset=utf-8\r\ncache-control: no-store\r\n"
_ALIVE = 15.0  # seconds after which a comment shows that the connection lives


class Feed:
    """Sends each exchange that fits the filters of GET exchanges once, when it has ended, those before first."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request, until the client hangs up."""
        exchange, place = carried(scope)
        unsent = _Unsent(self._world, Filters.parse(parse_query(exchange.query), place.name))
        await send({"type": "http.response.start", "status": 200, "headers": HeaderBlock(_HEADERS, None)})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        ended = asyncio.Event()
        stop = self._world.journal.listen(ended.set)
        gone = asyncio.ensure_future(hung_up(receive))
        try:
            while not gone.done():
                ended.clear()
                events = b"".join(map(_event, shown(self._world, unsent.take())))
                await send({"type": "http.response.body", "body": events or b": still here\n\n", "more_body": True})
                await self._something(ended, gone, unsent)
        finally:
            stop()
            gone.cancel()

    async def _something(self, ended: asyncio.Event, gone: asyncio.Future[Any], unsent: "_Unsent") -> None:
        """Wait for an exchange to end, here or in another process, or for so long that it is time to say something."""
        told: asyncio.Future[Any] = asyncio.ensure_future(ended.wait())
        poll = self._world.journal.poll or _ALIVE
        try:
            for _ in range(max(1, round(_ALIVE / poll))):
                await asyncio.wait({told, gone}, timeout=poll, return_when=asyncio.FIRST_COMPLETED)
                if told.done() or gone.done() or unsent.any():
                    return
        finally:
            told.cancel()


class _Unsent:
    """The exchanges that have ended and were not sent. They end in another order than they begin."""

    def __init__(self, world: World, filters: Filters) -> None:
        self._journal = world.journal
        self._filters = filters
        self._sent: set[int] = set()

    def any(self) -> bool:
        """Whether there is one."""
        return next(self._found(), None) is not None

    def take(self) -> list[Exchange]:
        """All there are, oldest first."""
        found = list(self._found())
        self._sent.update(entry.sequence for entry in found)
        after = self._filters.after
        while after + 1 in self._sent:
            after += 1
            self._sent.remove(after)
        self._filters = replace(self._filters, after=after)
        return found

    def _found(self) -> Iterator[Exchange]:
        entries = self._filters.apply(self._journal)
        return (entry for entry in entries if entry.ended is not None and entry.sequence not in self._sent)


def _event(exchange: dict[str, Any]) -> bytes:
    return b"event: exchange\nid: %b\ndata: %b\n\n" % (exchange["id"].encode(), orjson.dumps(exchange))
