"""What the machine and the frame give before any of our work: a bare Starlette route on the same uvicorn.

`python -m tests.bench.floor BODY EVENTS` answers every POST /v1/messages with the bytes of the file BODY, and every
POST /stream with the events of the file EVENTS, one by one, as a straightforward streaming endpoint would. POST /parsed
parses the request's JSON and does nothing with it before it answers BODY.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from claudemock.serving import base_url, listen
from tests.meta.serving import READY

Endpoint = Callable[[Request], Awaitable[Response]]


def whole(body: bytes) -> Endpoint:
    """An endpoint that reads the request and returns `body`."""

    async def endpoint(request: Request) -> Response:
        await request.body()
        return Response(body, media_type="application/json")

    return endpoint


def parsed(body: bytes) -> Endpoint:
    """An endpoint that parses the request's JSON and returns `body`."""

    async def endpoint(request: Request) -> Response:
        orjson.loads(await request.body())
        return Response(body, media_type="application/json")

    return endpoint


def streamed(events: list[bytes]) -> Endpoint:
    """An endpoint that reads the request and streams `events`."""

    async def pieces() -> AsyncIterator[bytes]:
        for event in events:
            yield event

    async def endpoint(request: Request) -> Response:
        await request.body()
        return StreamingResponse(pieces(), media_type="text/event-stream")

    return endpoint


def main(body: Path, events: Path) -> None:
    """Serve until terminated; says `claudemock ready at …` like the server does, for one starter to fit both."""
    pieces = [piece + b"\n\n" for piece in events.read_bytes().split(b"\n\n") if piece]
    routes = [
        Route("/v1/messages", whole(body.read_bytes()), methods=["POST"]),
        Route("/parsed", parsed(body.read_bytes()), methods=["POST"]),
        Route("/stream", streamed(pieces), methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), http="httptools", lifespan="off", log_level="warning")
    config.access_log = False
    sock = listen("127.0.0.1", 0)
    sys.stdout.write(f"{READY}{base_url(sock)}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[sock])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
