"""GET /v1/models and /v1/models/{id or alias}."""

import orjson

from claudemock.api.asgi import AsgiScope, Receive, Send, carried
from claudemock.api.query import limit_of, one, parse_query
from claudemock.api.respond import Headers, send_whole
from claudemock.engine.model_info import model_object, models_page
from claudemock.wire.errors import not_found
from claudemock.world import World


class Models:
    """Both endpoints; the path parameter `model_id` tells them apart."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._headers = Headers(world)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Serve one request."""
        exchange, place = carried(scope)
        name = scope["path_params"].get("model_id")
        if name is None:
            parameters = parse_query(exchange.query)
            answer = models_page(
                self._world.catalog,
                limit=limit_of(parameters),
                after_id=one(parameters, "after_id"),
                before_id=one(parameters, "before_id"),
                lifecycle=parameters.get("lifecycle"),
            )
        else:
            every = self._world.settings.models == "any"
            model = self._world.catalog.resolve(name, "any" if every else "known")  # retired ones can be looked up
            if model is None:
                raise not_found(f"model: {name}")
            answer = model_object(model)
        raw = orjson.dumps(answer)
        await send_whole(send, 200, self._headers.success(exchange, place, b"application/json", len(raw)), raw)
