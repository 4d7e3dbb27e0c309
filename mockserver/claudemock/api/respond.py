"""Response headers as the real API sends them (August 2026, in its order), and the sending of one whole body."""

from claudemock.api.asgi import Send
from claudemock.engine.limits import RateLimits
from claudemock.ids import digest, make_id
from claudemock.journal import Exchange, RawHeaders
from claudemock.world import Scope, World

_SECURITY = (b"strict-transport-security", b"max-age=31536000; includeSubDomains; preload")
_EDGE = (
    (b"server", b"cloudflare"),
    (b"vary", b"Accept-Encoding"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cf-cache-status", b"DYNAMIC"),
    (b"x-robots-tag", b"none"),
)


class Headers:
    """Builds header lists for one server: what never changes is made once."""

    def __init__(self, world: World) -> None:
        organization = digest(b"organization", str(world.settings.seed).encode()).hex()
        self._organization = (b"anthropic-organization-id", _uuid(organization).encode())
        self._limits: RateLimits = world.limits

    def success(self, exchange: Exchange, place: Scope, content_type: bytes, length: int | None) -> RawHeaders:
        """Headers of a 2xx answer. `length` None: a stream, which is sent chunked and never cached."""
        kind = (b"cache-control", b"no-cache") if length is None else (b"content-length", b"%d" % length)
        return [
            (b"content-type", content_type),
            kind,
            *self._limits.headers(place.clock.now()),
            *self._identity(exchange, place, known=True),
        ]

    def error(self, exchange: Exchange, place: Scope, status: int, length: int, extra: RawHeaders) -> RawHeaders:
        """Headers of an error: no rate limits; on 401 neither organization nor workspace."""
        retry = b"true" if status in (408, 409, 429, 529) else b"false"
        return [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % length),
            (b"x-should-retry", retry),
            *extra,
            *self._identity(exchange, place, known=status != 401),
        ]

    def _identity(self, exchange: Exchange, place: Scope, *, known: bool) -> RawHeaders:
        request_id = identify(exchange, place)
        trace = exchange.source.hex() if exchange.source else ""
        headers: RawHeaders = [(b"request-id", request_id.encode()), _SECURITY]
        if known:
            headers.append(self._organization)
            if exchange.workspace_id is not None:
                headers.append((b"anthropic-workspace-id", exchange.workspace_id.encode()))
        headers.append((b"traceresponse", f"00-{trace}-{trace[:16]}-01".encode()))
        headers += _EDGE
        headers.append((b"cf-ray", f"{trace[16:]}-OSL".encode()))
        return headers


def identify(exchange: Exchange, place: Scope) -> str:
    """The request's id, made from the request the first time it is needed."""
    if exchange.request_id is None:
        exchange.source = place.source(
            exchange.method.encode(), exchange.path.encode("utf-8", "replace"), exchange.query.encode(), exchange.body
        )
        exchange.request_id = make_id("req", exchange.source)
    return exchange.request_id


async def send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """Send one response in one piece."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"
