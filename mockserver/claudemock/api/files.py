"""/v1/files: upload, list, metadata, content, delete."""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import orjson

from claudemock.api.account import admit_request
from claudemock.api.asgi import AsgiScope, Receive, Send, carried, hung_up
from claudemock.api.query import limit_of, one, parse_query
from claudemock.api.respond import Headers, send_whole
from claudemock.api.upload import take_upload
from claudemock.engine.attached import expired
from claudemock.files.record import StoredFile
from claudemock.files.shelf import UnknownFileError
from claudemock.journal import Exchange
from claudemock.wire.errors import invalid_request, not_found
from claudemock.world import Scope, World

_OLD_BETA = "files-api-2025-04-14"
_CHUNK = 262_144  # bytes of a content that are sent at once
_JOURNALLED = 65_536  # bytes of a content that the journal keeps
_MOST_IDS = 100


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
            now = place.clock.now()
            stored = await take_upload(receive, exchange, place.files, limit=self._limit, now=now)
            await _answer(send, self._headers, exchange, place, stored.to_json(old_shape=old))
        else:
            listing = _Listing(place, exchange)
            page = listing.old_page() if old else listing.page()
            await _answer(send, self._headers, exchange, place, page)


class File:
    """GET and DELETE /v1/files/{id}, and GET /v1/files/{id}/content."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        admit_request(self._world, place, exchange, "files")
        name, now = scope["path_params"]["file_id"], place.clock.now()
        file = place.files.get(exchange.workspace, name, now)
        if file is None:
            raise not_found(f"File not found: {name}")
        if exchange.path.endswith("/content"):
            if file.expired(now):
                raise expired(name)
            if not file.downloadable:
                raise invalid_request(f"File '{file.id}' is not downloadable", error_code="file_not_downloadable")
            await self._download(file, exchange, place, receive, send)
        elif scope["method"] == "DELETE":
            if not place.files.remove(file):
                raise not_found(f"File not found: {name}")
            await _answer(send, self._headers, exchange, place, {"id": file.id, "type": "file_deleted"})
        else:
            shown = file.to_json(old_shape=_OLD_BETA in exchange.betas)
            await _answer(send, self._headers, exchange, place, shown)

    async def _download(self, file: StoredFile, exchange: Exchange, place: Scope, receive: Receive, send: Send) -> None:
        """Send the content piece by piece, until it is sent or the client has hung up."""
        try:
            content = place.files.open(file)
        except FileNotFoundError:
            raise not_found(f"File not found: {file.id}") from None
        exchange.kept = _JOURNALLED
        with content:
            extra = b"content-disposition: attachment; filename*=utf-8''%b\r\n" % quote(file.filename, safe="").encode()
            headers = self._headers.success(exchange, place, file.mime_type.encode("latin-1"), file.size, named=extra)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            gone = asyncio.ensure_future(hung_up(receive))
            try:
                left = file.size
                while not gone.done():
                    piece = content.read(_CHUNK)
                    left -= len(piece)
                    await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
                    if left <= 0 or not piece:
                        return
                    await asyncio.sleep(0)  # a large content must not keep others waiting
            finally:
                gone.cancel()
                with suppress(asyncio.CancelledError):
                    await gone


async def _answer(send: Send, headers: Headers, exchange: Exchange, place: Scope, body: dict[str, Any]) -> None:
    raw = orjson.dumps(body)
    await send_whole(send, 200, headers.success(exchange, place, b"application/json", len(raw)), raw)


class _Listing:
    """One page of a workspace's files, newest first."""

    def __init__(self, place: Scope, exchange: Exchange) -> None:
        self._shelf = place.files
        self._workspace = exchange.workspace
        self._now = place.clock.now()
        self._parameters = parse_query(exchange.query)
        self._limit = limit_of(self._parameters)

    def page(self) -> dict[str, Any]:
        """By `page` cursor, or those of `ids`. Sessions (beta, `scope_id`) are not emulated: they have no files."""
        if "ids" in self._parameters:
            return {"data": [file.to_json() for file in self._picked()], "next_page": None}
        if one(self._parameters, "scope_id") is not None:
            return {"data": [], "next_page": None}
        cursor = one(self._parameters, "page")
        if cursor is not None and not cursor.startswith("page_"):
            raise invalid_request("page: not a cursor of this endpoint")
        files = self._after(
            None if cursor is None else cursor.removeprefix("page_"), "page: not a cursor of this endpoint"
        )
        more = len(files) > self._limit
        page = files[: self._limit]
        return {"data": [file.to_json() for file in page], "next_page": f"page_{page[-1].id}" if more else None}

    def old_page(self) -> dict[str, Any]:
        """By the id of the file before or after the page, as the old beta has it."""
        after, before = one(self._parameters, "after_id"), one(self._parameters, "before_id")
        if before is None:
            files = self._after(after, f"File not found: {after}")
            page = files[: self._limit]
        else:
            try:
                files = self._shelf.newer(self._workspace, self._now, than=before, limit=self._limit + 1)
            except UnknownFileError:
                raise invalid_request(f"File not found: {before}") from None
            page = files[-self._limit :]
        return {
            "data": [file.to_json(old_shape=True) for file in page],
            "has_more": len(files) > self._limit,
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }

    def _after(self, cursor: str | None, refusal: str) -> list[StoredFile]:
        """One file more than a page has, where there are as many."""
        try:
            return self._shelf.newest_first(self._workspace, self._now, after=cursor, limit=self._limit + 1)
        except UnknownFileError:
            raise invalid_request(refusal) from None

    def _picked(self) -> list[StoredFile]:
        wanted = dict.fromkeys(self._parameters["ids"])
        if "page" in self._parameters or "limit" in self._parameters:
            raise invalid_request("ids: cannot be combined with page or limit")
        if len(wanted) > _MOST_IDS:
            raise invalid_request(f"ids: List should have at most {_MOST_IDS} items after validation")
        found = (self._shelf.get(self._workspace, name, self._now) for name in wanted)
        return sorted((file for file in found if file is not None), key=lambda file: -file.number)
