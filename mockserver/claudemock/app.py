"""The composition root: the route table, and the order of the layers around it.

Recorder (scope, exchange, tee) → Problems (errors as envelopes) → Gate (credentials, version, betas) → Router.
"""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.routing import Route, Router

from claudemock.api.asgi import App, AsgiScope, Receive, Send
from claudemock.api.batch_run import Worker
from claudemock.api.batches import Batches
from claudemock.api.files import File, Files
from claudemock.api.gate import Gate
from claudemock.api.messages import Messages
from claudemock.api.models import Models
from claudemock.api.problems import Problems
from claudemock.api.recorder import Recorder
from claudemock.api.tokens import CountTokens
from claudemock.control import batches, faults
from claudemock.control import endpoints as control
from claudemock.control.feed import Feed
from claudemock.control.files import add_file
from claudemock.control.findings import Findings
from claudemock.inspector.page import Page
from claudemock.wire.errors import not_found
from claudemock.world import World

# families of the API that are somebody else's business
_ABSENT = frozenset(
    {
        *("agents", "complete", "environments", "memory_stores", "oauth", "organizations", "sessions", "skills"),
        *("tunnels", "user_profiles", "vaults"),
    }
)


_PAGE = {"": "index.html", "page.js": "page.js", "page.css": "page.css"}  # by their paths under /_mock/


def build_app(world: World) -> App:
    """The ASGI application that serves `world`."""
    return Recorder(Problems(Gate(Switch(routes(world)), world), world), world)


class Switch:
    """Starlette's router behind a table of the paths that have no parameters, which most requests are for."""

    def __init__(self, table: list[Route]) -> None:
        self._router = Router(table, redirect_slashes=False, default=_nowhere)
        self._plain = {(route.path, method): route.app for route in table for method in route.methods or ()}

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self._plain.get((scope["path"], scope["method"]))
        if app is None:
            await self._router(scope, receive, send)
        else:
            scope["path_params"] = {}
            await app(scope, receive, send)


def routes(world: World) -> list[Route]:
    """Every path the server answers; the busiest first."""
    file = File(world)
    return [
        Route("/v1/messages", Messages(world), methods=["POST"]),
        Route("/v1/messages/count_tokens", CountTokens(world), methods=["POST"]),
        Route("/v1/models", models := Models(world), methods=["GET"]),
        Route("/v1/models/{model_id:path}", models, methods=["GET"]),
        Route("/v1/files", Files(world), methods=["GET", "POST"]),
        Route("/v1/files/{file_id}", file, methods=["GET", "DELETE"]),
        Route("/v1/files/{file_id}/content", file, methods=["GET"]),
        *_batch_routes(world),
        *_control_routes(world),
    ]


def _batch_routes(world: World) -> list[Route]:
    batches = Batches(world, Worker(world))
    root = "/v1/messages/batches"
    return [
        Route(root, batches, methods=["GET", "POST"]),
        Route(root + "/{batch_id}", batches, methods=["GET", "DELETE"]),
        Route(root + "/{batch_id}/results", batches, methods=["GET"]),
        Route(root + "/{batch_id}/cancel", batches, methods=["POST"]),
    ]


def _control_routes(world: World) -> list[Route]:
    table: dict[str, dict[str, control.Handler]] = {
        "/_mock/health": {"get": control.health},
        "/_mock/reset": {"post": control.reset},
        "/_mock/replies": {
            "get": control.get_replies,
            "post": control.add_replies,
            "delete": control.delete_replies,
        },
        "/_mock/faults": {"get": faults.get_faults, "post": faults.add_faults, "delete": faults.delete_faults},
        "/_mock/faults/{fault_id}": {"delete": faults.delete_fault},
        "/_mock/exchanges": {"get": control.get_exchanges},
        "/_mock/exchanges/wait": {"get": control.wait_exchanges},
        "/_mock/exchanges/{exchange_id}": {"get": control.get_exchange},
        "/_mock/files": {"post": add_file},
        "/_mock/batches": {
            "get": batches.get_batches,
            "post": batches.add_batches,
            "delete": batches.delete_batches,
        },
        "/_mock/costs": {"get": control.get_costs},
        "/_mock/clock": {"get": control.get_clock, "post": control.set_clock},
    }
    return [
        *(
            Route(path, control.Control(world, **handlers), methods=[method.upper() for method in handlers])
            for path, handlers in table.items()
        ),
        Route("/_mock/events", Feed(world), methods=["GET"]),
        Route("/_mock/findings", Findings(world), methods=["GET"]),
        *(Route(f"/_mock/{path}", Page(name), methods=["GET"]) for path, name in _PAGE.items()),
    ]


async def _nowhere(scope: AsgiScope, receive: Receive, send: Send) -> Any:  # noqa: ARG001 - ASGI's signature
    version, _, rest = scope["path"].lstrip("/").partition("/")
    family = rest.partition("/")[0]
    if version == "v1" and family in _ABSENT:
        raise not_found(f"claudemock does not emulate /v1/{family}.")
    raise HTTPException(404)
