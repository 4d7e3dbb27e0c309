"""Examples that read like the conversation they are: what the client asks, what it is answered.

    Example(
        "Each result carries the id of its call.",
        ask("Oslo or Rome?", tools=[tool("get_weather")]),
        reply(call("a", "get_weather", city="Oslo")),
        ask(result("a", "4 °C")),
        reply("4 °C in Oslo."),
    )

`ask` adds a user message to the history and sends all of it; `reply` is the answer, which the client keeps as it came.
Parameters given once hold until given anew. `keep` changes what the client remembers, `again` sends the same once
more, `fails` is an error answer, `wait` lets time pass, `new` begins another conversation, `http` is any other request.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from claudemock_contracts.exchange import Ended, Event, Exchange
from claudemock_contracts.oracles import Oracles

Content = str | Mapping[str, Any]
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_BEGIN = 1_780_000_000.0
DEFAULTS: Mapping[str, Any] = {"model": "claude-opus-4-8", "max_tokens": 1024}
USAGE: Mapping[str, int] = {"input_tokens": 100, "output_tokens": 20}


def text(words: str, **fields: Any) -> dict[str, Any]:
    """A text block; `cache=True` marks it for five minutes, `cache="1h"` for an hour."""
    return _marked({"type": "text", "text": words}, fields)


def call(name: str, tool_name: str, **tool_input: Any) -> dict[str, Any]:
    """A tool call; its id is `toolu_` and `name`."""
    return {"type": "tool_use", "id": f"toolu_{name}", "name": tool_name, "input": tool_input}


def result(name: str, content: Any = None, **fields: Any) -> dict[str, Any]:
    """The result of the call `name`; `is_error=True` where the tool failed."""
    block = {"type": "tool_result", "tool_use_id": f"toolu_{name}"}
    return _marked(block if content is None else {**block, "content": content}, fields)


def thought(words: str, signature: str = "c2lnbmF0dXJl") -> dict[str, Any]:
    """A thinking block."""
    return {"type": "thinking", "thinking": words, "signature": signature}


def tool(name: str, **fields: Any) -> dict[str, Any]:
    """A tool definition with any input, or with `properties` given as `input_schema`."""
    return _marked({"name": name, "description": f"{name}.", "input_schema": {"type": "object"}}, fields)


def _marked(block: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(fields)
    cache = given.pop("cache", None)
    if cache:
        given["cache_control"] = {"type": "ephemeral"} if cache is True else {"type": "ephemeral", "ttl": cache}
    return {**block, **given}


class Scene:
    """Plays an example's steps and collects the exchanges. Steps are functions that change it."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.history: list[dict[str, Any]] = []
        self.params: dict[str, Any] = dict(DEFAULTS)
        self.headers: dict[str, str] = {}
        self.now = _BEGIN
        self.pending: dict[str, Any] | None = None
        self.sent: dict[str, Any] = {}

    def send(self, **request: Any) -> None:
        """Begin an exchange; its answer follows."""
        self.pending = {"headers": dict(self.headers), "started": self.now, **request}

    def answer(self, seconds: float = 1.0, begin: float | None = None, **response: Any) -> None:
        """End the exchange that was begun, `seconds` after its start."""
        if self.pending is None:
            raise ValueError("an answer without a request: put `ask`, `again` or `http` before it")
        start = seconds / 2 if begin is None else begin
        timing: dict[str, Any] = {"first_byte_ms": 0.0, "response_start_ms": start * 1000, "end_ms": seconds * 1000}
        name = f"exch_{len(self.exchanges) + 1}"
        self.exchanges.append(Exchange(id=name, **timing, **{"ended": "clean", **self.pending, **response}))
        self.now += seconds
        self.pending = None


Step = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Example:
    """A few exchanges that keep a contract or break it. `says` is what to see in them."""

    says: str
    steps: tuple[Step, ...]
    oracles: Oracles = field(default_factory=Oracles)

    def __init__(self, says: str, *steps: Step, oracles: Oracles | None = None) -> None:
        object.__setattr__(self, "says", says)
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "oracles", oracles or Oracles())

    def exchanges(self) -> list[Exchange]:
        """The exchanges, made anew."""
        scene = Scene()
        for step in self.steps:
            step(scene)
        if scene.pending is not None:
            scene.answer(status=None, ended=None)
        return scene.exchanges


def ask(*content: Content, headers: Mapping[str, str] | None = None, **params: Any) -> Step:
    """The client adds a user message and sends the whole history; without content it sends the history as it is."""

    def step(scene: Scene) -> None:
        scene.params.update(params)
        scene.headers.update(headers or {})
        if content:
            scene.history.append({"role": "user", "content": _content(content)})
        body = {key: value for key, value in scene.params.items() if value is not None}
        scene.sent = {**body, "messages": [dict(message) for message in scene.history]}
        scene.send(body=scene.sent)

    return step


def again(wait: float = 0.5, attempt: int | None = None) -> Step:
    """The client sends the last request once more after `wait` seconds; `attempt` is the SDK's retry counter."""

    def step(scene: Scene) -> None:
        scene.now += wait
        headers = {} if attempt is None else {"x-stainless-retry-count": str(attempt)}
        scene.send(body=scene.sent)
        if scene.pending is not None:
            scene.pending["headers"] = {**scene.headers, **headers}

    return step


