"""GET /_mock/findings: what the contracts say of a scope's exchanges so far."""

import asyncio
from typing import Any, get_args

from claudemock.api.asgi import AsgiScope, HeaderBlock, Receive, Send, carried
from claudemock.api.query import one, parse_query
from claudemock.api.respond import send_whole
from claudemock.control.showing import shown
from claudemock.wire.errors import invalid_request
from claudemock.world import World

_TYPES = {
    **dict.fromkeys(("json", "sarif"), b"application/json"),
    "jsonl": b"application/jsonl",
    "junit": b"application/xml",
    "html": b"text/html; charset=utf-8",
}


class Findings:
    """Judges the exchanges of this scope, of `scope=NAME`, or with `scope=*` of each scope. Parameter `format`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Serve one request. Judging takes a thread of its own: other requests are answered meanwhile."""
        from claudemock_contracts.commands import Format

        exchange, place = carried(scope)
        parameters = parse_query(exchange.query)
        unknown = next((name for name in parameters if name not in ("format", "scope")), None)
        if unknown is not None:
            raise invalid_request(f"{unknown[:80]}: unknown parameter; known are format, scope")
        form = one(parameters, "format") or "json"
        if form not in get_args(Format):
            raise invalid_request(f"format: {form[:80]!r} is none of {', '.join(get_args(Format))}")
        asked = one(parameters, "scope") or place.name
        entries = self._world.journal.find(lambda entry: asked in ("*", entry.scope) and entry.ended is not None)
        body = await asyncio.to_thread(_judged, shown(self._world, entries), form)
        kind = _TYPES.get(form, b"text/plain; charset=utf-8")
        headers = HeaderBlock(b"content-type: %b\r\ncontent-length: %d\r\n" % (kind, len(body)), len(body))
        await send_whole(send, 200, headers, body)


def _judged(exchanges: list[dict[str, Any]], form: Any) -> bytes:
    from claudemock_contracts.commands import rendered
    from claudemock_contracts.exchange import from_journal
    from claudemock_contracts.run import judge

    found = [from_journal(exchange) for exchange in exchanges]
    return rendered(judge(found), form, found).encode()
