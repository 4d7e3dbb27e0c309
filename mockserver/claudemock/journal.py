"""The journal: every exchange the server had, in order, within a bound of bytes.

An `Exchange` is filled by the layers a request passes through and stays raw (bytes as received and sent); its JSON
form is made only when somebody asks.
"""

import re
from base64 import b64encode
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import attrgetter
from time import perf_counter
from types import MappingProxyType
from typing import Any, Literal

import orjson

from claudemock.clock import rfc3339

RawHeaders = list[tuple[bytes, bytes]]
Ended = Literal["clean", "cut", "reset", "client_gone"]
_SECRET = re.compile(rb"auth|cookie|key|token|secret|password|credential")
_SCHEMES = frozenset({"bearer", "basic", "digest"})
_MOCK_KEY = re.compile(r"sk-ant-mock[\w.%~-]*")
_TOKEN = re.compile(rb'("authorization_token"\s*:\s*)"(?:[^"\\]|\\.)*"')
_DEEP = 200
_LAST_EVENT = 100  # bytes that hold a message_stop, padding and all
_OVERHEAD = 2304  # bytes one exchange costs besides its bodies and request headers, measured
_ROOMY = 4096  # orjson gives its results this much memory at least
_FORGOTTEN: Mapping[bytes, bytes] = MappingProxyType({})


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One HTTP request and its response. Times are milliseconds since the request's first byte was seen.

    `ended` says what the server saw: `clean` once all of the answer was handed to the network.
    """

    sequence: int = 0  # given by the journal; 0 for what is not journalled
    scope: str
    method: str
    path: str
    query: str
    headers: RawHeaders
    named: Mapping[bytes, bytes]  # the headers by lower-case name
    key_workspace: str | None = None  # the workspace the credential is bound to
    started_at: float  # the scope's clock, seconds since the epoch
    began: float  # perf_counter
    peer: Any = None  # the client's address and port
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
    kept: int | None = None  # how many more bytes of the answer are kept; None: all
    omitted: int = 0  # bytes of the answer that were not
    first_byte_ms: float | None = None
    response_start_ms: float | None = None
    end_ms: float | None = None
    ended: Ended | None = None
    model: str | None = None
    usage: bytes | None = None  # as JSON
    script: str | None = None
    open: bool = False  # no credentials in the body: it was read, and names no MCP servers
    cost: Any = None  # a `Cost`; None: not a priced exchange
    faults: Sequence[Any] = ()  # `Strike`s: what was meant to go wrong, and what did
    slept: tuple[float, ...] = ()  # seconds the client slept in virtual time before it went on
    intended: bytes | None = None  # the body faults kept from being sent as it was; None: it was

    _packed: bytes = b""  # the request's headers once the exchange is over

    @property
    def id(self) -> str:
        """`exch_` and the sequence number."""
        return f"exch_{self.sequence}"

    @property
    def size(self) -> int:
        """Bytes held in memory, roughly."""
        sent = sum(len(chunk) for _, chunk in self.chunks)
        return len(self.body) + sent + len(self._packed) + len(self.intended or b"") + _OVERHEAD

    def sent(self, at: float, body: bytes) -> None:
        """Note bytes of the answer, `at` milliseconds."""
        if self.kept is not None:
            head = body[: self.kept]
            self.kept -= len(head)
            self.omitted += len(body) - len(head)
            body = head
        if body:
            self.chunks.append((at, body))

    def pack(self) -> None:
        """Give up what only the request's way through the server needed; what stays is bytes, cheap to keep."""
        self._packed = self._lines()
        if not self.open and b"authorization_token" in self.body:
            self.body = _TOKEN.sub(lambda found: found[1] + b'"\xe2\x80\xa6"', self.body)
        self.headers, self.named = [], _FORGOTTEN
        self.chunks = [(at, fitted(chunk)) for at, chunk in self.chunks]
        self.usage = None if self.usage is None else fitted(self.usage)

    def _lines(self) -> bytes:
        return b"\n".join(
            [b"%b: %b" % (name, _storable(value) if is_secret(name) else value) for name, value in self.headers]
        )

    def elapsed_ms(self) -> float:
        """Milliseconds since the request began."""
        return (perf_counter() - self.began) * 1000

    @property
    def request_headers(self) -> RawHeaders:
        """The request's headers, names in lower case, secrets redacted."""
        return _unpacked(self._packed or self._lines())

    @property
    def failed(self) -> bool:
        """Whether the client got no use of it: an error, or an answer that is not whole; a running one has not yet."""
        if self.ended is None:
            return False
        if self.status >= 400 or self.ended != "clean":
            return True
        kind = next((value for name, value in self.response_headers if name == b"content-type"), b"")
        return b"event-stream" in kind and b"event: message_stop" not in self._tail(_LAST_EVENT)

    def _tail(self, size: int) -> bytes:
        """The last bytes sent, `size` or more if there are so many."""
        tail = b""
        for _, chunk in reversed(self.chunks):
            tail = chunk + tail
            if len(tail) >= size:
                break
        return tail

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
        elif self.omitted:
            response["body"] = {"_base64": b64encode(sent).decode(), "_omitted": self.omitted}
        else:
            response["body"] = _readable(sent)
        if self.intended is not None:
            streamed = "events" in response
            response["intended"] = (
                {"events": list(_events([(0.0, self.intended)], timed=False))}
                if streamed
                else {"body": _readable(self.intended)}
            )
        return {
            "id": self.id,
            "scope": self.scope,
            "workspace": self.workspace,
            "started_at": rfc3339(self.started_at, places=6),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "client": None if self.peer is None else f"{self.peer[0]}:{self.peer[1]}",
            "request": {
                "headers": _headers(self.request_headers),
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
            "slept": list(self.slept),
            "faults": [strike.to_json() for strike in self.faults],
            "model": self.model,
            "usage": orjson.loads(self.usage) if self.usage is not None else None,
            "cost": None if self.cost is None else self.cost.to_json(),
            "script": self.script,
        }


class Journal:
    """Exchanges in the order they began. Over `limit` bytes the oldest that ended are dropped, counted by scope.

    `poll` is how often, in seconds, one has to look for what other processes put in; None: there are none.
    """

    poll: float | None = None

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: dict[int, Exchange] = {}
        self._ended: deque[Exchange] = deque()
        self._bytes = 0
        self._next = 1
        self._listeners: list[Callable[[], None]] = []
        self._dropped: Counter[str] = Counter()

    def begin(self, exchange: Exchange) -> None:
        """Put a new exchange into the journal."""
        exchange.sequence = self._number()
        self._open[exchange.sequence] = exchange

    def close(self, exchange: Exchange, ended: Ended) -> None:
        """The exchange is over: its size is counted, listeners are told. Closing twice does nothing."""
        if exchange.ended is not None:
            return
        exchange.ended = ended
        if exchange.end_ms is None:
            exchange.end_ms = exchange.elapsed_ms()
        exchange.pack()
        if self._open.pop(exchange.sequence, None) is None:
            return  # its scope was cleared meanwhile
        self._keep(exchange)

    def _forgotten(self, exchange: Exchange) -> None:
        """An exchange was dropped for want of room."""

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _keep(self, exchange: Exchange) -> None:
        self._ended.append(exchange)
        self._bytes += exchange.size
        while self._bytes > self._limit and len(self._ended) > 1:
            oldest = self._ended.popleft()
            self._bytes -= oldest.size
            self._dropped[oldest.scope] += 1
            self._forgotten(oldest)
        for listener in tuple(self._listeners):
            listener()

    def find(self, wanted: Callable[[Exchange], bool], *, after: int = 0, limit: int | None = None) -> list[Exchange]:
        """Exchanges for which `wanted` holds, oldest first, those with a sequence number over `after`."""
        entries = sorted(chain(self._ended, self._open.values()), key=attrgetter("sequence"))
        found = (entry for entry in entries if entry.sequence > after and wanted(entry))
        return list(islice(found, limit))

    def slept(self, scope: str, seconds: float) -> None:
        """A client of the scope slept in virtual time: it is noted with the exchange that ended last."""
        last = self._last(scope)
        if last is not None:
            last.slept = (*last.slept, seconds)

    def _last(self, scope: str) -> Exchange | None:
        return next((entry for entry in reversed(self._ended) if entry.scope == scope), None)

    def dropped(self, scope: str | None) -> int:
        """How many exchanges of a scope (None: of all) were dropped for want of room."""
        return self._dropped.total() if scope is None else self._dropped[scope]

    def clear(self, scope: str) -> None:
        """Forget a scope's exchanges. Those still open go on unlisted."""
        self._forget(scope, self._next)

    def _forget(self, scope: str, before: int) -> None:
        def stays(entry: Exchange) -> bool:
            return entry.scope != scope or entry.sequence >= before

        self._ended = deque(entry for entry in self._ended if stays(entry))
        self._open = {number: entry for number, entry in self._open.items() if stays(entry)}
        self._bytes = sum(entry.size for entry in self._ended)
        del self._dropped[scope]

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
        key, text = name.decode("latin-1").lower(), value.decode("utf-8", "replace")
        shown[key] = f"{shown[key]}, {text}" if key in shown else text
    return shown


def is_secret(name: bytes) -> bool:
    """Whether a header of this name may carry a credential."""
    return _SECRET.search(name) is not None


def _storable(value: bytes) -> bytes:
    """A request header's value without the secret it carries."""
    return redacted(value.decode("latin-1")).encode()


def redacted(secret: str) -> str:
    """A credential without its content: a known scheme and kind of key stay (`Bearer sk-ant-…`), mock keys whole."""
    scheme, space, key = secret.partition(" ")
    if scheme.lower() not in _SCHEMES:
        scheme, space, key = "", "", secret
    if _MOCK_KEY.fullmatch(key):
        return secret
    return f"{scheme}{space}{'sk-ant-…' if key.startswith('sk-ant-') else '…'}"


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


def _events(chunks: list[tuple[float, bytes]], *, timed: bool = True) -> Iterator[dict[str, Any]]:
    """The events of a stream with the time their last byte was sent."""
    pending = b""
    for at, chunk in chunks:
        pending = (pending + chunk).replace(b"\r\n", b"\n")
        *whole, pending = pending.split(b"\n\n")
        when = {"at_ms": _ms(at)} if timed else {}
        for text in whole:
            name, _, data = text.decode("utf-8", "replace").partition("\ndata: ")
            yield {"event": name.removeprefix("event: "), "data": _readable(data.encode())} | when
    if pending:
        yield {"partial": pending.decode("utf-8", "replace")} | ({"at_ms": _ms(chunks[-1][0])} if timed else {})
