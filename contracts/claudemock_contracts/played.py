"""A contract's example as people read it: what each request adds, what came back, and when."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from claudemock_contracts.examples import DEFAULTS, USAGE, Example
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import fragment
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.transcript import Call, Transcript, kind_of, parts_of, read_transcript, role_of

_MOST, _MOST_JSON, _MOST_BLOCKS = 60, 300, 4  # characters of a text and of JSON; blocks of a message
_SHORTLY, _LONG = 0.05, 2.0  # seconds: pauses below and answers within are not worth a word
_RESULT = ("type", "tool_use_id", "content", "cache_control")


def played(example: Example) -> Iterator[str]:
    """Its lines: `-> ` what is new in a request, `<- ` the answer, `== ` what the test tells besides."""
    story = read_transcript(example.exchanges(), oracles=example.oracles)
    before: Exchange | None = None
    for exchange in story.exchanges:
        if before is not None:
            yield from _paused(before, exchange)
        yield from (f"-> {line}" for line in _sent(story, exchange, before))
        yield f"<- {_answered(exchange, story.call(exchange))}"
        before = exchange
    yield from (f"== the test tells {line}" for line in _told(example.oracles))


def _paused(before: Exchange, now: Exchange) -> Iterator[str]:
    if before.ended_at is None or now.started is None:
        return
    pause = now.started - before.ended_at
    if abs(pause) >= _SHORTLY:
        yield f"   ({pause:.3g} s later)" if pause > 0 else "   (meanwhile)"


def _sent(story: Transcript, exchange: Exchange, before: Exchange | None) -> Iterator[str]:
    """What is new in a request: headers, parameters, messages, and where its cache breakpoints are."""
    known = before.headers if before is not None else {}
    yield from (f"{name}: {value}" for name, value in exchange.headers.items() if known.get(name) != value)
    call = story.call(exchange)
    if call is None:
        body = f" {_json(exchange.body)}" if exchange.body is not None else ""
        yield f"{exchange.method} {exchange.endpoint}{body}"
        return
    yield from _parameters(call.body, before.json() if before is not None else DEFAULTS)
    answer = call.previous.served if call.previous is not None else None
    for number in range(call.fresh if call.previous is not None else 0, len(call.messages)):
        message = call.messages[number]
        as_served = answer is not None and message.get("content") == answer.content
        said = "that answer" if as_served else _blocks(part.block for part in parts_of(message, number))
        yield f"{role_of(message)}: {said}"
    if call.previous is not None and call.prompt.breakpoints:
        places = (f"{call.prompt.location(position)} for {ttl}" for position, ttl in call.prompt.breakpoints)
        yield f"(cache breakpoints: {', '.join(places)})"


def _parameters(body: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    for name in (*body, *(name for name in known if name not in body)):
        if name == "messages" or body.get(name) == known.get(name):
            continue
        yield f"{name}: {_parameter(body.get(name), known.get(name))}" if name in body else f"(without {name})"


def _parameter(value: Any, known: Any) -> str:
    """Blocks by what they say, if that tells them from what they were; all else as JSON."""
    if isinstance(value, list):
        shown = _blocks(value)
        if not isinstance(known, list) or shown != _blocks(known):
            return shown
    return fragment(value, _MOST) if isinstance(value, str) else _json(value)


def _answered(exchange: Exchange, call: Call | None) -> str:
    took = exchange.end_ms or 0
    late = f"  (after {took / 1000:.3g} s)" if took > _LONG * 1000 else ""
    if call is None or call.served is None:
        headers = "".join(f", {name}: {value}" for name, value in exchange.response_headers.items())
        body = f" {_json(exchange.response)}" if call is None and exchange.response is not None else ""
        return ("no answer" if exchange.status is None else f"{exchange.status}{headers}{body}") + late
    served = call.served
    said = _blocks(served.content) or "(nothing)"
    ending = served.stop_reason or ("broken off" if served.streamed else "no stop reason")
    usage = {name: count for name, count in (served.usage or {}).items() if count != USAGE.get(name)}
    counted = f"  {_json(usage)}" if usage else ""
    return f"{said}  [{ending}]{counted}{late}"


def _told(oracles: Oracles) -> Iterator[str]:
    untold = Oracles()
    for each in fields(oracles):
        value = getattr(oracles, each.name)
        if value != getattr(untold, each.name):
            yield f"{each.name}: {_json(value)}"


def _blocks(blocks: Iterable[Any]) -> str:
    said = list(map(_block, blocks))
    more = len(said) - _MOST_BLOCKS
    return ", ".join(said if more <= 1 else [*said[:_MOST_BLOCKS], f"… and {more} more"])


def _block(block: Any) -> str:
    kind, shown = kind_of(block), block if isinstance(block, dict) else {}
    control = shown.get("cache_control")
    lifetime = control.get("ttl") if isinstance(control, dict) else None
    marked = f" [cache{f' {lifetime}' if lifetime else ''}]" if control else ""
    if kind == "text":
        return fragment(shown.get("text"), _MOST) + marked
    if kind == "tool_use":
        given = ", ".join(f"{name}={_json(value)}" for name, value in (shown.get("input") or {}).items())
        return f"{shown.get('name')}({given}) as {shown.get('id')}{marked}"
    if kind == "tool_result":
        content = shown.get("content")
        said = _blocks(content) if isinstance(content, list) else fragment(content, _MOST)
        more = {name: value for name, value in shown.items() if name not in _RESULT}
        return f"result of {shown.get('tool_use_id')}: {said}{f' {_json(more)}' if more else ''}{marked}"
    return f"{shown.get('name') or kind}{marked}"


def _json(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)
    return text if len(text) <= _MOST_JSON else f"{text[: _MOST_JSON - 1]}…"


def _plain(value: Any) -> Any:
    """What JSON cannot say: what a test tells is in dataclasses, of which most fields are None, and in sets."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: told for name, told in asdict(value).items() if told is not None}
    return sorted(value) if isinstance(value, frozenset) else str(value)
