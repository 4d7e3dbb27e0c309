"""A request's body piece by piece, decoded, for endpoints whose bodies are too large to be held."""

from collections.abc import AsyncGenerator, Iterator
from hashlib import blake2b

from claudemock.api.asgi import Receive
from claudemock.api.body import ClientGoneError, encoding_of, too_large
from claudemock.api.inflate import Inflater
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError

_DRAIN = 4  # a body up to this many times over its limit is read to its end, so that the client gets to see the 413


def identity_hash() -> blake2b:
    """Takes a body's pieces; what it makes of them stands for the body where a request is told from others."""
    return blake2b(digest_size=32)


async def pieces(receive: Receive, exchange: Exchange, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, in pieces of some ten kilobytes.

    Raises `ApiError` 413 over `limit` bytes (sent, or decoded), 400 for an encoding that cannot be read; both once the
    client has sent all, or far too much.
    """
    declared = exchange.header(b"content-length")
    if declared is not None and declared.isdecimal() and int(declared) > limit * _DRAIN:
        raise too_large()
    decoded = _Decoded(encoding_of(exchange), limit)
    failure: ApiError | None = None
    size, more = 0, True
    while more and size <= limit * _DRAIN:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        exchange.body_size = size
        if size > limit:
            failure = too_large()
        if failure is not None:
            continue
        try:
            for piece in decoded.feed(part, final=not more):
                yield piece
        except ApiError as error:
            failure = error
    if failure is not None:
        raise failure


class _Decoded:
    """What the parts of a body decode to, within the limit."""

    def __init__(self, encoding: str, limit: int) -> None:
        self._inflater = Inflater(encoding) if encoding else None
        self._room = limit

    def feed(self, part: bytes, *, final: bool) -> Iterator[bytes]:
        if self._inflater is None:
            yield part
            return
        for piece in self._inflater.feed(part):
            self._room -= len(piece)
            if self._room < 0:
                raise too_large(decoded=True)
            yield piece
        if final:
            self._inflater.finish()
