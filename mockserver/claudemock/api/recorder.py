"""The outermost layer: finds a request's scope, opens its exchange, and tees what is sent."""

from collections.abc import Mapping
from time import perf_counter
from urllib.parse import quote, unquote

from claudemock.api.asgi import App, AsgiScope, Message, Receive, Send, carry
from claudemock.api.problems import refuse_unopened, unkept
from claudemock.journal import Exchange, Journal
from claudemock.store.base import StoreError
from claudemock.world import Scope, World

_CONTROL = "/_mock"
_MOCK_KEY = "sk-ant-mock"


class Recorder:
    """Gives every request its scope and exchange. Control requests get a scope but are not journalled."""

    def __init__(self, app: App, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve one connection event; only HTTP is spoken."""
        if scope["type"] != "http":
            return
        named = dict(scope["headers"])
        prefix, path = _split(scope)
        key_scope, key_workspace = of_key(credential(named))
        scope["path"] = path
        scope["app"] = self._app
        journal = self._world.journal
        journalled = not path.startswith(_CONTROL)
        try:
            place = self._world.scope(prefix or key_scope)
            exchange = _opened(scope, named, place, key_workspace)
            if journalled:
                journal.begin(exchange)
        except StoreError as failure:
            await refuse_unopened(send, scope, unkept(failure))
            return
        carry(scope, exchange, place)
        if not journalled:
            await self._app(scope, receive, send)
            return

        async def tee(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.response_start_ms = exchange.elapsed_ms()
                exchange.status = message["status"]
                exchange.response_headers = message["headers"]
            elif message["type"] == "http.response.body":
                body = message.get("body", b"")
                if body:
                    at = exchange.elapsed_ms()
                    if exchange.first_byte_ms is None:
                        exchange.first_byte_ms = at
                    exchange.sent(at, body)
                if not message.get("more_body"):
                    await _end(send, message, exchange, journal)
                    return
            elif "hang_up" in message:
                journal.close(exchange, message["hang_up"])
            await send(message)

        try:
            await self._app(scope, receive, tee)
        finally:
            journal.close(exchange, "client_gone")


async def _end(send: Send, message: Message, exchange: Exchange, journal: Journal) -> None:
    """Send the last bytes and close the exchange, so that a client that has them finds it complete.

    In one process it is closed behind them, for the client not to wait: nothing else runs between the two, so whatever
    it asks next is looked at afterwards. With others (`poll`) it is closed first.
    """
    exchange.end_ms = exchange.elapsed_ms()
    if journal.poll is None:
        await send(message)
        journal.close(exchange, "clean")
    else:
        journal.close(exchange, "clean")
        await send(message)


def _opened(scope: AsgiScope, named: Mapping[bytes, bytes], place: Scope, key_workspace: str | None) -> Exchange:
    return Exchange(
        scope=place.name,
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=scope["headers"],
        named=named,
        key_workspace=key_workspace,
        started_at=place.clock.now(),
        began=perf_counter(),
        peer=scope.get("client"),
    )


def _split(scope: AsgiScope) -> tuple[str, str]:
    """`/s/<scope>/v1/…` → the scope and the path behind it; no prefix → an empty scope.

    The prefix becomes ASGI's `root_path`: what stands before the paths we answer in a URL the client is given.
    A slash in the name is `%2F`, so the path is taken apart as it was sent and decoded afterwards, as the server did.
    """
    path: str = scope["path"]
    if not path.startswith("/s/"):
        return "", path
    raw: bytes = scope.get("raw_path") or b""  # ASGI leaves it optional
    if not raw.startswith(b"/s/"):
        name, _, rest = path[3:].partition("/")
        scope["root_path"] = f"/s/{quote(name, safe='')}"
        return name, f"/{rest}"
    segment, _, remainder = raw[3:].partition(b"/")
    scope["raw_path"] = b"/" + remainder
    scope["root_path"] = f"/s/{segment.decode('ascii', 'replace')}"
    return unquote(segment), f"/{unquote(remainder)}"


def credential(named: Mapping[bytes, bytes]) -> str | None:
    """The credential a request carries: `x-api-key`, else the bearer token; None without either."""
    key = named.get(b"x-api-key")
    if key:
        return key.decode("latin-1")
    scheme, _, token = named.get(b"authorization", b"").partition(b" ")
    return token.strip().decode("latin-1") if scheme.lower() == b"bearer" and token.strip() else None


def of_key(key: str | None) -> tuple[str, str | None]:
    """`sk-ant-mock-<scope>.<workspace>` → scope and workspace; every other credential belongs to `default`.

    Both names may be percent-encoded: what is not a letter, a digit or one of `_-~` has to be.
    """
    if key is None or not key.startswith(_MOCK_KEY + "-"):
        return "default", None
    name, dot, workspace = key[len(_MOCK_KEY) + 1 :].partition(".")
    return unquote(name) or "default", unquote(workspace) if dot and workspace else None
