"""Every failure becomes the API's error envelope; after a stream's first byte, an `event: error`."""

import sys
import traceback

import orjson
from starlette.exceptions import HTTPException

from claudemock.api.asgi import App, AsgiScope, HeaderBlock, Receive, Send, carried
from claudemock.api.body import ClientGoneError
from claudemock.api.respond import Headers, identify, send_whole
from claudemock.ids import digest, make_id
from claudemock.journal import Exchange
from claudemock.store.base import StoreError
from claudemock.wire.errors import ApiError, not_found
from claudemock.world import Scope, World


class Problems:
    """Answers what the layers inside raise."""

    def __init__(self, app: App, world: World) -> None:
        self._app = app
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await self._app(scope, receive, send)
            return
        except ClientGoneError:
            return
        except ApiError as raised:
            error = raised
        except HTTPException as raised:
            error = _of_http(raised)
        except StoreError as raised:
            error = unkept(raised)
        except Exception:  # noqa: BLE001 - the last resort: a defect of ours must still be answered in the API's shape
            traceback.print_exc(file=sys.stderr)
            error = ApiError(500, "api_error", "Internal server error")
        exchange, place = carried(scope)
        if exchange.ended is None:
            await self._say(send, exchange, place, error)

    async def _say(self, send: Send, exchange: Exchange, place: Scope, error: ApiError) -> None:
        body = orjson.dumps(error.envelope(_identified(exchange, place)))
        if exchange.response_start_ms is None:
            await send_whole(send, error.status, self._headers.error(exchange, place, error, len(body)), body)
        elif any(name == b"content-type" and b"event-stream" in value for name, value in exchange.response_headers):
            await send({"type": "http.response.body", "body": b"event: error\ndata: %b\n\n" % body})
        else:  # what is behind the first bytes of anything else would be taken for a part of it
            await send({"type": "claudemock.hang_up", "hang_up": "cut"})


def unkept(failure: StoreError) -> ApiError:
    """What a request is answered whose state cannot be kept or read: nothing of it has happened. Noted on stderr."""
    sys.stderr.write(f"claudemock: {failure}\n")
    if failure.busy:
        return ApiError(529, "overloaded_error", f"claudemock: {failure}")
    return ApiError(500, "api_error", f"claudemock: {failure}")


async def refuse_unopened(send: Send, scope: AsgiScope, error: ApiError) -> None:
    """Answer a request that not even an exchange could be opened for."""
    name = make_id("req", digest(scope["method"].encode(), scope["path"].encode("utf-8", "replace")))
    body = orjson.dumps(error.envelope(name))
    again = b"true" if error.status == 529 else b"false"
    lines = (
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        b"x-should-retry: %b" % again,
        b"request-id: %b" % name.encode(),
    )
    await send_whole(send, error.status, HeaderBlock(b"".join(b"%b\r\n" % line for line in lines), len(body)), body)


def _identified(exchange: Exchange, place: Scope) -> str:
    """The request's id, also when it cannot be counted how often the same one was seen."""
    try:
        return identify(exchange, place)
    except StoreError:
        exchange.source = digest(exchange.path.encode("utf-8", "replace"), exchange.body)
        exchange.request_id = make_id("req", exchange.source)
        return exchange.request_id


def _of_http(error: HTTPException) -> ApiError:
    """What the router says, in the API's shape."""
    if error.status_code == 405:
        return ApiError(405, "invalid_request_error", "Method Not Allowed", headers=dict(error.headers or {}))
    return not_found("Not found")
