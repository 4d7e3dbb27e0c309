"""A request's body that is read twice: by the faults armed for it, and by its endpoint."""

import tempfile
from collections import deque
from contextlib import aclosing
from hashlib import blake2b
from typing import IO

from claudemock.api.asgi import Message, Receive
from claudemock.api.growing import LEAST
from claudemock.api.pieces import identity_hash, pieces
from claudemock.journal import Exchange

_IN_MEMORY = 1_000_000  # bytes of a batch that need no file
_PIECE = 65_536


class Again:
    """An ASGI `receive` that gives once more what was read ahead."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: deque[Message] = deque()
        self._file: IO[bytes] | None = None
        self._left = 0

    async def record(self) -> Message:
        """The next message, kept for the endpoint."""
        message = await self._receive()
        self._kept.append(message)
        return message

    async def batch(self, exchange: Exchange, limit: int) -> bytes:
        """Read a batch ahead, which is kept on disk, and return what stands for its body. Raises as `pieces`."""
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by `close`
        made = identity_hash()
        async with aclosing(pieces(self._spool, exchange, limit)) as arriving:
            async for piece in arriving:
                made.update(piece)
        self._left = self._file.tell()
        self._file.seek(0)
        return made.digest()

    async def _spool(self) -> Message:
        message = await self._receive()
        if self._file is not None:
            self._file.write(message.get("body", b""))
        return message

    async def __call__(self) -> Message:
        """What was kept, then what comes."""
        if self._kept:
            return self._kept.popleft()
        if self._file is None:
            return await self._receive()
        piece = self._file.read(_PIECE)
        self._left -= len(piece)
        if self._left <= 0:
            self.close()
        return {"type": "http.request", "body": piece, "more_body": self._left > 0}

    def close(self) -> None:
        """Give back the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def large_identity(exchange: Exchange) -> bytes | None:
    """What stands for the body of a large message, as for who answers it (`growing.Body`); None: it does itself."""
    if exchange.path != "/v1/messages" or len(exchange.body) < LEAST:
        return None
    return blake2b(exchange.body, digest_size=16).digest()
