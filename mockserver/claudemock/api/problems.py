"""Every failure becomes the API's error envelope; after a stream's first byte, an `event: error`."""

import sys
import traceback

import orjson
from starlette.exceptions import HTTPException

from claudemock.api.asgi import App, AsgiScope, Receive, Send, carried
from claudemock.api.body import ClientGoneError
from claudemock.api.respond import Headers, identify, send_whole
from claudemock.wire.errors import ApiError, not_found
from claudemock.world import World


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
        except Exception:  # noqa: BLE001 - the last resort: a defect of ours must still be answered in the API's shape
            traceback.print_exc(file=sys.stderr)
            error = ApiError(500, "api_error", "Internal server error")
        exchange, place = carried(scope)
        body = orjson.dumps(error.envelope(identify(exchange, place)))
        if exchange.response_start_ms is not None:
            await send({"type": "http.response.body", "body": b"event: error\ndata: %b\n\n" % body})
            return
        headers = self._headers.error(exchange, place, error, len(body))
        await send_whole(send, error.status, headers, body)


def _of_http(error: HTTPException) -> ApiError:
    """What the router says, in the API's shape."""
    if error.status_code == 405:
        return ApiError(405, "invalid_request_error", "Method Not Allowed", headers=dict(error.headers or {}))
    return not_found("Not found")
