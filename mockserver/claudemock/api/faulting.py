"""Where armed faults act: instead of the endpoint, among a stream's events, and on the bytes that are sent.

Only requests of scopes with an armed fault, and those that bring one along in `x-claudemock-fault`, come this way.
"""

import time
from functools import cache
from itertools import takewhile
from typing import Any

import orjson

from claudemock.api.again import Again, large_identity
from claudemock.api.asgi import App, AsgiScope, HeaderBlock, Receive, Send, carried
from claudemock.api.body import read_body
from claudemock.api.problems import Problems
from claudemock.api.respond import identify, send_whole
from claudemock.api.wired import Wired
from claudemock.engine.stream import Event, encode
from claudemock.faults.base import Page, Strike, Target
from claudemock.faults.book import Asked, meant
from claudemock.faults.spec import parse_faults
from claudemock.ids import digest
from claudemock.journal import Exchange
from claudemock.script.match import Facts
from claudemock.script.spec import ScriptError
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.parse import parse_messages
from claudemock.world import Scope, World

FAULT_HEADER = b"x-claudemock-fault"
_COUNTED = frozenset({"nth", "first_of_conversation", "for_seconds"})  # what has no meaning within one request
_BATCHES = "/v1/messages/batches"
_TARGET = "claudemock.fault_target"


class Faulting:
    """Lets faults have their say; without one meant for a request it is served as ever."""

    def __init__(self, app: App, world: World) -> None:
        self._app = app
        self._world = world
        self._served = Problems(self._answer, world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        again = Again(receive)
        try:
            await self._serve(scope, receive, again, send)
        finally:
            again.close()

    async def _serve(self, scope: AsgiScope, receive: Receive, again: Again, send: Send) -> None:
        exchange, place = carried(scope)
        data, identity = await self._body(again, exchange)
        identify(exchange, place, identity)
        asked = _asked(exchange, data, digest(identity or exchange.body))
        strikes = [*_brought(place, exchange, asked), *place.faults.choose(asked, place.clock.now())]
        if not strikes:
            await self._app(scope, again, send)
            return
        exchange.faults = strikes
        scope[_TARGET] = target = self._target(exchange, data)
        exchange.model = target.model
        wired = Wired(send, receive, place, exchange)
        try:
            await self._served(scope, again, wired)
        finally:
            place.faults.settle(strikes)

    async def _body(self, again: Again, exchange: Exchange) -> tuple[Any, bytes | None]:
        """The request's JSON, read ahead of the endpoint, and what stands for its body; None where there is neither.

        A batch is not looked into: it may be too large to be held, and no fault asks for what is in it.
        """
        kind = exchange.header(b"content-type") or ""
        if exchange.method != "POST" or "json" not in kind:
            return None, None
        limits = self._world.settings.limits
        if exchange.path == _BATCHES:
            return None, await again.batch(exchange, limits.batches)
        body = await read_body(again.record, exchange, limits.messages)
        try:
            return orjson.loads(body), large_identity(exchange)
        except ValueError:
            return None, large_identity(exchange)

    async def _answer(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        exchange, _ = carried(scope)
        for strike in meant(exchange.faults, "request"):
            answer = strike.fault.on_request(scope[_TARGET])
            if isinstance(answer, ApiError):
                strike.sent = f"{answer.status} {answer.type}"
                raise answer
            if answer is not None:
                strike.sent = f"{answer.status} {answer.headers.get('content-type', '')}".rstrip()
                await _send_page(send, answer)
                return
        await self._app(scope, receive, send)

    def _target(self, exchange: Exchange, data: Any) -> Target:
        named = data.get("model") if isinstance(data, dict) else None
        model = self._world.catalog.resolve(named, self._world.settings.models) if isinstance(named, str) else None
        return Target(
            request_id=exchange.request_id or "",
            organization=self._world.organization,
            model=model.id if model is not None else named if isinstance(named, str) else None,
            now=exchange.started_at,
            wall=time.time(),
        )


def altered(events: list[Event], exchange: Exchange, target: Target) -> list[Event]:
    """The events of a stream after its faults, which are noted as sent; what was meant is kept in the exchange."""
    changed = events
    for strike in meant(exchange.faults, "events"):
        before, changed = changed, list(strike.fault.on_events(changed, target))
        alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, changed, strict=False)))
        strike.sent = f"changed after {alike} events: {len(changed)} instead of {len(before)}"
    exchange.intended = b"".join(encode(events, b"", padding=False))
    return changed


def target_of(scope: AsgiScope) -> Target:
    """What the faults of this request act on."""
    target: Target = scope[_TARGET]
    return target


def _asked(exchange: Exchange, data: Any, body: bytes) -> Asked:
    first = data["messages"][0] if isinstance(data, dict) and _filled(data.get("messages")) else None
    opening = None if first is None else orjson.dumps([data.get("model"), data.get("system"), first])
    messages = exchange.path == "/v1/messages" and isinstance(data, dict)

    @cache
    def facts() -> Facts | None:
        if not messages:
            return None
        try:
            request = parse_messages(data, version=exchange.version, betas=exchange.betas)
        except ApiError:
            return None
        return Facts(request, exchange.named, exchange.workspace)

    return Asked(
        path=exchange.path,
        stream=messages and data.get("stream") is True,
        source=exchange.source or b"",
        body=body,
        conversation=None if opening is None else digest(exchange.workspace.encode(), opening),
        facts=facts,
    )


def _filled(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _brought(place: Scope, exchange: Exchange, asked: Asked) -> list[Strike]:
    """Faults the request itself asks for. Raises 400 for those that cannot be read."""
    header = exchange.named.get(FAULT_HEADER)
    if header is None:
        return []
    try:
        specs = parse_faults(header.decode("latin-1"))
        for number, spec in enumerate(specs):
            counted = sorted(_COUNTED & spec.arming.model_fields_set)
            if counted:
                raise ScriptError(f"{counted[0]} counts requests; arm the fault instead of sending it along", (number,))
    except ScriptError as error:
        raise invalid_request(f"claudemock: {FAULT_HEADER.decode()}: {error}") from None
    return place.faults.along(specs, header, asked, place.clock.now())


async def _send_page(send: Send, page: Page) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in page.headers.items())
    length = len(page.body)
    raw = f"{lines}content-length: {length}\r\n".encode("latin-1")
    await send_whole(send, page.status, HeaderBlock(raw, length), page.body)
