"""POST /v1/messages, as one JSON body or as a stream."""

import asyncio
from contextlib import suppress

import orjson

from claudemock.api.account import Billing, settled_limits
from claudemock.api.answers import Answer, Answers
from claudemock.api.asgi import AsgiScope, HeaderBlock, Receive, Send, carried, hung_up
from claudemock.api.body import read_body
from claudemock.api.faulting import altered, target_of
from claudemock.api.respond import Headers, identify, send_whole
from claudemock.api.turn import Intake
from claudemock.engine.message import Turn
from claudemock.engine.reply import Pacing
from claudemock.engine.stream import Event, encode
from claudemock.journal import Exchange
from claudemock.world import Scope, World

_EVENT_STREAM = b"text/event-stream; charset=utf-8"
_WRITE = 65_536  # bytes after which an unpaced stream is written


class Messages:
    """The endpoint."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers = Headers(world)
        self._intake = Intake(world)
        self._billing = Billing(world)
        self._answers = Answers()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        await read_body(receive, exchange, self._world.settings.limits.messages)
        look = self._intake.look(exchange)
        with self._world.step():
            identify(exchange, place, None if look is None else look[0].digest)
            assert exchange.source is not None  # noqa: S101 - identify has just set it
            turn = self._intake.turn(place, exchange, exchange.source, look)
            exchange.open = not turn.request.mcp_servers
            answer, message_id = self._answers.of(turn)
            exchange.usage = answer.usage
            self._billing.charge(exchange, turn, answer.message)
            _remember(exchange, place, turn, answer)
            limits = settled_limits(place, turn, answer.message)
        if turn.request.stream:
            headers = self._headers.success(exchange, place, _EVENT_STREAM, None, limits)
            sequence = answer.events(message_id)
            if exchange.faults:
                sequence = altered(sequence, exchange, target_of(scope))
            await self._stream(place, turn, sequence, headers, receive, send)
            return
        raw = answer.body(message_id)
        headers = self._headers.success(exchange, place, b"application/json", len(raw), limits)
        await send_whole(send, 200, headers, raw)

    async def _stream(
        self, place: Scope, turn: Turn, sequence: list[Event], headers: HeaderBlock, receive: Receive, send: Send
    ) -> None:
        padding = self._world.settings.padding
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if turn.reply.pacing is None:
            await _all_at_once(send, b"".join(encode(sequence, turn.source, padding=padding)))
        else:
            await _paced(send, receive, place, sequence, turn, padding)


def _remember(exchange: Exchange, place: Scope, turn: Turn, answer: Answer) -> None:
    """What the request leaves behind: entries in the prompt cache, the state of its thread."""
    if turn.plan is not None:
        place.caches.of(exchange.workspace).commit(turn.plan, exchange.started_at, answer.message["content"])
    if turn.whole is not None:
        place.threads.keep(orjson.loads(exchange.body), turn.whole, exchange.workspace, answer.message)


async def _all_at_once(send: Send, raw: bytes) -> None:
    """Without pacing events share writes: one for a short stream, one per 64 kB for a long one."""
    for start in range(0, len(raw) - _WRITE, _WRITE):
        await send({"type": "http.response.body", "body": raw[start : start + _WRITE], "more_body": True})
    rest = raw if len(raw) <= _WRITE else raw[(len(raw) - 1) // _WRITE * _WRITE :]
    await send({"type": "http.response.body", "body": rest, "more_body": False})


async def _paced(send: Send, receive: Receive, place: Scope, sequence: list[Event], turn: Turn, padding: bool) -> None:
    """Each event by itself, at its time on the scope's clock; stops when the client hangs up."""
    gone = asyncio.ensure_future(hung_up(receive))
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
