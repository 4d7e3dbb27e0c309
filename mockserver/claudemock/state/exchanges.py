"""Ended exchanges as bytes and back, for a journal that several processes share."""

from dataclasses import fields
from typing import Any

import orjson

from claudemock.journal import Exchange

_RAW = ("body", "_packed", "usage", "intended")
_APART = ("headers", "named", "response_headers", "chunks", "cost", "faults", "betas", "source")


class Shown:
    """A cost or a fault that is already JSON."""

    __slots__ = ("_json",)

    def __init__(self, json: Any) -> None:
        self._json = json

    def to_json(self) -> Any:
        """The JSON."""
        return self._json


def dump(exchange: Exchange) -> bytes:
    """A packed exchange: a line of JSON with the lengths of what follows it as it is."""
    plain = {
        each.name: getattr(exchange, each.name)
        for each in fields(exchange)
        if each.name not in _RAW and each.name not in _APART
    }
    headers = b"\n".join(b"%b: %b" % pair for pair in exchange.response_headers)
    raw = [getattr(exchange, name) for name in _RAW]
    parts = [part or b"" for part in (*raw, headers, *(chunk for _, chunk in exchange.chunks))]
    head = {
        "plain": plain,
        "cost": None if exchange.cost is None else exchange.cost.to_json(),
        "faults": [fault.to_json() for fault in exchange.faults],
        "at": [at for at, _ in exchange.chunks],
        "lengths": [len(part) for part in parts],
        "missing": [name for name, part in zip(_RAW, raw, strict=True) if part is None],
    }
    return b"\n".join([orjson.dumps(head), b"".join(parts)])


def load(stored: bytes) -> Exchange:
    """The exchange that `dump` was given."""
    line, _, rest = stored.partition(b"\n")
    head = orjson.loads(line)
    parts, at = [], 0
    for length in head["lengths"]:
        parts.append(rest[at : at + length])
        at += length
    raw: dict[str, Any] = {
        name: None if name in head["missing"] else part for name, part in zip(_RAW, parts, strict=False)
    }
    headers, *chunks = parts[len(_RAW) :]
    packed, plain = raw.pop("_packed"), head["plain"] | {"slept": tuple(head["plain"]["slept"])}
    exchange = Exchange(
        **plain,
        **raw,
        headers=[],
        named={},
        response_headers=[(name, value) for name, _, value in (each.partition(b": ") for each in headers.split(b"\n"))],
        chunks=list(zip(head["at"], chunks, strict=True)),
        cost=None if head["cost"] is None else Shown(head["cost"]),
        faults=[Shown(fault) for fault in head["faults"]],
    )
    exchange._packed = packed
    return exchange
