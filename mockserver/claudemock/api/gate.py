"""What every request must show before an endpoint sees it: credentials, version, betas; on /_mock, that it is local.

The order is the API's: a bad credential is refused before anything else is looked at.
"""

from urllib.parse import urlsplit

from claudemock.api.asgi import App, AsgiScope, Receive, Send, carried
from claudemock.api.faulting import FAULT_HEADER, Faulting
from claudemock.api.recorder import credential
from claudemock.api.replay import version_of
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError, authentication, invalid_request
from claudemock.world import Scope, World

_INVALID = ("sk-ant-mock-invalid",)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Gate:
    """Lets a request through to the router, or raises `ApiError`."""

    def __init__(self, app: App, world: World) -> None:
        self._app = app
        self._faulting = Faulting(app, world)
        self._betas = world.catalog.betas
        self._versions = world.catalog.versions
        named = {_canonical(host) for host in (world.settings.host, *world.settings.allow_hosts)}
        self._hosts = _LOOPBACK | named - {""}  # no name is what a request without one has

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange, place = carried(scope)
        if exchange.path.startswith("/v1/"):
            self._credentials(exchange, place)
            exchange.version = self._version(exchange)
            exchange.betas = self._beta_values(exchange)
            if place.faults.armed or FAULT_HEADER in exchange.named:
                await self._faulting(scope, receive, send)
                return
        elif exchange.path.startswith("/_mock"):
            self._local(exchange)
        await self._app(scope, receive, send)

    def _credentials(self, exchange: Exchange, place: Scope) -> None:
        key = credential(exchange.named)
        if key is None:
            raise authentication("x-api-key header is required")
        if key in _INVALID:
            styled = b"x-api-key" in exchange.named
            raise authentication("invalid x-api-key" if styled else "Invalid authentication credentials")
        asked = exchange.header(b"anthropic-workspace-id")
        bound = exchange.key_workspace
        exchange.workspace = bound or asked or "default"
        exchange.workspace_id = place.workspace_id(exchange.workspace)
        if asked is not None and place.workspace_id(asked) != exchange.workspace_id:
            raise invalid_request("anthropic-workspace-id: does not match the workspace of this API key.")

    def _version(self, exchange: Exchange) -> str:
        version = exchange.header(b"anthropic-version") or ""
        if version in self._versions:
            return version
        version = version_of(version)
        if not version:
            raise invalid_request("anthropic-version: header is required")
        if version not in self._versions:
            raise invalid_request(f'anthropic-version: "{version[:80]}" is not a valid version')
        return version

    def _beta_values(self, exchange: Exchange) -> frozenset[str]:
        if b"anthropic-beta" not in exchange.named:
            return frozenset()
        given = [value.decode("latin-1") for name, value in exchange.headers if name == b"anthropic-beta"]
        values = [value for line in given for part in line.split(",") if (value := part.strip())]
        unknown = [value for value in dict.fromkeys(values) if value not in self._betas]
        if unknown:
            named = ", ".join(f"`{value[:80]}`" for value in unknown)
            raise invalid_request(
                f"Unexpected value(s) {named} for the `anthropic-beta` header. "
                "Please consult our documentation at platform.claude.com/docs or try again without the header."
            )
        return frozenset(values)

    def _local(self, exchange: Exchange) -> None:
        """The control API reconfigures the server, so a web page a developer visits must not reach it."""
        origin = exchange.header(b"origin")
        foreign = origin is not None and _hostname(origin) not in self._hosts
        host = _hostname(f"//{exchange.header(b'host') or ''}")
        if host not in self._hosts or foreign or exchange.header(b"sec-fetch-site") == "cross-site":
            raise ApiError(
                403,
                "permission_error",
                "The control API answers only requests made on this machine: "
                f"Host must be one of {', '.join(sorted(self._hosts))}, and Origin absent or the same.",
            )


def _hostname(url: str) -> str:
    try:
        return _canonical(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _canonical(host: str) -> str:
    """A host name as it is compared: case says nothing, nor does the root's dot at the end."""
    return host.lower().rstrip(".")
