"""The control API under /_mock: arm replies, read exchanges, turn the clock, reset. JSON in, JSON out.

A scope prefix (`/s/<scope>/_mock/…`) or a mock key selects the scope; without either it is `default`.
"""

import asyncio
import math
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson

from claudemock.api.asgi import AsgiScope, Receive, Send, carried
from claudemock.api.body import parse_json, read_body
from claudemock.api.query import one, parse_query
from claudemock.api.respond import plain_headers, send_whole
from claudemock.clock import rfc3339
from claudemock.control.filters import Filters
from claudemock.control.showing import shown
from claudemock.journal import Exchange
from claudemock.script.spec import ScriptError, no_field, parse_reply
from claudemock.version import package_version
from claudemock.wire.errors import invalid_request, not_found
from claudemock.world import Scope, World

_LONGEST_WAIT = 80.0  # seconds; below what the client waits for an answer
Answer = tuple[int, Any]
Handler = Callable[[World, Scope, Exchange, Any], Awaitable[Answer]]


class Control:
    """Runs one control handler: reads the JSON body, sends the JSON answer."""

    def __init__(self, world: World, **handlers: Handler) -> None:
        self._world = world
        self._handlers = handlers  # by lower-case method

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        body = await read_body(receive, exchange, self._world.settings.limits.control)
        data = parse_json(body) if body else None
        for identifier in scope["path_params"].values():
            data = identifier
        method = "get" if scope["method"] == "HEAD" else scope["method"].lower()
        status, answer = await self._handlers[method](self._world, place, exchange, data)
        raw = orjson.dumps(answer)
        await send_whole(send, status, plain_headers(len(raw)), raw)


async def health(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET health."""
    return 200, {"status": "ok", "version": package_version(), "pid": os.getpid(), "scope": place.name}


async def reset(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST reset: the scope is as if it had never been used."""
    world.reset(place.name)
    return 200, {"reset": place.name}


async def add_replies(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST replies: `{"replies": [REPLY…], "strict"?: bool}`. All are armed, or none if one is wrong."""
    if not isinstance(data, dict) or not isinstance(data.get("replies", []), list):
        raise invalid_request('replies: the body is {"replies": [REPLY, …], "strict"?: true | false}')
    for key in data:
        if key not in ("replies", "strict"):
            raise invalid_request(f"{key}: {no_field(key, ('replies', 'strict'))}")
    strict = data.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise invalid_request("strict: Input should be a valid boolean")
    try:
        specs = [parse_reply(item, ("replies", number)) for number, item in enumerate(data.get("replies", []))]
    except ScriptError as error:
        raise invalid_request(str(error)) from None
    if strict is not None:
        place.script.strict = strict
    return 201, {"ids": place.script.add(specs)}


async def get_replies(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET replies: what is armed, in the order it is tried."""
    return 200, {"replies": [entry.to_json() for entry in place.script], "strict": place.script.strict}


async def delete_replies(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """DELETE replies: back to what the script files say."""
    place.script.clear()
    return 200, {"replies": []}


async def get_exchanges(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET exchanges, filtered by path, status, model, scope, after, limit."""
    filters = Filters.parse(parse_query(exchange.query), place.name)
    return 200, _listing(world, filters, filters.apply(world.journal))


async def get_exchange(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET exchanges/ID."""
    found = world.journal.find(lambda entry: entry.id == data and entry.scope == place.name, limit=1)
    if not found:
        raise not_found(f"Exchange not found: {data}")
    return 200, shown(world, found)[0]


async def wait_exchanges(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET exchanges/wait: answers once `count` (default 1) finished exchanges fit, or `timeout` seconds are over.

    `timeout` is 10 unless given, and 80 at most.
    """
    parameters = parse_query(exchange.query)
    filters = Filters.parse(parameters, place.name, besides=("count", "timeout"))
    count = int(_number(one(parameters, "count"), "count", 1, 1_000_000))
    timeout = _number(one(parameters, "timeout"), "timeout", 10, _LONGEST_WAIT)
    ended = asyncio.Event()
    stop = world.journal.listen(ended.set)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    try:
        while True:
            ended.clear()
            found = [entry for entry in filters.apply(world.journal) if entry.ended is not None]
            left = deadline - loop.time()
            if len(found) >= count or left <= 0:
                return 200, _listing(world, filters, found) | {"complete": len(found) >= count}
            try:
                await asyncio.wait_for(ended.wait(), min(left, world.journal.poll or left))
            except TimeoutError:
                continue
    finally:
        stop()


async def get_costs(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET costs of this scope, of `scope=NAME`, or of all with `scope=*`."""
    asked = one(parse_query(exchange.query), "scope") or place.name
    return 200, world.costs.to_json(None if asked == "*" else asked)


async def get_clock(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """GET clock."""
    return 200, _clock(place)


async def set_clock(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST clock: `{"advance": seconds}`, `{"set": RFC 3339}`, `{"freeze": bool}`, in one body or several.

    `{"slept": seconds}` advances it too, and notes with the exchange that ended last that its client slept.
    """
    if not isinstance(data, dict) or not data or not set(data) <= {"advance", "set", "freeze", "slept"}:
        raise invalid_request('clock: the body is {"advance": seconds}, {"set": RFC 3339 time} or {"freeze": bool}')
    instant = None if "set" not in data else _instant(data["set"])
    freeze = data.get("freeze")
    for key in ("advance", "slept"):
        seconds = data.get(key)
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
            raise invalid_request(f"{key}: Input should be a valid number")
    if freeze is not None and not isinstance(freeze, bool):
        raise invalid_request("freeze: Input should be a valid boolean")
    for key in ("advance", "slept"):
        try:
            place.clock.advance(data.get(key) or 0)
        except ValueError as error:
            raise invalid_request(f"{key}: {error}") from None
    if data.get("slept") is not None:
        world.journal.slept(place.name, data["slept"])
    if freeze is not None:
        place.clock.freeze(freeze)
    if instant is not None:
        place.clock.set(instant)
    return 200, _clock(place)


def _clock(place: Scope) -> dict[str, Any]:
    return {"now": rfc3339(place.clock.now(), places=6), "frozen": place.clock.frozen}


def _instant(text: Any) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2200:
        raise invalid_request(f"set: not an RFC 3339 time with a zone between 1970 and 2200: {str(text)[:60]!r}")
    return moment.timestamp()


def _number(text: str | None, name: str, default: float, most: float) -> float:
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise invalid_request(f"{name}: Input should be a number from 0 to {most:g}")
    return value


def _listing(world: World, filters: Filters, found: list[Exchange]) -> dict[str, Any]:
    dropped = world.journal.dropped(filters.scope)
    return {"exchanges": shown(world, found), "dropped": dropped}
