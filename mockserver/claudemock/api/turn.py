"""From a parsed request body to the turn the engine answers: validation, model, checks, tokens, reply."""

from typing import Any

from claudemock.api.replay import betas_of
from claudemock.catalog import Model
from claudemock.engine.checks import CheckContext, check, check_window
from claudemock.engine.message import Turn
from claudemock.engine.reply import Reply
from claudemock.journal import Exchange
from claudemock.script.book import Miss
from claudemock.script.default import default_reply
from claudemock.script.match import Facts
from claudemock.wire.errors import ApiError, invalid_request, not_found
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.parse import parse_messages
from claudemock.world import Scope, World


def find_model(world: World, name: str) -> Model:
    """The model a request names. Raises 404 as the API does for unknown and retired ids."""
    model = world.catalog.resolve(name, world.settings.models)
    if model is None:
        raise not_found(f"model: {name}")
    return model


def prepare(world: World, place: Scope, exchange: Exchange, data: Any, source: bytes) -> Turn:
    """Everything that happens before a message is built. Raises `ApiError`."""
    exchange.betas = betas_of(data, exchange.header(b"anthropic-beta"), exchange.betas)
    request = parse_messages(data, version=exchange.version, betas=exchange.betas)
    if request.thread is not None:
        raise invalid_request(
            "Message threads are not emulated; send the whole conversation.", error_code="thread_unsupported_request"
        )
    model = find_model(world, request.model)
    exchange.model = model.id
    if world.settings.checks == "full":
        context = CheckContext(model=model, version=exchange.version, betas=exchange.betas, endpoint="messages")
        check(request, context)
    input_tokens = world.tokens.request(data, model.tokenizer)
    if world.settings.checks == "full":
        check_window(request, model, input_tokens)
    facts = Facts(request, exchange.named, exchange.workspace)
    reply = choose(place, request, facts, source)
    exchange.script = None if reply.source == "default" else reply.source
    return Turn(
        request=request,
        reply=reply,
        model=model,
        model_name=world.catalog.response_model(request.model),
        source=source,
        now=place.clock.now(),
        input_tokens=input_tokens,
        betas=exchange.betas,
        tokens=world.tokens,
    )


def choose(place: Scope, request: MessagesRequest, facts: Facts, source: bytes) -> Reply:
    """The scripted reply, or the default one. Raises 404 `not_found_error` on a strict script's miss."""
    found = place.script.take(facts)
    if isinstance(found, Miss):
        raise ApiError(404, "not_found_error", f"claudemock: {found}", headers={"x-claudemock-miss": "true"})
    return default_reply(request, facts, source) if found is None else found
