"""The requests that findings are about, cut down to what may be shown: secrets never, prompts only in pieces."""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Literal

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Finding, clean

_LONG = 160  # characters of a text that are shown; the rest is counted
_MOST = 2  # exchanges of a finding
_PLAIN = frozenset({"type", "role", "model", "name", "id", "tool_use_id", "stop_reason"})
_HIDDEN = frozenset({"authorization_token"})  # of MCP servers; the mock never stores it, recordings may hold it
_FREE = frozenset({"input", "metadata"})  # objects whose keys are the user's own


def compared(
    findings: Iterable[Finding], exchanges: Sequence[Exchange], redact: Literal["fragments", "hashes", "off"]
) -> dict[str, dict[str, Any]]:
    """By exchange id: method, path, status, body and the line of code. `hashes` shows no text of a prompt at all.

    Two recordings may use one id for different exchanges; those are left out.
    """
    ids = Counter(exchange.id for exchange in exchanges)
    by_id = {exchange.id: exchange for exchange in exchanges if ids[exchange.id] == 1}
    wanted = dict.fromkeys(name for finding in findings for name in finding.exchanges[:_MOST])
    return {name: _shown(by_id[name], redact) for name in wanted if name in by_id}


def _shown(exchange: Exchange, redact: str) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "path": exchange.path,
        "status": exchange.status,
        "caller": exchange.caller,
        "body": _redacted(exchange.body, redact),
    }


def _redacted(value: Any, redact: str, plain: frozenset[str] = _PLAIN) -> Any:
    """`plain` are the keys whose texts are the API's words, and shown whole; below `input` every text is a prompt's."""
    if isinstance(value, str):
        return _text(clean(value), redact)
    if isinstance(value, list):
        return [_redacted(item, redact, plain) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {}
    for key, item in value.items():
        if key in _HIDDEN:
            shown[key] = "(redacted)"
        elif key in plain and isinstance(item, str) and len(item) <= _LONG:
            shown[key] = clean(item)
        else:
            shown[key] = _redacted(item, redact, plain if key not in _FREE else frozenset())
    return shown


def _text(text: str, redact: str) -> str:
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    if redact == "hashes":
        return f"({len(text)} characters, {digest})"
    if redact == "off" or len(text) <= _LONG:
        return text
    return f"{text[: _LONG // 2]} … ({len(text)} characters, {digest}) … {text[-_LONG // 2 :]}"
