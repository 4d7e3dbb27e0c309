"""Server-sent events, read tolerantly: whatever a server or a recorder did to a stream, its events come out."""

import json
from collections.abc import Iterator

from claudemock_contracts.exchange import Event


def parse_events(text: str) -> tuple[Event, ...]:
    """The events of a stream's text, in any of the line endings the standard allows.

    Comments are dropped. An event whose data is not JSON keeps it as `raw`. What follows the last blank line was cut:
    it becomes an event only if it is whole.
    """
    return tuple(_events(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")))


def _events(text: str) -> Iterator[Event]:
    *whole, rest = text.split("\n\n")
    for chunk in whole:
        event = _event(chunk)
        if event is not None:
            yield event
    if rest.strip():
        last = _event(rest)
        if last is not None:
            yield last if last.data is not None else Event(None, None, None, rest)


def _event(chunk: str) -> Event | None:
    name, data = None, []
    for line in chunk.split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    if name is None and not data:
        return None
    raw = "\n".join(data)
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        return Event(name, None, None, raw)
    return Event(name, parsed)
