"""What a response to POST /v1/messages said: the message put together, or the error, and what was wrong with it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claudemock_contracts.exchange import Event, Exchange
from claudemock_contracts.transcript.sse import parse_events

_GROWS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
_BLOCK_EVENTS = frozenset({"content_block_start", "content_block_delta", "content_block_stop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A message as served. Of a stream that ended early, what had arrived.

    `complete` is False if the stream lacks its stop reason or its end. `broken_inputs` holds the text of tool inputs
    that are not JSON, by block index; the block's own `input` is then empty.
    """

    id: str | None
    content: Sequence[Mapping[str, Any]]
    stop_reason: str | None
    usage: Mapping[str, Any]
    model: str | None = None
    streamed: bool = False
    complete: bool = True
    stopped: bool = True  # a stream: `message_stop` was seen
    error: Mapping[str, Any] | None = None  # a stream: the `error` of its error event
    problems: tuple[str, ...] = ()
    broken_inputs: Mapping[int, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)  # all of the message's fields

    def blocks(self, kind: str) -> list[Mapping[str, Any]]:
        """The content blocks of one type."""
        return [block for block in self.content if block.get("type") == kind]

    @property
    def text(self) -> str:
        """All text, joined."""
        return "".join(str(block.get("text") or "") for block in self.blocks("text"))

    @property
    def tool_ids(self) -> list[str]:
        """The ids of its calls to client tools, in order."""
        return [block["id"] for block in self.blocks("tool_use") if isinstance(block.get("id"), str)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An error answer. `code` is `error.details.error_code`; `retry_after` is in seconds, None where there was none."""

    status: int
    type: str | None
    message: str
    code: str | None
    retry_after: float | None
    should_retry: bool | None


def read_served(exchange: Exchange) -> Served | None:
    """The message of a good answer, whole or in part; None if it has none."""
    events = exchange.events
    if events is None and isinstance(exchange.response, str) and _is_stream(exchange):
        events = parse_events(exchange.response)
    if events is not None:
        return assemble(events)
    body = exchange.response
    if exchange.status is not None and exchange.status >= 400:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("content"), list):
        return None
    return _whole(body)


def read_refused(exchange: Exchange) -> Refused | None:
    """The error of an answer with a status of 400 or more; None for any other."""
    if exchange.status is None or exchange.status < 400:
        return None
    body = exchange.response if isinstance(exchange.response, dict) else {}
    found = body.get("error")
    error = found if isinstance(found, dict) else {}
    details = error.get("details")
    kind = error.get("type")
    asked = exchange.response_headers.get("x-should-retry", "").lower()
    return Refused(
        status=exchange.status,
        type=kind if isinstance(kind, str) else None,
        message=str(error.get("message") or ""),
        code=_string(details.get("error_code")) if isinstance(details, dict) else None,
        retry_after=_seconds(exchange.response_headers),
        should_retry={"true": True, "false": False}.get(asked),
    )


def assemble(events: Iterable[Event]) -> Served:
    """A message from its events; malformed ones are noted, never fatal."""
    building = _Building()
    for event in events:
        building.take(event)
    return building.done()


class _Building:
    """A message while its events come in."""

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        self.blocks: dict[int, dict[str, Any]] = {}
        self.inputs: dict[int, list[str]] = {}
        self.open: set[int] = set()
        self.usage: dict[str, Any] = {}
        self.stop_reason: str | None = None
        self.started = self.stopped = False
        self.error: Mapping[str, Any] | None = None
        self.problems: list[str] = []

    def take(self, event: Event) -> None:
        data = event.data
        if not isinstance(data, dict):
            if event.raw is None or event.raw.strip() or data is not None:
                self.problems.append(f"data of event {event.name or '(unnamed)'} is not a JSON object")
            return
        kind = _string(data.get("type"))
        if kind in _BLOCK_EVENTS:
            self._block(kind, data)
        elif kind == "message_start":
            self._start(data.get("message"))
        elif kind == "message_delta":
            self._delta(data)
        elif kind == "message_stop":
            self.stopped = True
        elif kind == "error":
            error = data.get("error")
            self.error = error if isinstance(error, dict) else {}

    def _start(self, message: object) -> None:
        if self.started:
            self.problems.append("a second message_start")
        self.started = True
        self.message = dict(message) if isinstance(message, dict) else {}
        usage = self.message.get("usage")
        self.usage = dict(usage) if isinstance(usage, dict) else {}

    def _delta(self, data: Mapping[str, Any]) -> None:
        delta, usage = data.get("delta"), data.get("usage")
        if isinstance(delta, dict):
            self.message.update({key: value for key, value in delta.items() if value is not None})
            reason = delta.get("stop_reason")
            self.stop_reason = reason if isinstance(reason, str) else self.stop_reason
        if isinstance(usage, dict):
            self.usage.update({key: value for key, value in usage.items() if value is not None})

    def _block(self, kind: str, data: Mapping[str, Any]) -> None:
        index = data.get("index")
        if not isinstance(index, int):
            self.problems.append(f"{kind} without an index")
            return
        if kind == "content_block_start":
            block = data.get("content_block")
            if index in self.blocks:
                self.problems.append(f"block {index} starts twice")
            self.blocks[index] = dict(block) if isinstance(block, dict) else {}
            self.open.add(index)
        elif index not in self.blocks:
            self.problems.append(f"{kind} for block {index}, which did not start")
        elif kind == "content_block_stop":
            self.open.discard(index)
        else:
            self._grow(index, data.get("delta"))

    def _grow(self, index: int, delta: object) -> None:
        if not isinstance(delta, dict):
            return
        kind, block = delta.get("type"), self.blocks[index]
        name = _GROWS.get(kind) if isinstance(kind, str) else None
        if name is not None:
            block[name] = str(block.get(name) or "") + str(delta.get(name) or "")
        elif kind == "input_json_delta":
            self.inputs.setdefault(index, []).append(str(delta.get("partial_json") or ""))
        elif kind == "citations_delta":
            found = block.get("citations")
            block["citations"] = [*(found if isinstance(found, list) else []), delta.get("citation")]
        elif kind == "compaction_delta":
            block["content"] = delta.get("content")

    def done(self) -> Served:
        broken = {}
        for index, pieces in self.inputs.items():
            text = "".join(pieces)
            if not text.strip():
                continue
            try:
                self.blocks[index]["input"] = json.loads(text)
            except (ValueError, RecursionError):
                broken[index] = text
        complete = self.stop_reason is not None and self.error is None
        if not self.started and self.error is None:
            self.problems.append("no message_start")
        content = [self.blocks[index] for index in sorted(self.blocks)]
        message = {**self.message, "content": content, "usage": self.usage}
        return Served(
            id=_string(self.message.get("id")),
            content=content,
            stop_reason=self.stop_reason,
            usage=self.usage,
            model=_string(self.message.get("model")),
            streamed=True,
            complete=complete,
            stopped=self.stopped,
            error=self.error,
            problems=tuple(self.problems),
            broken_inputs=broken,
            raw=message,
        )


def _whole(body: Mapping[str, Any]) -> Served:
    usage = body.get("usage")
    return Served(
        id=_string(body.get("id")),
        content=[block for block in body["content"] if isinstance(block, dict)],
        stop_reason=_string(body.get("stop_reason")),
        usage=usage if isinstance(usage, dict) else {},
        model=_string(body.get("model")),
        raw=body,
    )


def _is_stream(exchange: Exchange) -> bool:
    if "event-stream" in exchange.response_headers.get("content-type", ""):
        return True
    return str(exchange.response).startswith(("event:", "data:"))


def _seconds(headers: Mapping[str, str]) -> float | None:
    """What `retry-after-ms`, then `retry-after` ask for, if a number; dates are left to the retry rules."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            return float(headers[name]) / unit
        except (KeyError, ValueError):
            continue
    return None


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None
