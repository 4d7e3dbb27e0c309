"""Ended exchanges as bytes and back, for a journal that several processes share."""

from dataclasses import fields
from typing import Any

import orjson

from claudemock.journal import Exchange

_RAW = ("body", "_packed", "usage")
_APART = ("headers", "named", "response_headers", "chunks", "cost", "betas", "source", "began")


class Shown:
    """A cost that is already JSON."""

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
    plain["cost"] = None if exchange.cost is None else exchange.cost.to_json()
    head = {"plain": plain, "at": [at for at, _ in exchange.chunks], "lengths": [len(part) for part in parts]}
    return b"\n".join([orjson.dumps(head), b"".join(parts)])


def load(stored: bytes) -> Exchange:
    """The exchange that `dump` was given."""
    line, _, rest = stored.partition(b"\n")
    head = orjson.loads(line)
    parts, at = [], 0
    for length in head["lengths"]:
        parts.append(rest[at : at + length])
        at += length
    body, packed, usage, headers, *chunks = parts
    plain = head["plain"]
    cost = plain.pop("cost")
    exchange = Exchange(
        **plain,
        headers=[],
        named={},
        began=0.0,
        body=body,
        usage=usage or None,
        response_headers=[(name, value) for name, _, value in (each.partition(b": ") for each in headers.split(b"\n"))],
        chunks=list(zip(head["at"], chunks, strict=True)),
        cost=None if cost is None else Shown(cost),
    )
    exchange._packed = packed
    return exchange
