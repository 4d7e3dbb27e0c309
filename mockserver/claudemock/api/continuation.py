"""What a thread's turn leaves behind, which depends on whether all of its answer was sent."""

from collections.abc import Mapping
from typing import Any, Self

import orjson

from claudemock.api.answers import Answer
from claudemock.engine.message import Turn
from claudemock.journal import Exchange
from claudemock.world import Scope, World


class Continuation:
    """An answer of a thread being sent. Nobody else continues from where it does until that is over."""

    def __init__(self, world: World, place: Scope, exchange: Exchange, turn: Turn, answer: Answer) -> None:
        self._world = world
        self._threads = place.threads
        self._workspace = exchange.workspace
        self._body: Mapping[str, Any] = orjson.loads(exchange.body)
        self._whole = turn.whole or {}
        self._message = answer.message
        self._broken = any(strike.breaks for strike in exchange.faults)
        self._threads.continuing(self._body, now=True)

    @classmethod
    def of(cls, world: World, place: Scope, exchange: Exchange, turn: Turn, answer: Answer) -> Self | None:
        """None for what is no thread's. An answer that is neither paced nor broken by a fault is as good as sent."""
        if turn.whole is None:
            return None
        made = cls(world, place, exchange, turn, answer)
        if made._broken or (turn.request.stream and turn.reply.pacing is not None):
            return made
        made._keep()
        return None

    def complete(self) -> None:
        """The answer can be continued. Said before the last bytes leave: who has them finds the thread as it is now."""
        if not self._broken:
            with self._world.step():
                self._keep()

    def end(self) -> None:
        """Sending is over; what broke off uses nothing up and can be continued from where it began."""
        with self._world.step():
            self._threads.continuing(self._body, now=False)

    def _keep(self) -> None:
        self._threads.keep(self._body, self._whole, self._workspace, self._message)
