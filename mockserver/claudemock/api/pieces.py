"""A request's body piece by piece, decompressed, for endpoints whose bodies are too large to be held."""

import zlib
from collections.abc import AsyncGenerator, Iterator

from claudemock.api.asgi import Receive
from claudemock.api.body import ClientGoneError, encoding_of, not_decodable, too_large, too_large_decoded, window_of
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError

_DRAIN = 4  # a body up to this many times over its limit is read to its end, so that the client gets to see the 413
_PORTION = 4096  # bytes decoded at once: what follows the end of a gzip member is copied
_PIECE = 65_536


async def pieces(receive: Receive, exchange: Exchange, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, in pieces of some ten kilobytes.

    Raises `ApiError` 413 over `limit` bytes (sent, or decoded), 400 for an encoding that cannot be read; both once the
    client has sent all, or far too much.
    """
    declared = exchange.header(b"content-length")
    if declared is not None and declared.isdecimal() and int(declared) > limit * _DRAIN:
        raise too_large()
    encoding = encoding_of(exchange)
    inflater = Inflater(encoding, limit) if encoding else None
    failure: ApiError | None = None
    more = True
    while more and exchange.body_size <= limit * _DRAIN:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        exchange.body_size += len(part)
        if exchange.body_size > limit:
            failure = too_large()
        if failure is not None:
            continue
        try:
            for piece in (part,) if inflater is None else inflater.feed(part, final=not more):
                yield piece
        except ApiError as error:
            failure = error
    if failure is not None:
        raise failure


class Inflater:
    """Decodes a body that arrives in parts; see `claudemock.api.body.decompress` for what it accepts."""

    def __init__(self, encoding: str, limit: int) -> None:
        window_of(encoding, b"")  # refuses what it does not know before anything is read
        self._encoding = encoding
        self._limit = limit
        self._size = 0
        self._head: bytes | None = b""  # until the first two bytes are there
        self._window = 0
        self._members = 0
        self._member: zlib._Decompress | None = None

    def feed(self, part: bytes, *, final: bool) -> Iterator[bytes]:
        """What `part` adds. Raises `ApiError` 400 and 413."""
        try:
            if self._head is not None:
                self._head += part
                if len(self._head) < 2 and not final:
                    return
                part, self._head = self._head, None
                self._window = window_of(self._encoding, part)
            for start in range(0, len(part), _PORTION):
                yield from self._decoded(part[start : start + _PORTION])
            if final and (self._member is not None or not self._members):
                raise zlib.error("the stream ends too early")
        except zlib.error:
            raise not_decodable(self._encoding) from None

    def _decoded(self, part: bytes) -> Iterator[bytes]:
        while part or self._member is not None:
            if self._member is None:
                if self._members and self._encoding == "deflate":
                    raise zlib.error("only gzip has members")
                self._member = zlib.decompressobj(self._window)
                self._members += 1
            piece = self._member.decompress(part, _PIECE)
            part = self._member.unconsumed_tail
            self._size += len(piece)
            if self._size > self._limit:
                raise too_large_decoded()
            if self._member.eof:
                part, self._member = self._member.unused_data, None
            if piece:
                yield piece
            if not part and len(piece) < _PIECE:
                return
