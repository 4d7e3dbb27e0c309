"""POST /v1/messages, as one JSON body or as a stream."""

import asyncio
from contextlib import suppress
from typing import NamedTuple

from claudemock.api.account import Billing, settled_limits
from claudemock.api.answers import Answer, Answers
from claudemock.api.asgi import AsgiScope, HeaderBlock, Receive, Send, carried, gone_within, hung_up
from claudemock.api.body import read_body
from claudemock.api.continuation import Continuation
from claudemock.api.faulting import altered, target_of
from claudemock.api.pages import may_cite_pdf, read_ahead
from claudemock.api.respond import Headers, identify
from claudemock.api.turn import Intake, Look, unread
from claudemock.engine.limits import HeaderPairs
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
        if may_cite_pdf(unread(exchange, look)):
            await read_ahead(self._world, place, exchange)
        made = self._make(exchange, place, look)
        headers = self._success(exchange, place, made)
        try:
            if made.turn.request.stream:
                sequence = made.answer.events(made.message_id)
                if exchange.faults:
                    sequence = altered(sequence, exchange, target_of(scope))
                await self._begin(send, headers, exchange, place, made)
                await self._stream(place, made, sequence, receive, send)
            elif made.turn.reply.pacing is None or not await _gone_meanwhile(receive, place, made):
                await self._begin(send, headers, exchange, place, made)
                await send({"type": "http.response.body", "body": made.body, "more_body": False})
        finally:
            if made.thread is not None:
                made.thread.end()

    def _make(self, exchange: Exchange, place: Scope, look: Look | None) -> "_Made":
        """The answer, and all that making it changes. Raises `ApiError`."""
        with self._world.step():
            identify(exchange, place, None if look is None else look[0].digest)
            assert exchange.source is not None  # noqa: S101 - identify has just set it
            turn = self._intake.turn(place, exchange, exchange.source, look)
            exchange.open = not turn.request.mcp_servers
            answer, message_id = self._answers.of(turn)
            exchange.usage = answer.usage
            self._billing.charge(exchange, turn, answer.message)
            late = bool(exchange.faults) or (turn.reply.pacing is not None and not turn.request.stream)
            if not late:
                _commit(exchange, place, turn, answer)
            thread = Continuation.of(self._world, place, exchange, turn, answer)
            return _Made(turn, answer, message_id, settled_limits(place, turn, answer.message), thread, late)

    def _success(self, exchange: Exchange, place: Scope, made: "_Made") -> HeaderBlock:
        if made.turn.request.stream:
            return self._headers.success(exchange, place, _EVENT_STREAM, None, made.limits)
        return self._headers.success(exchange, place, b"application/json", len(made.body), made.limits)

    async def _begin(self, send: Send, headers: HeaderBlock, exchange: Exchange, place: Scope, made: "_Made") -> None:
        """Send the headers. What the request wrote to the cache can be read once they are out."""
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if made.late and exchange.response_start_ms is not None:
            with self._world.step():
                _commit(exchange, place, made.turn, made.answer)

    async def _stream(self, place: Scope, made: "_Made", sequence: list[Event], receive: Receive, send: Send) -> None:
        padding = self._world.settings.padding
        if made.turn.reply.pacing is None:
            await _all_at_once(send, b"".join(encode(sequence, made.turn.source, padding=padding)))
        else:
            await _paced(send, receive, place, sequence, made, padding)


class _Made(NamedTuple):
    """A request's answer. `late`: something is to happen before its response begins."""

    turn: Turn
    answer: Answer
    message_id: str
    limits: HeaderPairs | None
    thread: Continuation | None
    late: bool

    @property
    def body(self) -> bytes:
        """The JSON body."""
        return self.answer.body(self.message_id)


def _commit(exchange: Exchange, place: Scope, turn: Turn, answer: Answer) -> None:
    """The response begins: what the request wrote to the prompt cache can be read."""
    if turn.plan is not None:
        place.caches.of(exchange.workspace).commit(turn.plan, place.clock.now(), answer.message["content"])


async def _gone_meanwhile(receive: Receive, place: Scope, made: _Made) -> bool:
    """Take the time a paced reply takes to be made; says whether the client hung up."""
    pacing, output = made.turn.reply.pacing or Pacing(), made.answer.message["usage"]["output_tokens"]
    spent = output / pacing.tokens_per_second if pacing.tokens_per_second else 0.0
    seconds = place.clock.pause((pacing.first_token_ms or 0) / 1000 + spent)
    return seconds > 0 and await gone_within(receive, seconds)


async def _all_at_once(send: Send, raw: bytes) -> None:
    """Without pacing events share writes: one for a short stream, one per 64 kB for a long one."""
    for start in range(0, len(raw) - _WRITE, _WRITE):
        await send({"type": "http.response.body", "body": raw[start : start + _WRITE], "more_body": True})
    rest = raw if len(raw) <= _WRITE else raw[(len(raw) - 1) // _WRITE * _WRITE :]
    await send({"type": "http.response.body", "body": rest, "more_body": False})


async def _paced(send: Send, receive: Receive, place: Scope, sequence: list[Event], made: _Made, padding: bool) -> None:
    """Each event by itself, at its time on the scope's clock; stops when the client hangs up."""
    gone = asyncio.ensure_future(hung_up(receive))
    try:
        waits = _waits(sequence, made.turn.reply.pacing or Pacing())
        last = len(sequence) - 1
        for number, piece in enumerate(encode(sequence, made.turn.source, padding=padding)):
            seconds = place.clock.pause(waits[number])
            if seconds > 0:
                await asyncio.wait({gone}, timeout=seconds)
            if gone.done():
                return
            if made.thread is not None and number == last:
                made.thread.complete()
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
