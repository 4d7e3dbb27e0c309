"""From a request body to the turn the engine answers: validation, model, checks, tokens, reply."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from claudemock.api.account import admit
from claudemock.api.body import parse_json
from claudemock.api.growing import LEAST, Body, Conversations, Opening
from claudemock.api.replay import betas_of
from claudemock.catalog import Model
from claudemock.engine.cache import Plan
from claudemock.engine.checks import CheckContext, Checked, Subject, check, check_window
from claudemock.engine.citations import Citable, QuoteNotFound, with_citations
from claudemock.engine.message import Turn
from claudemock.engine.reply import Reply
from claudemock.engine.threads import Threads
from claudemock.ids import make_id
from claudemock.journal import Exchange
from claudemock.prompt.chain import Earlier, Prompt, read_prompt
from claudemock.recent import Recent
from claudemock.script.book import Miss
from claudemock.script.default import default_reply
from claudemock.script.match import Facts
from claudemock.wire.errors import ApiError, not_found
from claudemock.wire.messages import MOST_MESSAGES, MessagesRequest
from claudemock.wire.parse import parse_messages
from claudemock.world import Scope, World

_CACHING = (b"cache_control", b"diagnostics", b"\\u")  # an escape could spell either word
_SERVER_CALLS = ("server_tool_use", "mcp_tool_use")


class Accepted(NamedTuple):
    """A request that passed every check; depends on its bytes, version and betas alone."""

    request: MessagesRequest
    model: Model
    betas: frozenset[str]
    input_tokens: int
    cited: bool
    prompt: Prompt | None  # None: nothing in it can be cached, and nobody asks why not
    whole: Mapping[str, Any] | None = None  # the request a thread's turn stands for; None: it is not of a thread
    large: "_Large | None" = None  # what a request that goes on with this one need not read again


class _Large(NamedTuple):
    """What was read of a large request."""

    messages: list[Any]  # as JSON
    subject: Subject | None  # None: its semantics were not checked
    prompt: Prompt


Look = tuple[Body, Opening[Accepted] | None]


class Intake:
    """Reads requests for messages, and knows those it accepted lately by their bytes: retries send the same again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._recent: Recent[tuple[bytes, str, frozenset[str], str | None], Accepted] = Recent(room=1_000_000)
        self._conversations: Conversations[Accepted] = Conversations()

    def look(self, exchange: Exchange) -> Look | None:
        """What the bytes of a large body tell before it is read; None for a small one."""
        if len(exchange.body) < LEAST:
            return None
        return self._conversations.look(_depends_on(exchange), exchange.body)

    def turn(self, place: Scope, exchange: Exchange, source: bytes, look: Look | None = None) -> Turn:
        """The turn for the exchange's body. Raises `ApiError`."""
        accepted = self._accepted(place, exchange) if look is None else self._accepted_large(place, exchange, *look)
        request, model = accepted.request, accepted.model
        exchange.model, exchange.betas = model.id, accepted.betas
        plan = self._plan(place, exchange, accepted.prompt)
        read = plan.usage.read if plan is not None else 0
        admitted = admit(self._world, place, exchange, model, accepted.input_tokens, cached=read, speed=request.speed)
        spoilt = any(strike.breaks for strike in exchange.faults)
        reply = _choose(place, request, Facts(request, exchange.named, exchange.workspace), keep=spoilt)
        exchange.script = None if reply.source == "default" else reply.source
        return Turn(
            request=request,
            reply=reply,
            model=model,
            model_name=self._world.catalog.response_model(request.model),
            source=source,
            now=exchange.started_at,
            input_tokens=accepted.input_tokens,
            cited=accepted.cited,
            plan=plan,
            billed_tokens=self._billed(exchange, accepted, reply),
            betas=accepted.betas,
            tokens=self._world.tokens,
            admitted=admitted,
            diagnostics=_diagnosed(place, exchange, accepted, plan, source),
            whole=accepted.whole,
        )

    def _accepted(self, place: Scope, exchange: Exchange) -> Accepted:
        key = (exchange.body, *_depends_on(exchange))
        known = self._recent.get(key)
        if known is None:
            known = accept(self._world, exchange, key[-1], parse_json(exchange.body), place.threads)
            if known.whole is None:  # what a thread's turn stands for is not in its bytes
                self._recent.put(key, known, len(exchange.body))
        return known

    def _accepted_large(
        self, place: Scope, exchange: Exchange, body: Body, opening: Opening[Accepted] | None
    ) -> Accepted:
        if opening is not None and not opening.rest:
            return opening.value
        key = _depends_on(exchange)
        known = None
        if opening is not None:
            with suppress(ApiError):  # refused below, with the places in the whole request
                known = _go_on(self._world, exchange, key[-1], opening)
        if known is None:
            known = accept(self._world, exchange, key[-1], parse_json(exchange.body), place.threads)
        if known.whole is None:
            self._conversations.keep(key, body, known, opening)
        return known

    def _plan(self, place: Scope, exchange: Exchange, prompt: Prompt | None) -> Plan | None:
        if prompt is None:
            return None
        return place.caches.of(exchange.workspace).plan(prompt, exchange.started_at)

    def _billed(self, exchange: Exchange, accepted: Accepted, reply: Reply) -> int:
        """A model that uses the API's own tools reads the prompt again after each (recorded)."""
        if not any(block["type"] in _SERVER_CALLS for block in reply.content):
            return accepted.input_tokens
        body: Mapping[str, Any] = accepted.whole or orjson.loads(exchange.body)
        return self._world.tokens.sampled_input(body, reply.content, accepted.model.tokenizer)


