"""Sending with wire faults in between: waits, slices, hang-ups."""

import asyncio
from collections.abc import Iterator

from claudemock.api.asgi import HeaderBlock, Message, Receive, Send, gone_within
from claudemock.faults.base import ByteFilter, End, Pause, Step, Strike
from claudemock.faults.book import meant
from claudemock.journal import Exchange
from claudemock.world import Scope

_PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_LONG = 3600.0  # seconds


class Wired:
    """An ASGI `send` with the wire faults of one exchange in it; after a hang-up it sends nothing more."""

    def __init__(self, send: Send, receive: Receive, place: Scope, exchange: Exchange) -> None:
        self._send = send
        self._receive = receive
        self._place = place
        self._exchange = exchange
        self._filters: list[tuple[Strike, ByteFilter]] = []
        self._sent = 0
        self._over = False
        self._keeps = False
        self._started = False

    async def __call__(self, message: Message) -> None:
        """Send one ASGI message, as far as the faults let it through."""
        if message["type"] == "http.response.body" and self._keeps:
            self._exchange.intended = (self._exchange.intended or b"") + message.get("body", b"")
        if self._over:
            return
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message.get("body", b""), last=not message.get("more_body", False))
        else:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        headers = message["headers"]
        length = headers.length if isinstance(headers, HeaderBlock) else None
        wire = meant(self._exchange.faults, "bytes")
        self._keeps = bool(wire) and self._exchange.intended is None
        self._filters = [(strike, strike.fault.on_bytes(length)) for strike in wire]
        for strike, each in self._filters:
            for step in each.before():
                await self._take(step, strike, last=False)
                if self._over:
                    return
        self._started = True
        await self._send(message)

    async def _body(self, piece: bytes, *, last: bool) -> None:
        if not self._filters:
            await self._send({"type": "http.response.body", "body": piece, "more_body": not last})
            return
        steps = self._steps(piece, last, 0)
        # the last bytes are known as such only when nothing follows, so one step is always held back
        held = next(steps, None)
        while held is not None and not self._over:
            following = next(steps, None)
            await self._take(*held, last=last and following is None)
            held = following

    def _steps(self, piece: bytes, last: bool, number: int) -> Iterator[tuple[Step, Strike | None]]:
        """What the filters from `number` on make of a piece, each step with the fault it comes from."""
        if number == len(self._filters):
            yield piece, None
            return
        strike, each = self._filters[number]
        made = each.feed(piece, last)
        held = next(made, None)
        while held is not None:
            following = next(made, None)
            if isinstance(held, bytes):
                if held is not piece:
                    strike.sent = strike.sent or "cut up"
                yield from self._steps(held, last and following is None, number + 1)
            else:
                yield held, strike
            held = following

    async def _take(self, step: Step, strike: Strike | None, *, last: bool) -> None:
        if isinstance(step, bytes):
            self._sent += len(step)
            await self._send({"type": "http.response.body", "body": step, "more_body": not last})
        elif isinstance(step, Pause):
            await self._pause(step, strike)
        else:
            await self._hang_up(step, strike)

    async def _hang_up(self, end: End, strike: Strike | None) -> None:
        self._over = True
        _note(strike, f"{end.how} after {self._sent} bytes of the body")
        await self._send({"type": "claudemock.hang_up", "hang_up": end.how})

    async def _pause(self, pause: Pause, strike: Strike | None) -> None:
        if pause.seconds == 0:
            await asyncio.sleep(0)
            return
        waited = "until the client hung up" if pause.seconds is None else f"{pause.seconds:g} s"
        if self._started and not self._sent:
            await self._send({"type": "http.response.body", "body": b"", "more_body": True})  # the headers go out
        _note(strike, f"paused {waited} after {self._sent} bytes of the body")
        left = pause.seconds
        while left is None or left > 0:
            portion = min(each for each in (left, pause.ping_every, _LONG) if each is not None)
            if left is not None:
                left -= portion
            real = portion if pause.seconds is None else self._place.clock.pause(portion)
            if real > 0 and await gone_within(self._receive, real):
                self._over = True
                return
            if pause.ping_every is not None and (left is None or left > 0):
                await self._send({"type": "http.response.body", "body": _PING, "more_body": True})


def _note(strike: Strike | None, what: str) -> None:
    if strike is not None:
        strike.sent = what
