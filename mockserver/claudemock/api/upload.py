"""Taking an upload: the multipart body is read, decoded and written to disk as it arrives, within its limit."""

import asyncio
from typing import Any

import orjson

from claudemock.api.asgi import Receive
from claudemock.api.body import ClientGoneError, encoding_of, too_large
from claudemock.api.inflate import Inflater
from claudemock.api.multipart import FormReader
from claudemock.files.names import BadFileError, clean_filename, lifetime, mime_type
from claudemock.files.record import StoredFile
from claudemock.files.shelf import FileShelf, Incoming, Upload
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError, invalid_request

_LARGE = 4_000_000  # bytes from which on it takes noticeably long to put a content on disk
_BESIDES = 1_000_000  # bytes that a form may have besides its file


async def take_upload(receive: Receive, exchange: Exchange, files: FileShelf, *, limit: int, now: float) -> StoredFile:
    """The file of a POST /v1/files, stored. Raises `ApiError` 400 and 413, and then nothing of it is left.

    The journal gets a description of the form in place of the body, which is nowhere in memory.
    """
    try:
        with files.receive() as incoming:
            return await _take(receive, exchange, files, incoming, limit, now)
    except OSError as error:
        why = error.strerror or error
        raise ApiError(500, "api_error", f"claudemock: the upload could not be written to disk: {why}") from None


async def _take(
    receive: Receive, exchange: Exchange, files: FileShelf, incoming: Incoming, limit: int, now: float
) -> StoredFile:
    reader = FormReader(exchange.header(b"content-type") or "", _Bounded(incoming, exchange, limit).write)
    try:
        await _read(receive, exchange, reader, limit)
        described = reader.finish()
    finally:
        exchange.body = _description(reader, incoming)
    kind = mime_type(described.content_type, described.filename)
    try:
        name = clean_filename(described.filename, kind)
        seconds = lifetime(reader.fields.get("expires_in_seconds"))
    except BadFileError as error:
        raise invalid_request(str(error)) from None
    if incoming.size > _LARGE:
        await asyncio.to_thread(incoming.sync)
    return files.keep(incoming, Upload(exchange.workspace, name, kind, seconds), now)


class _Bounded:
    """Writes a file's bytes within the limit of one file."""

    def __init__(self, incoming: Incoming, exchange: Exchange, limit: int) -> None:
        self._incoming = incoming
        self._limit = limit
        self._encoded = bool(encoding_of(exchange))

    def write(self, data: bytes) -> None:
        if self._incoming.size + len(data) > self._limit:
            raise too_large(decoded=self._encoded)
        self._incoming.write(data)


async def _read(receive: Receive, exchange: Exchange, reader: FormReader, limit: int) -> None:
    """Feed the body to the reader. What is refused midway is not read on: the server lets the rest of it pass by."""
    most = limit + _BESIDES
    declared = exchange.header(b"content-length")
    if declared is not None and declared.isdecimal() and int(declared) > most:
        raise too_large()
    encoding = encoding_of(exchange)
    inflater = Inflater(encoding) if encoding else None
    decoded, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        data = message.get("body", b"")
        more = message.get("more_body", False)
        exchange.body_size += len(data)
        if exchange.body_size > most:
            raise too_large()
        for piece in (data,) if inflater is None else inflater.feed(data):
            decoded += len(piece)
            if decoded > most:
                raise too_large(decoded=inflater is not None)
            reader.feed(piece)
    if inflater is not None:
        inflater.finish()


def _description(reader: FormReader, incoming: Incoming) -> bytes:
    """The form as the journal shows it: its fields, and of the file what it is called, its size and its digest."""
    parts: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in reader.fields.items()]
    if reader.file is not None:
        shown = {"filename": reader.file.filename, "content_type": reader.file.content_type}
        parts.append({"name": "file", **shown, "size": incoming.size, "blake2b": incoming.digest})
    return orjson.dumps({"_multipart": parts})
