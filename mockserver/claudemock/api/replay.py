"""Recorded traffic, sent again, is read kindly where recorders are known to damage it.

INTENTIONAL DIVERGENCE from the API, which would refuse or answer without the lost header. No live client sends such
requests; people who replay cassettes do.

- A recorder that redacts every header leaves `anthropic-version: <redacted>`.
- A recorder that drops `anthropic-beta` drops it from Claude Code's requests too, which always carry
  `context-management` (157 of 157 recorded ones with the header); they are known by the billing line that opens their
  system prompt.
- A recorder that keeps no headers loses those of everybody (24 recorded requests of one client, answered 200). Where
  models of the past are served (`--models known`), a request without the header has the betas that its parameters and
  its types of tools and blocks need. Elsewhere it is refused: a program that forgot the header has to learn it.
- Files were uploaded to the API, perhaps in another recording. Where models of the past are served (`--models known` or
  `any`), ids that the API made stand for files that are there and cannot be looked into.
"""

import re
from collections.abc import Mapping
from typing import Any

from claudemock.journal import Exchange
from claudemock.prompt.breakpoints import kind_of
from claudemock.prompt.segments import content_of, listed
from claudemock.wire.version import FIELDS, TYPES
from claudemock.world import World

_REDACTED = re.compile(r"\W*redacted\W*", re.IGNORECASE)
_OLD_VERSION = "2023-06-01"
_BILLING_LINE = "x-anthropic-billing-header:"
_CLAUDE_CODE = frozenset({"context-management-2025-06-27"})
_OBJECTS = ("output_config", "thinking")  # parameters with fields that need a header of their own


def version_of(header: str) -> str:
    """The `anthropic-version` that is meant: a redacted one means the version every recording of its time had."""
    return _OLD_VERSION if _REDACTED.fullmatch(header) else header


def betas_of(world: World, exchange: Exchange, data: Any) -> frozenset[str]:
    """The betas that are meant by a request body, `data`, and the exchange's `anthropic-beta` header."""
    betas = exchange.betas
    if not isinstance(data, dict) or exchange.header(b"anthropic-beta") is not None:
        return betas
    system = data.get("system")
    first = system[0] if isinstance(system, list) and system else None
    text = first.get("text") if isinstance(first, dict) else None
    if isinstance(text, str) and text.startswith(_BILLING_LINE):
        betas |= _CLAUDE_CODE
    return betas | _needed(data) if world.settings.models == "known" else betas


def _needed(data: Mapping[str, Any]) -> frozenset[str]:
    """The oldest betas that open the request's parameters, and its types of tools and blocks."""
    names = {*data, *(f"{name}.{key}" for name in _OBJECTS for key in _keys(data.get(name)))}
    turns = [message.get("content") for message in listed(data.get("messages")) if isinstance(message, dict)]
    kinds = {kind_of(block) for blocks in (data.get("tools"), *turns) for block in content_of(blocks)}
    gates = [TYPES[kind] for kind in sorted(kinds & TYPES.keys())] + [
        FIELDS[name] for name in sorted(names & FIELDS.keys())
    ]
    betas: set[str] = set()
    for gate in gates:
        if gate.betas and betas.isdisjoint(gate.betas):
            betas.add(min(gate.betas, key=lambda beta: beta[-10:]))  # each ends in its date
    return frozenset(betas)


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else []
