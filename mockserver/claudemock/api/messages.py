"""POST /v1/messages, as one JSON body or as a stream."""

import asyncio
from contextlib import suppress
from typing import Any

import orjson

from claudemock.api.account import Billing, settled_limits
from claudemock.api.asgi import AsgiScope, Receive, Send, carried
from claudemock.api.body import read_body
from claudemock.api.respond import Headers, identify, send_whole
from claudemock.api.turn import Intake
from claudemock.engine.cache import Plan
from claudemock.engine.limits import HeaderPairs
from claudemock.engine.message import Turn, build_message
from claudemock.engine.reply import Pacing
from claudemock.engine.stream import Event, encode, events
from claudemock.journal import Exchange
from claudemock.world import Scope, World

_EVENT_STREAM = b"text/event-stream; charset=utf-8"
_COUNT_THINKING = "thinking-token-count-2026-05-13"
_WRITE = 65_536  # bytes after which an unpaced stream is written


class Messages:
    """The endpoint."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers = Headers(world)
        self._intake = Intake(world)
        self._billing = Billing(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        await read_body(receive, exchange, self._world.settings.limits.messages)
        identify(exchange, place)
        assert exchange.source is not None  # noqa: S101 - identify has just set it
        turn = self._intake.turn(place, exchange, exchange.source)
        message = build_message(turn)
        if turn.whole is not None:
            place.threads.keep(orjson.loads(exchange.body), turn.whole, exchange.workspace, message)
        if turn.plan is not None:
            _cache(exchange, place, turn, turn.plan, message)
        exchange.usage = orjson.dumps(message["usage"])
        self._billing.charge(exchange, turn, message)
        limits = settled_limits(place, turn, message)
        if turn.request.stream:
            await self._stream(exchange, place, turn, message, limits, receive, send)
            return
        raw = orjson.dumps(message)
        headers = self._headers.success(exchange, place, b"application/json", len(raw), limits)
        await send_whole(send, 200, headers, raw)

    async def _stream(
        self,
        exchange: Exchange,
        place: Scope,
        turn: Turn,
        message: dict[str, Any],
        limits: HeaderPairs | None,
        receive: Receive,
        send: Send,
    ) -> None:
        more = turn.billed_tokens != turn.input_tokens
        sequence = events(
            message,
            turn.source,
            chunk=turn.reply.chunk,
            count_thinking=_COUNT_THINKING in turn.betas,
            input_tokens=turn.input_tokens if more else None,
        )
        padding = self._world.settings.padding
        headers = self._headers.success(exchange, place, _EVENT_STREAM, None, limits)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if turn.reply.pacing is None:
            await _all_at_once(send, b"".join(encode(sequence, turn.source, padding=padding)))
        else:
            await _paced(send, receive, place, sequence, turn, padding)


def _cache(exchange: Exchange, place: Scope, turn: Turn, plan: Plan, message: dict[str, Any]) -> None:
    """What the request leaves in the prompt cache; and, if it asked, why it did not hit."""
    now = exchange.started_at
    if turn.request.diagnostics is not None:
        asked = turn.request.diagnostics.model_dump()
        remembered = place.diagnostics(exchange.workspace)
        message["diagnostics"] = remembered.answer(asked, plan.prompt, message["id"], turn.betas, now)
    place.caches.of(exchange.workspace).commit(plan, now, message["content"])


async def _all_at_once(send: Send, raw: bytes) -> None:
    """Without pacing events share writes: one for a short stream, one per 64 kB for a long one."""
    for start in range(0, len(raw) - _WRITE, _WRITE):
        await send({"type": "http.response.body", "body": raw[start : start + _WRITE], "more_body": True})
    rest = raw if len(raw) <= _WRITE else raw[(len(raw) - 1) // _WRITE * _WRITE :]
    await send({"type": "http.response.body", "body": rest, "more_body": False})


async def _paced(send: Send, receive: Receive, place: Scope, sequence: list[Event], turn: Turn, padding: bool) -> None:
    """Each event by itself, at its time on the scope's clock; stops when the client hangs up."""
    gone = asyncio.ensure_future(_hung_up(receive))
    try:
        waits = _waits(sequence, turn.reply.pacing or Pacing())
        last = len(sequence) - 1
        for number, piece in enumerate(encode(sequence, turn.source, padding=padding)):
            seconds = place.clock.pause(waits[number])
            if seconds > 0:
                await asyncio.wait({gone}, timeout=seconds)
            if gone.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": number < last})
    finally:
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _waits(sequence: list[Event], pacing: Pacing) -> list[float]:
    """Seconds to wait before each event: the first token's delay before the first delta, then the tokens' own time."""
    waits = []
    first = (pacing.first_token_ms or 0) / 1000
    per_token = 1 / pacing.tokens_per_second if pacing.tokens_per_second else 0.0
    for event in sequence:
        waits.append(first + event.tokens * per_token if event.tokens else 0.0)
        if event.tokens:
            first = 0.0
    return waits
