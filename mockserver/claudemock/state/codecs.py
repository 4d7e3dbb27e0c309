"""What is remembered, as JSON bytes and back."""

from dataclasses import asdict
from typing import Any

import orjson

from claudemock.engine.cost import Line
from claudemock.engine.diagnostics import Fingerprint
from claudemock.engine.limits import Bucket
from claudemock.engine.threads import Thread

_BYTES = ("identity", "others", "blocks", "whole")


def dump(value: Any) -> bytes:
    """A number or a named tuple."""
    return orjson.dumps(tuple(value) if isinstance(value, tuple) else value)


def load_line(raw: bytes) -> Line:
    """A line of the ledger."""
    requests, unpriced, tokens, amounts = orjson.loads(raw)
    return Line(requests, unpriced, tuple(tokens), tuple(amounts))


def load_bucket(raw: bytes) -> Bucket:
    """A rate limit's bucket."""
    return Bucket(*orjson.loads(raw))


def load_thread(raw: bytes) -> Thread:
    """A message thread."""
    return Thread(*orjson.loads(raw))


def dump_fingerprint(made: Fingerprint) -> bytes:
    """A fingerprint, its digests in hexadecimal."""
    plain = asdict(made)
    return orjson.dumps(plain | {name: plain[name].hex() for name in _BYTES})


def load_fingerprint(raw: bytes) -> Fingerprint:
    """The fingerprint that `dump_fingerprint` was given."""
    plain = orjson.loads(raw)
    digests = {name: bytes.fromhex(plain[name]) for name in _BYTES}
    return Fingerprint(**plain | digests | {"starts": tuple(plain["starts"])})
