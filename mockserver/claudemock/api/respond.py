"""Response headers as the real API sends them (August 2026, in its order), and the sending of one whole body."""

from collections.abc import Iterable

from claudemock.api.asgi import HeaderBlock, Send
from claudemock.engine.limits import HeaderPairs
from claudemock.ids import make_id
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError
from claudemock.world import Scope, World

_SECURITY = b"strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n"
_EDGE = (
    b"server: cloudflare\r\n"
    b"vary: Accept-Encoding\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"cf-cache-status: DYNAMIC\r\n"
    b"x-robots-tag: none\r\n"
)
_LIMITED = "/v1/messages"
_UPLOADS = "/v1/files"
_RETRIED = frozenset({408, 409, 429, 529})


class Headers:
    """Builds the header blocks of one server: what never changes is made once."""

    def __init__(self, world: World) -> None:
        self._known = _SECURITY + f"anthropic-organization-id: {world.organization}\r\n".encode()
        self._limits = world.limits
        self._pairs: Iterable[tuple[bytes, bytes]] = ()
        self._lines = b""

    def _limit_lines(self, now: float, counted: HeaderPairs | None) -> bytes:
        """The rate-limit headers as they are on the wire; they change once a second."""
        pairs = counted or self._limits.headers(now)
        if pairs is not self._pairs:
            self._pairs, self._lines = pairs, b"".join(b"%b: %b\r\n" % pair for pair in pairs)
        return self._lines

    def success(
        self,
        exchange: Exchange,
        place: Scope,
        content_type: bytes,
        length: int | None,
        limits: HeaderPairs | None = None,
        *,
        named: bytes = b"",
    ) -> HeaderBlock:
        """Headers of a 2xx answer. `length` None: a stream, which is sent chunked and never cached.

        `limits` are those of a counted account; without them a Messages answer shows an account far from its limits.
        `named` are further header lines, each with its end: those that name a file.

        Only Messages show rate limits (recorded: 0 of 130 answers of other endpoints do).
        """
        raw = b"content-type: %b\r\n%b%b%b%b" % (
            content_type,
            named,
            b"cache-control: no-cache\r\n" if length is None else b"content-length: %d\r\n" % length,
            self._limit_lines(exchange.started_at, limits) if exchange.path == _LIMITED else b"",
            self._identity(exchange, place, known=True),
        )
        return HeaderBlock(raw, length)

    def error(self, exchange: Exchange, place: Scope, error: ApiError, length: int) -> HeaderBlock:
        """Headers of an error: rate limits on a 429 only; on 401 neither organization nor workspace.

        An empty value of the error's own keeps a header out.
        """
        extra = {"x-should-retry": "true" if error.status in _RETRIED else "false"} | error.headers
        raw = b"content-type: application/json\r\ncontent-length: %d\r\n%b%b" % (
            length,
            "".join(f"{name}: {value}\r\n" for name, value in extra.items() if value).encode("latin-1"),
            self._identity(exchange, place, known=error.status != 401),
        )
        return HeaderBlock(raw, length)

    def _identity(self, exchange: Exchange, place: Scope, *, known: bool) -> bytes:
        request_id = identify(exchange, place)
        trace = (exchange.source or b"").hex()
        workspace = exchange.workspace_id if known else None
        named = f"anthropic-workspace-id: {workspace}\r\n" if workspace is not None else ""
        return b"request-id: %b\r\n%b%b%bcf-ray: %b-OSL\r\n" % (
            request_id.encode(),
            self._known if known else _SECURITY,
            f"{named}traceresponse: 00-{trace}-{trace[:16]}-01\r\n".encode(),
            _EDGE,
            trace[16:].encode(),
        )


def plain_headers(length: int) -> HeaderBlock:
    """Headers of a control answer."""
    return HeaderBlock(b"content-type: application/json\r\ncontent-length: %d\r\n" % length, length)


def identify(exchange: Exchange, place: Scope, digest: bytes | None = None) -> str:
    """The request's id, made from the request the first time it is needed; `digest` may stand for its body.

    Of an upload the size stands for it: its bytes come late, and their boundary is random.
    """
    if exchange.request_id is None:
        line = f"{exchange.method} {exchange.path}?{exchange.query}\n"
        if exchange.path == _UPLOADS:
            digest = exchange.named.get(b"content-length", b"?")
        exchange.source = place.source(line.encode("utf-8", "replace"), digest or exchange.body)
        exchange.request_id = make_id("req", exchange.source)
    return exchange.request_id


async def send_whole(send: Send, status: int, headers: HeaderBlock, body: bytes) -> None:
    """Send one response in one piece."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
