"""From a request body to the turn the engine answers: validation, model, checks, tokens, reply."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from claudemock.api.account import admit
from claudemock.api.body import parse_json
from claudemock.api.replay import betas_of
from claudemock.catalog import Model
from claudemock.engine.cache import Plan
from claudemock.engine.checks import CheckContext, check, check_window
from claudemock.engine.checks.subject import Endpoint
from claudemock.engine.citations import Citable, QuoteNotFound, with_citations
from claudemock.engine.message import Turn
from claudemock.engine.reply import Reply
from claudemock.engine.threads import Threads
from claudemock.ids import make_id
from claudemock.journal import Exchange
from claudemock.prompt.chain import Prompt, read_prompt
from claudemock.recent import Recent
from claudemock.script.book import Miss
from claudemock.script.default import default_reply
from claudemock.script.match import Facts
from claudemock.wire.errors import ApiError, not_found
from claudemock.wire.messages import MessagesRequest
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


class Intake:
    """Reads requests for messages, and knows those it accepted lately by their bytes: retries send the same again."""

    def __init__(self, world: World, endpoint: Endpoint = "messages") -> None:
        self._world = world
        self._endpoint = endpoint
        self._recent: Recent[tuple[bytes, str, frozenset[str], str | None], Accepted] = Recent(room=1_000_000)

    def turn(self, place: Scope, exchange: Exchange, source: bytes, custom_id: str | None = None) -> Turn:
        """The turn for the exchange's body; `custom_id` is that of a batch's request. Raises `ApiError`."""
        accepted = self._accepted(place, exchange)
        request, model = accepted.request, accepted.model
        exchange.model, exchange.betas = model.id, accepted.betas
        plan = self._plan(place, exchange, accepted.prompt)
        read = plan.usage.read if plan is not None else 0
        batched = self._endpoint == "batch"  # its requests were admitted with it
        admitted = (
            None
            if batched
            else admit(self._world, place, exchange, model, accepted.input_tokens, cached=read, speed=request.speed)
        )
        reply = _choose(place, request, Facts(request, exchange.named, exchange.workspace, custom_id))
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
            service_tier="batch" if batched else "standard",
        )

    def _accepted(self, place: Scope, exchange: Exchange) -> Accepted:
        header = exchange.header(b"anthropic-beta")
        key = (exchange.body, exchange.version, exchange.betas, header)
        known = self._recent.get(key)
        if known is None:
            data = parse_json(exchange.body)
            known = accept(self._world, exchange, header, data, place.threads, self._endpoint)
            if known.whole is None:  # what a thread's turn stands for is not in its bytes
                self._recent.put(key, known, len(exchange.body))
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


def accept(
    world: World, exchange: Exchange, header: str | None, data: Any, threads: Threads, endpoint: Endpoint
) -> Accepted:
    """Everything a request is refused for. `header` is its `anthropic-beta` as it came. Raises `ApiError`."""
    betas = betas_of(data, header, exchange.betas)
    request = parse_messages(data, version=exchange.version, betas=betas)
    whole = None
    if request.thread is not None and endpoint == "messages":
        data = whole = threads.expand(data, exchange.workspace)
        request = parse_messages(data, version=exchange.version, betas=betas)
    model = find_model(world, request.model)
    if world.settings.checks == "full":
        check(request, CheckContext(model=model, version=exchange.version, betas=betas, endpoint=endpoint))
    prompt = None
    if any(word in exchange.body for word in _CACHING):
        key_betas = betas if world.settings.cache_key_includes_betas else frozenset[str]()
        prompt = read_prompt(data, model, world.tokens, world.digests, key_betas=key_betas)
    input_tokens = prompt.input_tokens if prompt else world.tokens.request(data, model.tokenizer)
    if world.settings.checks == "full":
        check_window(request, model, input_tokens)
    cited = any(source.enabled for source in Citable.of(request).all_sources)
    return Accepted(request, model, betas, input_tokens, cited, prompt, whole)


def find_model(world: World, name: str) -> Model:
    """The model a request names. Raises 404 as the API does for unknown and retired ids."""
    model = world.catalog.resolve(name, world.settings.models)
    if model is None:
        raise not_found(f"model: {name}")
    return model


def _choose(place: Scope, request: MessagesRequest, facts: Facts) -> Reply:
    """The scripted reply, or the default one. Raises 404 `not_found_error` on a strict script's miss."""
    found = place.script.take(facts)
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
