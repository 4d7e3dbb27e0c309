"""One HTTP request and its response as the judges see it: whatever recorded it, and however much is missing.

Nothing here fails on strange traffic. What a recording does not hold is None, and a rule that needs it says
`inconclusive`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

Ended = Literal["clean", "cut", "reset", "client_gone"]
_ENDS: Mapping[str, Ended] = {"clean": "clean", "cut": "cut", "reset": "reset", "client_gone": "client_gone"}


class Event(NamedTuple):
    """One event of a stream: its name, its JSON (None: there was none), when it was sent, and its text if not JSON."""

    name: str | None
    data: Any
    at_ms: float | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its response. Times are milliseconds since the request's first byte; `started` is in seconds.

    `body` and `response` are parsed JSON, or text that is none. A stream is in `events`, or as text in `response`.
    `intended` is the body that would have been sent had no fault kept it back, `slept` how many seconds the client
    then slept in virtual time.
    `scope` keeps tests apart: exchanges of two scopes are never compared. `caller` is the user's line that made the
    call (`file.py:12`), `source` where it was recorded (`run.har:3`).
    """

    id: str
    method: str = "POST"
    path: str = "/v1/messages"
    query: str = ""
    host: str | None = None
    scope: str = "default"
    workspace: str | None = None
    started: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response: Any = None
    intended: Any = None
    events: tuple[Event, ...] | None = None
    first_byte_ms: float | None = None
    response_start_ms: float | None = None
    end_ms: float | None = None
    ended: Ended | None = None
    faults: tuple[Mapping[str, Any], ...] = ()
    slept: tuple[float, ...] = ()
    test: str | None = None
    caller: str | None = None
    source: str | None = None
    endpoint: str = field(init=False, default="")
    """The path from `/v1/` on, without a trailing slash: `/v1/messages`."""

    def __post_init__(self) -> None:
        start = self.path.find("/v1/")
        object.__setattr__(self, "endpoint", self.path[max(start, 0) :].rstrip("/"))

    @property
    def failed(self) -> bool:
        """Whether the client got no complete answer with a good status, as far as the HTTP layer tells."""
        return self.status is None or self.status >= 400 or self.ended in ("cut", "reset")

    @property
    def response_began(self) -> float | None:
        """When the response began, in seconds since the epoch."""
        return self._at(self.response_start_ms)

    @property
    def ended_at(self) -> float | None:
        """When the response ended, in seconds since the epoch."""
        return self._at(self.end_ms)

    @property
    def retry_count(self) -> int | None:
        """What the official SDK says about this attempt: 0 for the first; None without its header."""
        return whole(self.headers.get("x-stainless-retry-count"))

    def json(self) -> dict[str, Any]:
        """The body as an object; an empty one if it is none."""
        return self.body if isinstance(self.body, dict) else {}

    def digest(self) -> bytes:
        """What a resent request has in common with the first, endpoint and body, however spelled."""
        try:
            body = json.dumps(self.body, sort_keys=True, ensure_ascii=True)
        except (TypeError, ValueError, RecursionError):
            body = repr(self.body)
        return blake2b(f"{self.method} {self.endpoint}\0{body}".encode("utf-8", "replace"), digest_size=16).digest()

    def _at(self, offset: float | None) -> float | None:
        return None if self.started is None or offset is None else self.started + offset / 1000


def from_journal(entry: Any, *, test: str | None = None) -> Exchange:
    """An exchange as the mock's control API shows it (`GET /_mock/exchanges`, one line of a journal).

    Raises `ValueError` if it is no exchange at all; single fields may be missing or strange.
    """
    if not isinstance(entry, Mapping) or not ("path" in entry or "request" in entry):
        raise ValueError("not an exchange: it has neither `path` nor `request`")
    request, response, timing = (_mapping(entry.get(key)) for key in ("request", "response", "timing"))
    events = response.get("events")
    headers = lowered(request.get("headers"))
    return Exchange(
        id=str(entry.get("id") or "?"),
        method=_text(entry.get("method")) or "POST",
        path=_text(entry.get("path")) or "/v1/messages",
        query=_text(entry.get("query")) or "",
        host=headers.get("host"),
        scope=_text(entry.get("scope")) or "default",
        workspace=_text(entry.get("workspace")),
        started=seconds(entry.get("started_at")),
        headers=headers,
        body=request.get("body"),
        status=whole(response.get("status")) or None,
        response_headers=lowered(response.get("headers")),
        response=response.get("body"),
        intended=_mapping(response.get("intended")).get("body"),
        events=read_events(events) if isinstance(events, list) else None,
        first_byte_ms=number(timing.get("first_byte_ms")),
        response_start_ms=number(timing.get("response_start_ms")),
        end_ms=number(timing.get("end_ms")),
        ended=_ended(entry.get("ended")),
        faults=tuple(fault for fault in _list(entry.get("faults")) if isinstance(fault, Mapping)),
        slept=_numbers(entry.get("slept")),
        test=test or _text(entry.get("test")),
        caller=_text(entry.get("caller")),
        source=_text(entry.get("source")),
    )


def read_events(events: Sequence[Any]) -> tuple[Event, ...]:
    """Events given as objects with `event` and `data`; `partial` is text of an event that was cut."""
    found = []
    for event in events:
        shown = event if isinstance(event, Mapping) else {"partial": str(event)}
        data = shown.get("data")
        raw = data if isinstance(data, str) else shown.get("partial")
        name = _text(shown.get("event"))
        if isinstance(data, str):
            data = None
        found.append(Event(name, data, number(shown.get("at_ms")), None if raw is None else str(raw)))
    return tuple(found)


def lowered(headers: object) -> Mapping[str, str]:
    """Headers with names in lower case; values of several lines joined by commas."""
    if not isinstance(headers, Mapping):
        return {}
    found = {}
    for name, value in headers.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        found[str(name).lower()] = shown
    return found


def seconds(instant: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 instant or of a number; None for anything else."""
    if isinstance(instant, str):
        try:
            return datetime.fromisoformat(instant).timestamp()
        except (ValueError, OverflowError):
            return None
    return number(instant)


def number(value: object) -> float | None:
    """A JSON number; None for anything else, and for one that no float holds."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None


def whole(value: object) -> int | None:
    """A whole number, given as one or in digits; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else None


def _ended(value: object) -> Ended | None:
    return _ENDS.get(value) if isinstance(value, str) else None


def _numbers(values: object) -> tuple[float, ...]:
    found = [number(value) for value in values] if isinstance(values, list) else []
    return tuple(value for value in found if value is not None)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
