"""POST /v1/messages/count_tokens."""

import orjson

from claudemock.api.accept import edit, find_model
from claudemock.api.account import admit_request
from claudemock.api.asgi import AsgiScope, Receive, Send, carried
from claudemock.api.attachments import attach
from claudemock.api.body import parse_json, read_body
from claudemock.api.replay import betas_of
from claudemock.api.respond import Headers, identify, send_whole
from claudemock.engine.attached import with_tokens
from claudemock.engine.checks import CheckContext, check
from claudemock.engine.compaction import unsummarised
from claudemock.wire.parse import parse_count_tokens
from claudemock.world import World


class CountTokens:
    """The endpoint. It counts with the estimator that `usage` comes from, so that both always agree.

    Summaries in the conversation are read, new ones are not made, however long it is (documented).
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        world = self._world
        data = parse_json(await read_body(receive, exchange, world.settings.limits.messages))
        identify(exchange, place)
        exchange.betas = betas_of(world, exchange, data)
        request = parse_count_tokens(data, version=exchange.version, betas=exchange.betas)
        model = find_model(world, request.model)
        exchange.model = model.id
        files = attach(world, place, exchange.workspace, request, exchange.body)
        if world.settings.checks == "full":
            version, betas = exchange.version, exchange.betas
            own = world.settings.thinking_signatures == "own"
            check(request, CheckContext(model, version, betas, "count_tokens", files, own))
        admit_request(world, place, exchange, "count_tokens", model.id)
        whole = with_tokens(data, files, world.tokens, model.tokenizer)
        counted = world.tokens.request(whole, model.tokenizer)
        answer: dict[str, object] = {"input_tokens": edit(world, request, whole, model, counted).input_tokens}
        if request.context_management is not None:
            original = counted
            if b'"compaction"' in exchange.body:
                original = world.tokens.request(unsummarised(whole), model.tokenizer)
            answer["context_management"] = {"original_input_tokens": original}
        raw = orjson.dumps(answer)
        await send_whole(send, 200, self._headers.success(exchange, place, b"application/json", len(raw)), raw)
