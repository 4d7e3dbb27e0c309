"""From a request body to the turn the engine answers: what was accepted, the cache, the limits, the reply."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from claudemock.api.accept import Accepted, accept, depends_on, go_on
from claudemock.api.account import admit
from claudemock.api.growing import LEAST, Body, Conversations, Opening
from claudemock.api.produced import with_produced
from claudemock.engine.cache import Plan
from claudemock.engine.checks.subject import Endpoint
from claudemock.engine.citations import QuoteNotFound, with_citations
from claudemock.engine.compaction import Compacted, is_compaction, summarised
from claudemock.engine.fallbacks import undecided
from claudemock.engine.message import Turn
from claudemock.engine.reply import Reply
from claudemock.ids import make_id
from claudemock.journal import Exchange
from claudemock.prompt.chain import Prompt
from claudemock.recent import Recent
from claudemock.script.book import Miss
from claudemock.script.default import default_reply, summary_of
from claudemock.script.match import Facts
from claudemock.wire.errors import ApiError
from claudemock.world import Scope, World

_ROOM = 8_000_000
_OVERHEAD = 5_000  # bytes that a small accepted request takes, measured

Look = tuple[Body, Opening[Accepted] | None]


def unread(exchange: Exchange, look: Look | None) -> bytes:
    """The part of a body that was not read with an earlier one."""
    return exchange.body if look is None or look[1] is None else look[1].rest


class Intake:
    """Reads requests for messages, and knows those it accepted lately by their bytes: retries send the same again."""

    def __init__(self, world: World, endpoint: Endpoint = "messages") -> None:
        self._world = world
        self._endpoint = endpoint
        self._recent: Recent[tuple[bytes, str, frozenset[str], str | None], Accepted] = Recent(room=_ROOM)
        self._conversations: Conversations[Accepted] = Conversations()
        self._unscripted: Recent[int, tuple[Accepted, Reply]] = Recent(room=_ROOM)

    def look(self, exchange: Exchange) -> Look | None:
        """What the bytes of a large body tell before it is read; None for a small one."""
        if len(exchange.body) < LEAST:
            return None
        return self._conversations.look(depends_on(exchange), exchange.body)

    def turn(
        self, place: Scope, exchange: Exchange, source: bytes, look: Look | None = None, custom_id: str | None = None
    ) -> Turn:
        """The turn for the exchange's body; `custom_id` is that of a batch's request. Raises `ApiError`."""
        accepted = self._accepted(place, exchange) if look is None else self._accepted_large(place, exchange, *look)
        request, model = accepted.request, accepted.model
        exchange.model, exchange.betas = model.id, accepted.betas
        plan = self._plan(place, exchange, accepted.prompt)
        read = plan.usage.read if plan is not None else 0
        batched, tokens = self._endpoint == "batch", accepted.input_tokens
        admitted = None  # a batch's requests were admitted with it
        if not batched:
            admitted = admit(self._world, place, exchange, model, tokens, cached=read, speed=request.speed)
        facts = Facts(request, exchange.named, exchange.workspace, custom_id)
        reply = _scripted(place, exchange, accepted, facts) or self._default(accepted, facts, len(exchange.body))
        reply = with_produced(reply, place, exchange.workspace, source)
        compacted = None
        if accepted.compact is not None:
            reply, compacted = self._compacted(exchange, accepted, reply)
        exchange.script = None if reply.source == "default" else reply.source
        return Turn(
            request=request,
            reply=reply,
            model=model,
            model_name=self._world.catalog.response_model(request.model),
            source=source,
            now=exchange.started_at,
            input_tokens=tokens,
            cited=accepted.cited,
            plan=plan,
            betas=accepted.betas,
            tokens=self._world.tokens,
            admitted=admitted,
            diagnostics=_diagnosed(place, exchange, accepted, plan, source),
            whole=accepted.whole,
            applied_edits=accepted.applied_edits,
            compacted=compacted,
            service_tier="batch" if batched else "standard",
        )

    def _accepted(self, place: Scope, exchange: Exchange) -> Accepted:
        key = (exchange.body, *depends_on(exchange))
        known = self._recent.get(key)
        if known is None:
            known = accept(self._world, place, exchange, self._endpoint)
            if known.counted is None:  # what a thread's turn stands for is not in its bytes, and no file's content is
                self._recent.put(key, known, 2 * len(exchange.body) + _OVERHEAD)
        return known

    def _accepted_large(
        self, place: Scope, exchange: Exchange, body: Body, opening: Opening[Accepted] | None
    ) -> Accepted:
        if opening is not None and not opening.rest:
            return opening.value
        known = None
        if opening is not None:
            with suppress(ApiError):  # refused below, with the places in the whole request
                known = go_on(self._world, place, exchange, opening)
        if known is None:
            known = accept(self._world, place, exchange)
        if known.counted is None:
            self._conversations.keep(depends_on(exchange), body, known, opening)
        return known

    def _default(self, accepted: Accepted, facts: Facts, size: int) -> Reply:
        """What is said without a script, which is made once for a request that comes again."""
        known = self._unscripted.get(id(accepted))
        if known is not None and known[0] is accepted:
            return known[1]
        reply = default_reply(accepted.request, facts, accepted.files)
        self._unscripted.put(id(accepted), (accepted, reply), 2 * size + _OVERHEAD)
        return reply

    def _compacted(self, exchange: Exchange, accepted: Accepted, reply: Reply) -> tuple[Reply, Compacted]:
        """What the reply says behind the summary, which is the reply's own first block or else made up."""
        assert accepted.compact is not None and accepted.counted is not None  # noqa: S101, PT018 - one brings the other
        if reply.content and is_compaction(reply.content[0]):
            block, reply = reply.content[0], replace(reply, content=reply.content[1:])
        else:
            block = summary_of(accepted.request, Facts(accepted.request, exchange.named, exchange.workspace, None))
        after = self._world.tokens.request(summarised(accepted.counted, block), accepted.model.tokenizer)
        return reply, Compacted(block, accepted.compact.pause_after_compaction, after)

    def _plan(self, place: Scope, exchange: Exchange, prompt: Prompt | None) -> Plan | None:
        if prompt is None:
            return None
        return place.caches.of(exchange.workspace).plan(prompt, exchange.started_at)


