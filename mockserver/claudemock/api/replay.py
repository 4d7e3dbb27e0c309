"""Recorded traffic, sent again, is read kindly where recorders are known to damage it.

INTENTIONAL DIVERGENCE from the API, which would refuse or answer without the lost header. No live client sends such
requests; people who replay cassettes do.

- A recorder that redacts every header leaves `anthropic-version: <redacted>`.
- A recorder that drops `anthropic-beta` drops it from Claude Code's requests too, which always carry
  `context-management` (157 of 157 recorded ones with the header); they are known by the billing line that opens their
  system prompt.
- Files were uploaded to the API, perhaps in another recording. Where models of the past are served (`--models known` or
  `any`), ids that the API made stand for files that are there and cannot be looked into.
"""

import re
from typing import Any

_REDACTED = re.compile(r"\W*redacted\W*", re.IGNORECASE)
_OLD_VERSION = "2023-06-01"
_BILLING_LINE = "x-anthropic-billing-header:"
_CLAUDE_CODE = frozenset({"context-management-2025-06-27"})


def version_of(header: str) -> str:
    """The `anthropic-version` that is meant: a redacted one means the version every recording of its time had."""
    return _OLD_VERSION if _REDACTED.fullmatch(header) else header


def betas_of(data: Any, header: str | None, betas: frozenset[str]) -> frozenset[str]:
    """The betas that are meant by a request body and its `anthropic-beta` header (None: there is none)."""
    if header is not None or not isinstance(data, dict):
        return betas
    system = data.get("system")
    first = system[0] if isinstance(system, list) and system else None
    text = first.get("text") if isinstance(first, dict) else None
    return betas | _CLAUDE_CODE if isinstance(text, str) and text.startswith(_BILLING_LINE) else betas
