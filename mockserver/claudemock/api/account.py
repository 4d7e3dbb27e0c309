"""What an account sees of a request: rate limits before it runs, its cost afterwards."""

from collections.abc import Mapping
from typing import Any

from claudemock.catalog import Model
from claudemock.engine.cost import Cost, Line, Tokens, cost_of, is_billed, tokens_of
from claudemock.engine.limits import Admitted, HeaderPairs, Refused
from claudemock.engine.message import Turn
from claudemock.engine.tiers import Endpoint
from claudemock.journal import Exchange
from claudemock.recent import Recent
from claudemock.world import Scope, World

_DAY = 86_400  # seconds; prices change by the day
_FREE = Cost()
_FREE_LINE = Line.of(Tokens(), _FREE)


def admit(
    world: World,
    place: Scope,
    exchange: Exchange,
    model: Model,
    input_tokens: int,
    *,
    cached: int,
    speed: str | None,
) -> Admitted | None:
    """Let a message request pass its limits, where `cached` tokens do not count; None without a tier. Raises 429."""
    if place.limiter is None:
        return None
    answer = place.limiter.admit(
        model, place.clock.now(), input_tokens, cached=cached, speed=speed, workspace=exchange.workspace
    )
    if isinstance(answer, Refused):
        raise answer.error(world.organization)
    return answer


def admit_request(world: World, place: Scope, exchange: Exchange, endpoint: Endpoint, model: str = "") -> None:
    """The same for an endpoint whose requests alone are limited. Raises 429."""
    if place.limiter is None:
        return
    now = place.clock.now()
    with world.step():
        refused = place.limiter.admit_request(endpoint, now, workspace=exchange.workspace, model=model)
    if refused is not None:
        raise refused.error(world.organization)


class Billing:
    """Writes what replies cost into their exchanges and the ledger. Equal usage on one day costs the same."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._recent: Recent[tuple[bytes | None, str, float], tuple[Cost | None, Line]] = Recent(room=200_000)

    def charge(self, exchange: Exchange, turn: Turn, message: Mapping[str, Any]) -> None:
        """Charge one reply; a refusal before any output is free."""
        cost, line = self._priced(exchange, turn, message["usage"]) if is_billed(message) else (_FREE, _FREE_LINE)
        exchange.cost = cost
        self._world.costs.add(exchange.scope, exchange.workspace, turn.model.id, line)

    def _priced(self, exchange: Exchange, turn: Turn, usage: Mapping[str, Any]) -> tuple[Cost | None, Line]:
        if "service_tier" not in usage:  # behind a compaction that pauses, usage has tokens and nothing else
            request = turn.request
            terms = {"service_tier": turn.service_tier, "inference_geo": request.inference_geo, "speed": request.speed}
            return self._price(turn, {**terms, **usage})
        key = (exchange.usage, turn.model.id, turn.now // _DAY)
        known = self._recent.get(key)
        if known is None:
            known = self._price(turn, usage)
            self._recent.put(key, known, len(exchange.usage or b""))
        return known

    def _price(self, turn: Turn, usage: Mapping[str, Any]) -> tuple[Cost | None, Line]:
        cost = cost_of(usage, turn.model, turn.now, self._world.catalog.price_factors)
        return cost, Line.of(tokens_of(usage), cost)


def settled_limits(place: Scope, turn: Turn, message: Mapping[str, Any]) -> HeaderPairs | None:
    """Take what the reply used; the limits its headers show, which for a stream are those before its output."""
    if place.limiter is None or turn.admitted is None:
        return None
    now, used = place.clock.now(), tokens_of(message["usage"])
    before = place.limiter.headers(turn.admitted, now) if turn.request.stream else None
    fresh = used.prompt - used.read  # also what the model read again after the API's own tools
    place.limiter.settle(turn.admitted, now, used.output, cached=turn.admitted.input_tokens - fresh)
    return before or place.limiter.headers(turn.admitted, now)
