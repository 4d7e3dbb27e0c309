"""The words the ASGI layers share: types, and where a request's exchange and scope are carried."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import suppress
from typing import Any

from claudemock.journal import Exchange
from claudemock.world import Scope

AsgiScope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]


class HeaderBlock:
    """Response headers kept as the bytes they are on the wire, which is how they are made, sent and journalled.

    For any ASGI server it is an iterable of (name, value); ours (protocol.py) sends `raw` as it stands. `length` is
    the body's, None for a stream.
    """

    __slots__ = ("length", "raw")

    def __init__(self, raw: bytes, length: int | None) -> None:
        self.raw = raw
        self.length = length

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        for line in self.raw.split(b"\r\n")[:-1]:
            name, _, value = line.partition(b": ")
            yield name, value


async def hung_up(receive: Receive) -> None:
    """Returns once the client has hung up. The request's body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def gone_within(receive: Receive, seconds: float) -> bool:
    """Wait; says whether the client hung up meanwhile, which ends the wait."""
    gone = asyncio.ensure_future(hung_up(receive))
    try:
        await asyncio.wait({gone}, timeout=seconds)
        return gone.done()
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


_EXCHANGE, _SCOPE = "claudemock.exchange", "claudemock.scope"


def carry(scope: AsgiScope, exchange: Exchange, place: Scope) -> None:
    """Attach what the Recorder made to the request."""
    scope[_EXCHANGE] = exchange
    scope[_SCOPE] = place


def carried(scope: AsgiScope) -> tuple[Exchange, Scope]:
    """The exchange and the scope of the request."""
    return scope[_EXCHANGE], scope[_SCOPE]
