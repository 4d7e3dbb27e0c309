"""The journal: every exchange the server had, in order, within a bound of bytes.

An `Exchange` is filled by the layers a request passes through and stays raw (bytes as received and sent); its JSON
form is made only when somebody asks.
"""

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from time import perf_counter
from types import MappingProxyType
from typing import Any, Literal

import orjson

from claudemock.clock import rfc3339

RawHeaders = list[tuple[bytes, bytes]]
Ended = Literal["clean", "cut", "reset", "client_gone"]
_SECRET = frozenset({b"x-api-key", b"authorization", b"cookie", b"proxy-authorization"})
_DEEP = 200
_OVERHEAD = 2304  # bytes one exchange costs besides its bodies and request headers, measured
_ROOMY = 4096  # orjson gives its results this much memory at least
_FORGOTTEN: Mapping[bytes, bytes] = MappingProxyType({})


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its response. Times are milliseconds since the request's first byte was seen."""

    sequence: int = 0  # given by the journal; 0 for what is not journalled
    scope: str
    method: str
    path: str
    query: str
    headers: RawHeaders
    named: Mapping[bytes, bytes]  # the headers by lower-case name
    prefix: str = ""  # the part of the client's base URL that names the scope
    key_workspace: str | None = None  # the workspace the credential is bound to
    started_at: float  # the scope's clock, seconds since the epoch
    began: float  # perf_counter
    workspace: str = "default"
    workspace_id: str | None = None
    version: str = ""
    betas: frozenset[str] = frozenset()
    body: bytes = b""
    body_size: int = 0
    source: bytes | None = None  # what ids derive from, once the body is known
    request_id: str | None = None
    status: int = 0
    response_headers: Iterable[tuple[bytes, bytes]] = ()
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    first_byte_ms: float | None = None
    response_start_ms: float | None = None
    end_ms: float | None = None
    ended: Ended | None = None
    model: str | None = None
    usage: bytes | None = None  # as JSON
    script: str | None = None
    cost: Any = None  # a `Cost`; None: not a priced exchange

    _packed: bytes = b""  # the request's headers once the exchange is over

    @property
    def id(self) -> str:
        """`exch_` and the sequence number."""
        return f"exch_{self.sequence}"

    @property
    def size(self) -> int:
        """Bytes held in memory, roughly."""
        sent = sum(len(chunk) for _, chunk in self.chunks)
        return len(self.body) + sent + len(self._packed) + _OVERHEAD

    def pack(self) -> None:
        """Give up what only the request's way through the server needed; what stays is bytes, cheap to keep."""
        self._packed = b"\n".join([b"%b: %b" % pair for pair in self.headers])
        self.headers, self.named = [], _FORGOTTEN
        self.chunks = [(at, fitted(chunk)) for at, chunk in self.chunks]
        self.usage = None if self.usage is None else fitted(self.usage)

    def elapsed_ms(self) -> float:
        """Milliseconds since the request began."""
        return (perf_counter() - self.began) * 1000

    def header(self, name: bytes) -> str | None:
        """The request header `name` (lower case), or None."""
        value = self.named.get(name)
        return None if value is None else value.decode("latin-1")

    def to_json(self) -> dict[str, Any]:
        """The exchange as the control API shows it: header names in lower case, credentials redacted."""
        sent = b"".join(chunk for _, chunk in self.chunks)
        response: dict[str, Any] = {"status": self.status, "headers": _headers(self.response_headers)}
        if "event-stream" in response["headers"].get("content-type", ""):
            response["events"] = list(_events(self.chunks))
        else:
            response["body"] = _readable(sent)
        return {
            "id": self.id,
            "scope": self.scope,
            "workspace": self.workspace,
            "started_at": rfc3339(self.started_at, places=6),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "request": {
                "headers": _headers(_unpacked(self._packed) or self.headers),
                "body": _readable(self.body),
                "size": self.body_size,
            },
            "response": response,
            "timing": {
                "first_byte_ms": _ms(self.first_byte_ms),
                "response_start_ms": _ms(self.response_start_ms),
                "end_ms": _ms(self.end_ms),
            },
            "ended": self.ended,
            "faults": [],
            "model": self.model,
            "usage": orjson.loads(self.usage) if self.usage is not None else None,
            "cost": None if self.cost is None else self.cost.to_json(),
            "script": self.script,
        }