def _depends_on(exchange: Exchange) -> tuple[str, frozenset[str], str | None]:
    """What besides its body decides whether a request is accepted."""
    return exchange.version, exchange.betas, exchange.header(b"anthropic-beta")


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


def accept(world: World, exchange: Exchange, header: str | None, data: Any, threads: Threads) -> Accepted:
    """Everything a request is refused for. `header` is its `anthropic-beta` as it came. Raises `ApiError`."""
    betas = betas_of(data, header, exchange.betas)
    request = parse_messages(data, version=exchange.version, betas=betas)
    whole = None
    if request.thread is not None:
        data = whole = threads.expand(data, exchange.workspace)
        request = parse_messages(data, version=exchange.version, betas=betas)
    return _judge(world, exchange, _Read(request, data, betas, whole))


class _Read(NamedTuple):
    """A request of the right shape; its first `kept` messages are those of one that was accepted as `former`."""

    request: MessagesRequest
    data: dict[str, Any]
    betas: frozenset[str]
    whole: Mapping[str, Any] | None = None
    former: Accepted | None = None
    kept: int = 0


def _go_on(world: World, exchange: Exchange, header: str | None, opening: Opening[Accepted]) -> Accepted | None:
    """As `accept`, reading only what is new in a conversation; None if that does not do."""
    former, kept, data = opening.value, opening.messages, parse_json(opening.rest)
    betas = betas_of(data, header, exchange.betas)
    new = parse_messages(data, version=exchange.version, betas=betas)
    messages = [*former.request.messages[:kept], *new.messages]
    if former.large is None or betas != former.betas or new.thread is not None or len(messages) > MOST_MESSAGES:
        return None
    data["messages"] = [*former.large.messages[:kept], *data["messages"]]
    request = new.model_copy(update={"messages": messages})
    return _judge(world, exchange, _Read(request, data, betas, None, former, kept))


def _judge(world: World, exchange: Exchange, read: _Read) -> Accepted:
    request, data = read.request, read.data
    known = None if read.former is None else read.former.large
    model = find_model(world, request.model)
    subject = None
    if world.settings.checks == "full":
        context = CheckContext(model=model, version=exchange.version, betas=read.betas, endpoint="messages")
        before = known.subject if known is not None else None
        subject = check(request, context, None if before is None else Checked(before, read.kept))
    prompt = None
    large = len(exchange.body) >= LEAST
    if large or any(word in exchange.body for word in _CACHING):
        key_betas = read.betas if world.settings.cache_key_includes_betas else frozenset[str]()
        earlier = None if known is None else Earlier(known.prompt, read.kept)
        prompt = read_prompt(data, model, world.tokens, world.digests, key_betas=key_betas, earlier=earlier)
    input_tokens = prompt.input_tokens if prompt else world.tokens.request(data, model.tokenizer)
    if world.settings.checks == "full":
        check_window(request, model, input_tokens)
    return Accepted(
        request=request,
        model=model,
        betas=read.betas,
        input_tokens=input_tokens,
        cited=_cites(read),
        prompt=prompt if prompt and (prompt.breakpoints or request.diagnostics is not None) else None,
        whole=read.whole,
        large=_Large(data["messages"], subject, prompt) if large and prompt else None,
    )


def _cites(read: _Read) -> bool:
    """Whether the reply may cite anything. Where it could not before, only what is new is looked at."""
    request = read.request
    if read.former is not None and not read.former.cited:
        request = request.model_copy(update={"messages": request.messages[read.kept :]})
    return any(source.enabled for source in Citable.of(request).all_sources)


def find_model(world: World, name: str) -> Model:
    """The model a request names. Raises 404 as the API does for unknown and retired ids."""
    model = world.catalog.resolve(name, world.settings.models)
    if model is None:
        raise not_found(f"model: {name}")
    return model


def _choose(place: Scope, request: MessagesRequest, facts: Facts, *, keep: bool) -> Reply:
    """The scripted reply, or the default one. Raises 404 `not_found_error` on a strict script's miss.

    `keep` leaves it in the script for the retry: a fault keeps the client from using it.
    """
    found = place.script.take(facts, keep=keep)
    if isinstance(found, Miss):
        raise ApiError(404, "not_found_error", f"claudemock: {found}", headers={"x-claudemock-miss": "true"})
    if found is None:
        return default_reply(request, facts)
    if not any(block.get("citations") for block in found.content):
        return found
    try:
        return replace(found, content=tuple(with_citations(found.content, request)))
    except QuoteNotFound as error:
        raise ApiError(404, "not_found_error", f"claudemock: {error}", headers={"x-claudemock-miss": "true"}) from None
