"""Small changes to recorded exchanges: a node of what was sent or served is another one, or is gone."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from claudemock_contracts.exchange import Event, Exchange, read_events

Place = tuple[str | int, ...]

GONE: Final = object()
"""In place of a value: the node is left out."""


def parts_of(exchange: Exchange) -> dict[str, Any]:
    """What of an exchange can be damaged, as plain JSON."""
    events = None if exchange.events is None else [_shown(event) for event in exchange.events]
    return {
        "headers": dict(exchange.headers),
        "body": copy.deepcopy(exchange.body),
        "response_headers": dict(exchange.response_headers),
        "response": copy.deepcopy(exchange.response),
        "events": events,
    }


def whole_of(exchange: Exchange) -> dict[str, Any]:
    """All of an exchange by its fields: what `parts_of` says, and times, statuses and the like."""
    every = {field.name: copy.deepcopy(getattr(exchange, field.name)) for field in fields(exchange) if field.init}
    return {**every, **parts_of(exchange)}


def _shown(event: Event) -> dict[str, Any]:
    data = copy.deepcopy(event.data) if event.raw is None else event.raw
    return {"event": event.name, "data": data, "at_ms": event.at_ms}


def paths(value: Any, path: Place = ()) -> Iterator[Place]:
    """The places of all nodes below a JSON value."""
    items: Sequence[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield (*path, key)
        yield from paths(item, (*path, key))


def value_at(parts: Any, path: Place) -> Any:
    """The node at a place."""
    for key in path:
        parts = parts[key]
    return parts


def put(parts: dict[str, Any], path: Place, value: Any) -> None:
    """Replace the node at a place, or take it out (`GONE`)."""
    *above, last = path
    holder = value_at(parts, tuple(above))
    if value is GONE:
        del holder[last]
    else:
        holder[last] = copy.deepcopy(value)


def damaged(exchange: Exchange, parts: dict[str, Any]) -> Exchange:
    """The exchange with other parts; those that are no longer of their shape are read as a journal's would be."""
    events = parts.get("events")
    return replace(
        exchange,
        headers=_texts(parts.get("headers")),
        body=parts.get("body"),
        response_headers=_texts(parts.get("response_headers")),
        response=parts.get("response"),
        events=read_events(events) if isinstance(events, list) else None,
    )


def _texts(headers: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}


def rebuilt(whole: Mapping[str, Any]) -> Exchange:
    """The exchange that `whole_of` took apart."""
    events = whole["events"]
    return Exchange(**{**whole, "events": None if events is None else read_events(events)})