class Journal:
    """Exchanges in the order they began. Over `limit` bytes the oldest are dropped, and counted in `dropped`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: deque[Exchange] = deque()
        self._bytes = 0
        self._next = 1
        self._listeners: list[Callable[[], None]] = []
        self.dropped = 0

    def begin(self, exchange: Exchange) -> None:
        """Put a new exchange at the end of the journal."""
        exchange.sequence = self._next
        self._next += 1
        self._entries.append(exchange)

    def close(self, exchange: Exchange, ended: Ended) -> None:
        """The exchange is over: its size is counted, listeners are told. Closing twice does nothing."""
        if exchange.ended is not None:
            return
        exchange.ended, exchange.end_ms = ended, exchange.elapsed_ms()
        exchange.pack()
        self._bytes += exchange.size
        while self._bytes > self._limit and len(self._entries) > 1 and self._entries[0].ended is not None:
            self._bytes -= self._entries.popleft().size
            self.dropped += 1
        for listener in tuple(self._listeners):
            listener()

    def find(self, wanted: Callable[[Exchange], bool], *, after: int = 0, limit: int | None = None) -> list[Exchange]:
        """Exchanges for which `wanted` holds, oldest first, those with a sequence number over `after`."""
        found = (entry for entry in self._entries if entry.sequence > after and wanted(entry))
        return list(islice(found, limit))

    def clear(self, scope: str | None = None) -> None:
        """Forget all exchanges, or one scope's. Those still open go on unlisted."""
        kept = [entry for entry in self._entries if scope is not None and entry.scope != scope]
        self._entries = deque(kept)
        self._bytes = sum(entry.size for entry in kept if entry.ended is not None)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever an exchange ends; returns what stops that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


def fitted(raw: bytes) -> bytes:
    """The same bytes in no more memory than they need."""
    return b"%b" % raw if len(raw) < _ROOMY else raw


def _unpacked(lines: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, _, value in (line.partition(b": ") for line in lines.split(b"\n") if line)]


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        text = redacted(value.decode("latin-1")) if name.lower() in _SECRET else value.decode("latin-1")
        shown[key] = f"{shown[key]}, {text}" if key in shown else text
    return shown


def redacted(secret: str) -> str:
    """A credential without its content: its scheme and kind stay (`Bearer sk-ant-…`), and mock keys stay whole."""
    scheme, space, key = secret.rpartition(" ")
    if key.startswith("sk-ant-mock"):
        return secret
    kind = "sk-ant-…" if key.startswith("sk-ant-") else "…"
    return f"{scheme}{space}{kind}"


def _readable(raw: bytes) -> Any:
    """JSON where it is JSON, else text, else `{"_base64": …}`; None for nothing."""
    if not raw:
        return None
    try:
        value = orjson.loads(raw)
        if raw.count(b"[") + raw.count(b"{") > _DEEP:
            orjson.dumps(value)  # what cannot be written again (nested too deeply) is shown as text
        return value
    except (ValueError, TypeError):
        pass
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"_base64": b64encode(raw).decode()}


def _events(chunks: list[tuple[float, bytes]]) -> Iterator[dict[str, Any]]:
    """The events of a stream with the time their last byte was sent."""
    pending = b""
    for at, chunk in chunks:
        pending += chunk
        *whole, pending = pending.split(b"\n\n")
        for text in whole:
            name, _, data = text.decode("utf-8", "replace").partition("\ndata: ")
            yield {"event": name.removeprefix("event: "), "data": _readable(data.encode()), "at_ms": _ms(at)}
    if pending:
        yield {"partial": pending.decode("utf-8", "replace"), "at_ms": _ms(chunks[-1][0])}
