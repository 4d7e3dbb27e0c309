"""The requests that findings are about, cut down to what may be shown: secrets never, prompts only in pieces."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Literal

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Finding, clean

_LONG = 160  # characters of a text that are shown; the rest is counted
_MOST = 2  # exchanges of a finding


def compared(
    findings: Iterable[Finding], exchanges: Sequence[Exchange], redact: Literal["fragments", "hashes", "off"]
) -> dict[str, dict[str, Any]]:
    """By exchange id: method, path, status, body and the line of code. `hashes` shows no text of a prompt at all."""
    by_id = {exchange.id: exchange for exchange in exchanges}
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


def _redacted(value: Any, redact: str) -> Any:
    if isinstance(value, str):
        return _text(clean(value), redact)
    if isinstance(value, dict):
        return {key: item if key in _PLAIN else _redacted(item, redact) for key, item in value.items()}
    return [_redacted(item, redact) for item in value] if isinstance(value, list) else value


_PLAIN = frozenset({"type", "role", "model", "name", "id", "tool_use_id", "stop_reason"})


def _text(text: str, redact: str) -> str:
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()
    if redact == "hashes":
        return f"({len(text)} characters, {digest})"
    if redact == "off" or len(text) <= _LONG:
        return text
    return f"{text[: _LONG // 2]} … ({len(text)} characters, {digest}) … {text[-_LONG // 2 :]}"
