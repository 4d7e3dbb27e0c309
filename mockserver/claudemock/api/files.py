"""/v1/files: upload, list, metadata, content, delete. Uploads stream to a temporary file, never into memory."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.datastructures import Headers as StarletteHeaders
from starlette.formparsers import MultiPartException, MultiPartParser

from claudemock.api.account import admit_request
from claudemock.api.asgi import AsgiScope, Receive, Send, carried
from claudemock.api.body import ClientGoneError, too_large
from claudemock.api.query import limit_of, one, parse_query
from claudemock.api.respond import Headers, send_whole
from claudemock.files import BadFileError, StoredFile, clean_filename, lifetime
from claudemock.ids import make_id
from claudemock.journal import Exchange
from claudemock.wire.errors import invalid_request, not_found
from claudemock.world import Scope, World

_OLD_BETA = "files-api-2025-04-14"


class Files:
    """GET and POST /v1/files."""

    def __init__(self, world: World) -> None:
        self._limit = world.settings.limits.files
        self._world = world
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        admit_request(self._world, place, exchange, "files")
        old = _OLD_BETA in exchange.betas
        if scope["method"] == "POST":
            stored = await self._upload(exchange, place, receive)
            await _answer(send, self._headers, exchange, place, stored.to_json(old_shape=old))
        else:
            page = _page(place.files.newest_first(exchange.workspace), parse_query(exchange.query), old_shape=old)
            await _answer(send, self._headers, exchange, place, page)

    async def _upload(self, exchange: Exchange, place: Scope, receive: Receive) -> StoredFile:
        form = await _form(exchange, receive, self._limit)
        part = form["file"]
        assert isinstance(part, UploadFile)  # noqa: S101 - _form refuses everything else
        mime_type = (part.content_type or "application/octet-stream").partition(";")[0].strip()
        now = place.clock.now()
        try:
            filename = clean_filename(part.filename, mime_type)
            seconds = lifetime(_text(form, "expires_in_seconds"))
        except BadFileError as error:
            await form.close()
            raise invalid_request(str(error)) from None
        size = part.size or 0
        stored = StoredFile(
            id=make_id("file", place.source(b"file", filename.encode(), mime_type.encode(), str(size).encode())),
            workspace=exchange.workspace,
            filename=filename,
            mime_type=mime_type,
            size=size,
            created_at=now,
            expires_at=None if seconds is None else now + seconds,
            content=part.file,
        )
        place.files.add(stored)
        return stored


class File:
    """GET and DELETE /v1/files/{id}, and GET /v1/files/{id}/content."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Serve one request."""
        exchange, place = carried(scope)
        admit_request(self._world, place, exchange, "files")
        name = scope["path_params"]["file_id"]
        file = place.files.get(exchange.workspace, name)
        if file is None:
            raise not_found(f"File not found: {name}")
        if scope["method"] == "DELETE":
            place.files.remove(file)
            await _answer(send, self._headers, exchange, place, {"id": file.id, "type": "file_deleted"})
        elif exchange.path.endswith("/content"):
            raise invalid_request(f"File '{file.id}' is not downloadable", error_code="file_not_downloadable")
        else:
            shown = file.to_json(old_shape=_OLD_BETA in exchange.betas)
            await _answer(send, self._headers, exchange, place, shown)


async def _answer(send: Send, headers: Headers, exchange: Exchange, place: Scope, body: dict[str, Any]) -> None:
    raw = orjson.dumps(body)
    await send_whole(send, 200, headers.success(exchange, place, b"application/json", len(raw)), raw)


async def _form(exchange: Exchange, receive: Receive, limit: int) -> FormData:
    """The multipart form; the file part lies on disk once it is over a megabyte. Raises 400 and 413."""
    kind = exchange.header(b"content-type") or ""
    if not kind.lower().startswith("multipart/form-data"):
        raise invalid_request("file: Field required")
    parser = MultiPartParser(
        StarletteHeaders(raw=exchange.headers), _stream(exchange, receive, limit), max_files=1, max_fields=8
    )
    try:
        form = await parser.parse()
        if isinstance(form.get("file"), UploadFile):
            return form
        raise invalid_request("file: Field required")
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        _discard(parser)
        raise invalid_request(f"The multipart body could not be read: {error}") from None
    except BaseException:
        _discard(parser)
        raise


def _discard(parser: MultiPartParser) -> None:
    """Close the temporary file of a part that never ended: the parser itself does so only for errors of its own."""
    for file in parser._files_to_close_on_error:
        file.close()


async def _stream(exchange: Exchange, receive: Receive, limit: int) -> AsyncGenerator[bytes, None]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part = message.get("body", b"")
        exchange.body_size += len(part)
        if exchange.body_size > limit:
            raise too_large()
        more = message.get("more_body", False)
        yield part
    yield b""


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) else None


def _page(files: list[StoredFile], parameters: dict[str, list[str]], *, old_shape: bool) -> dict[str, Any]:
    """One page, newest first. GA pages by `page` cursor or picks by `ids`; the old beta pages by id."""
    limit = limit_of(parameters)
    if old_shape:
        return _old_page(files, parameters, limit)
    if "ids" in parameters:
        if "page" in parameters or "limit" in parameters:
            raise invalid_request("ids: cannot be combined with page or limit")
        if len(parameters["ids"]) > 100:
            raise invalid_request("ids: List should have at most 100 items after validation")
        chosen = [file for file in files if file.id in parameters["ids"]]
        return {"data": [file.to_json(old_shape=False) for file in chosen], "next_page": None}
    start = _after(files, _cursor(parameters))
    page = files[start : start + limit]
    more = len(files) > start + limit
    return {
        "data": [file.to_json(old_shape=False) for file in page],
        "next_page": f"page_{page[-1].id}" if more else None,
    }


def _cursor(parameters: dict[str, list[str]]) -> str | None:
    page = one(parameters, "page")
    if page is None:
        return None
    if not page.startswith("page_"):
        raise invalid_request("page: not a cursor of this endpoint")
    return page.removeprefix("page_")


def _old_page(files: list[StoredFile], parameters: dict[str, list[str]], limit: int) -> dict[str, Any]:
    after, before = one(parameters, "after_id"), one(parameters, "before_id")
    if before is not None:
        end = _after(files, before) - 1
        start = max(0, end - limit)
        more = start > 0
    else:
        start = _after(files, after)
        end = min(len(files), start + limit)
        more = end < len(files)
    page = files[start:end]
    return {
        "data": [file.to_json(old_shape=True) for file in page],
        "has_more": more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _after(files: list[StoredFile], cursor: str | None) -> int:
    """The position behind the file `cursor`. Raises 400 for a file that is not there."""
    if cursor is None:
        return 0
    for position, file in enumerate(files):
        if file.id == cursor:
            return position + 1
    raise invalid_request(f"File not found: {cursor}")