def _diagnosed(
    place: Scope, exchange: Exchange, accepted: Accepted, plan: Plan | None, source: bytes
) -> tuple[dict[str, Any] | None] | None:
    """Why the request did not find what the one it names left in the cache; None: it does not ask."""
    asked = accepted.request.diagnostics
    if asked is None or plan is None:
        return None
    remembered, now = place.diagnostics(exchange.workspace), exchange.started_at
    found = remembered.answer(asked.model_dump(), plan.prompt, make_id("msg", source), accepted.betas, now)
    return (found,)


def _scripted(place: Scope, exchange: Exchange, accepted: Accepted, facts: Facts) -> Reply | None:
    """The scripted reply; None: the default one. Raises 404 `not_found_error` on a strict script's miss.

    A reply that a fault will keep the client from using stays in the script for the retry.
    """
    request, files = accepted.request, accepted.files
    keep = any(strike.breaks for strike in exchange.faults)
    paused = accepted.compact is not None and accepted.compact.pause_after_compaction
    found = place.script.take(facts, keep=keep or paused)
    if paused:
        if not isinstance(found, Reply) or not any(map(is_compaction, found.content)):
            return Reply(content=())  # what is scripted answers the request that goes on behind the summary
        found = found if keep else place.script.take(facts, keep=False)
    if isinstance(found, Miss):
        raise _missing(str(found))
    if found is None:
        return None
    untold = undecided(request, found)
    if untold is not None:
        raise untold
    if not any(block.get("citations") for block in found.content):
        return found
    try:
        return replace(found, content=tuple(with_citations(found.content, request, files)))
    except QuoteNotFound as error:
        raise _missing(str(error)) from None


def _missing(why: str) -> ApiError:
    return ApiError(404, "not_found_error", f"claudemock: {why}", headers={"x-claudemock-miss": "true"})