def reply(
    *content: Content,
    stop_reason: str | None = None,
    usage: Mapping[str, int] | None = None,
    seconds: float = 1.0,
    begin: float | None = None,
    **fields: Any,
) -> Step:
    """The answer, which the client keeps. `fields` go into the message."""

    def step(scene: Scene) -> None:
        message = _message(scene, content, stop_reason, usage, fields)
        scene.answer(seconds, begin, status=200, response=message)
        if message["content"]:
            scene.history.append({"role": "assistant", "content": message["content"]})

    return step


def streams(
    *content: Content,
    ended: Ended = "clean",
    until: int | None = None,
    error: str | None = None,
    stop_reason: str | None = None,
    usage: Mapping[str, int] | None = None,
    keep: bool = True,
    between: Mapping[int, Event] | None = None,
    seconds: float = 1.0,
) -> Step:
    """The answer as a stream; only the first `until` events arrive, `error` is an error event behind them.

    `between` are further events, by the number of events before them.
    """

    def step(scene: Scene) -> None:
        message = _message(scene, content, stop_reason, usage, {})
        events = events_of(message)
        for place in sorted(between or {}, reverse=True):
            events.insert(place, (between or {})[place])
        events = events[:until]
        if error is not None:
            data = {"type": "error", "error": {"type": error, "message": error.replace("_", " ")}}
            events.append(Event("error", data))
        scene.answer(seconds, status=200, events=tuple(events), ended=ended)
        if keep and message["content"]:
            scene.history.append({"role": "assistant", "content": message["content"]})

    return step


def fails(
    status: int,
    *,
    error: str | None = None,
    message: str = "no",
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = 0.1,
) -> Step:
    """An error answer."""

    def step(scene: Scene) -> None:
        shown: dict[str, Any] = {"type": error or _TYPES.get(status, "api_error"), "message": message}
        if code is not None:
            shown["details"] = {"error_code": code}
        body = {"type": "error", "error": shown, "request_id": f"req_{len(scene.exchanges)}"}
        scene.answer(seconds, status=status, response=body, response_headers=dict(headers or {}))

    return step


def hangs_up(ended: Ended = "reset", *, seconds: float = 0.1) -> Step:
    """The connection ends without an answer."""
    return lambda scene: scene.answer(seconds, status=None, ended=ended)


def keep(change: Callable[[list[dict[str, Any]]], Sequence[Mapping[str, Any]]]) -> Step:
    """The client changes the history it remembers: `keep(lambda history: history[2:])`."""

    def step(scene: Scene) -> None:
        scene.history = [dict(message) for message in change(scene.history)]

    return step


def wait(seconds: float) -> Step:
    """Time passes."""

    def step(scene: Scene) -> None:
        scene.now += seconds

    return step


def at(seconds: float) -> Step:
    """What follows begins `seconds` after the example's beginning: for requests that overlap."""

    def step(scene: Scene) -> None:
        scene.now = _BEGIN + seconds

    return step


def new() -> Step:
    """Another conversation begins; parameters stay."""

    def step(scene: Scene) -> None:
        scene.history = []

    return step


def http(
    method: str,
    path: str,
    *,
    body: Any = None,
    status: int = 200,
    response: Any = None,
    seconds: float = 0.1,
    ended: Ended = "clean",
    **fields: Any,
) -> Step:
    """Any other request with its answer."""

    def step(scene: Scene) -> None:
        scene.send(method=method, path=path, body=body)
        scene.answer(seconds, status=status, response=response, ended=ended, **fields)

    return step


def events_of(message: Mapping[str, Any]) -> list[Event]:
    """A message as the events of its stream, one delta per block."""
    start = {**message, "content": [], "stop_reason": None}
    found: list[dict[str, Any]] = [{"type": "message_start", "message": start}]
    for index, block in enumerate(message["content"]):
        shell, delta = _delta(block)
        found.append({"type": "content_block_start", "index": index, "content_block": shell})
        found += [{"type": "content_block_delta", "index": index, "delta": each} for each in delta]
        found.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    found.append({"type": "message_delta", "delta": ending, "usage": message["usage"]})
    found.append({"type": "message_stop"})
    return [Event(str(data["type"]), data) for data in found]


def _delta(block: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it starts in a stream, and the deltas that fill it."""
    kind = block.get("type")
    if kind == "text":
        return {**block, "text": ""}, [{"type": "text_delta", "text": block["text"]}]
    if kind == "thinking":
        empty = {**block, "thinking": "", "signature": ""}
        return empty, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    if kind == "tool_use":
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
        return {**block, "input": {}}, deltas
    return dict(block), []


def _message(
    scene: Scene,
    content: Sequence[Content],
    stop_reason: str | None,
    usage: Mapping[str, int] | None,
    fields: Mapping[str, Any],
) -> dict[str, Any]:
    blocks = [text(each) if isinstance(each, str) else dict(each) for each in content]
    calls = any(block["type"] == "tool_use" for block in blocks)
    return {
        "id": f"msg_{len(scene.exchanges) + 1:03}",
        "type": "message",
        "role": "assistant",
        "model": scene.sent.get("model"),
        "content": blocks,
        "stop_reason": stop_reason or ("tool_use" if calls else "end_turn"),
        "stop_sequence": None,
        "usage": {**USAGE, **(usage or {})},
        **fields,
    }


def _content(content: Sequence[Content]) -> Any:
    if len(content) == 1 and isinstance(content[0], str):
        return content[0]
    return [text(each) if isinstance(each, str) else dict(each) for each in content]
