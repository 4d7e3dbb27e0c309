"""Reading the body that creates a batch: taken apart while it arrives, so that the whole of it is never in memory."""

import tempfile
from contextlib import aclosing
from typing import IO, Any

from claudemock.api.asgi import Receive
from claudemock.api.body import parse_json
from claudemock.api.pieces import identity_hash, pieces
from claudemock.batches.shelf import Shelf, Upload
from claudemock.batches.split import Splitter, UnusualError, one_line
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.parse import parse_batch

_MOST = 100_000  # requests in a batch (documented)
_JOURNALLED = 1_000_000  # bytes of a body up to which the journal shows all of it


class BatchBody:
    """One body on its way; its requests go to `upload`. What is in `upload` is the caller's to discard on a failure."""

    def __init__(self, exchange: Exchange, shelf: Shelf, limit: int) -> None:
        self.upload: Upload = shelf.upload(exchange.scope)
        self._exchange = exchange
        self._shelf = shelf
        self._limit = limit
        self._splitter = Splitter()
        self._unusual = False
        self._count = 0
        self._refused: tuple[int, Any] | None = None  # the first that is no request, and its place
        self._seen: set[str] = set()
        self._duplicate: str | None = None
        self._hash = identity_hash()
        self._whole = False
        self._size = 0
        self._shown: list[bytes] = []
        self._room = _JOURNALLED

    @property
    def identity(self) -> bytes | None:
        """What stands for the body where a request is told from others; None as long as it is not there."""
        return self._hash.digest() if self._whole else None

    async def read(self, receive: Receive) -> None:
        """Read all of it, and put into the exchange what the journal is to show. Raises `ApiError` 400 and 413."""
        with tempfile.SpooledTemporaryFile(max_size=_JOURNALLED) as whole:
            async with aclosing(pieces(receive, self._exchange, self._limit)) as arriving:
                async for piece in arriving:
                    whole.write(piece)
                    self._take(piece)
            self._take(b"", final=True)
            self._whole = True
            whole.seek(0)
            if self._size <= _JOURNALLED:
                self._exchange.body = whole.read()
                whole.seek(0)
            if self._unusual:
                self._read_whole(whole)
        if self._size > _JOURNALLED:
            self._exchange.body = self._abridged()
        self._check()
        self.upload.finish()

    def _take(self, piece: bytes, *, final: bool = False) -> None:
        self._hash.update(piece)
        self._size += len(piece)
        if self._unusual:
            return
        try:
            for part in self._splitter.feed(piece, final=final):
                self._count += 1
                if part.custom_id is None:
                    self._refused = self._refused or (self._count - 1, part.refused)
                elif self._count <= _MOST and self._refused is None:
                    self._keep(part.custom_id, part.params)
        except UnusualError:
            self._unusual = True
            self.upload.discard()

    def _check(self) -> None:
        """Refuse what is wrong with a body of the plain form. Raises 400."""
        place, refused = self._refused or (0, {"custom_id": "a", "params": {}})
        if self._count > _MOST:
            parse_batch({"requests": [refused] * self._count})
        if self._refused is not None:
            try:
                parse_batch({"requests": [refused]})
            except ApiError as error:
                raise invalid_request(error.message.replace("requests.0", f"requests.{place}", 1)) from None
        if self._duplicate is not None:
            raise invalid_request(
                f"requests: custom_id's must be unique within a batch. Duplicate custom_id found: {self._duplicate}"
            )

    def _keep(self, custom_id: str, params: bytes) -> None:
        if custom_id in self._seen and self._duplicate is None:
            self._duplicate = custom_id
        self._seen.add(custom_id)
        self.upload.add(custom_id, params)
        self._room -= len(params)
        if self._room > 0:
            self._shown.append(b'{"custom_id":"%b","params":%b}' % (custom_id.encode(), params))

    def _read_whole(self, whole: IO[bytes]) -> None:
        """Refused in the words of who reads it whole; or it is a good one, spelled in an unusual way."""
        batch = parse_batch(parse_json(whole.read()))
        self.upload = self._shelf.upload(self._exchange.scope)
        self._seen.clear()
        self._shown.clear()
        self._count, self._refused, self._duplicate, self._room = len(batch.requests), None, None, _JOURNALLED
        for number, request in enumerate(batch.requests):
            try:
                self._keep(request.custom_id, one_line(request.params))
            except UnusualError:
                raise invalid_request(f"requests.{number}.params: claudemock: nested too deeply to be kept") from None

    def _abridged(self) -> bytes:
        """A body of a hundred megabytes would drive all else out of the journal: its first requests stand for it."""
        requests, omitted = b",".join(self._shown), self._count - len(self._shown)
        return b'{"requests":[%b],"claudemock":{"omitted_requests":%d}}' % (requests, omitted)
