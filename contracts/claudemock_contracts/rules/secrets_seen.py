"""Judging where credentials go (R58). Nothing here ever shows one: findings name its place, and a digest."""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.transcript import Call, Transcript

_MARK = "sk-ant-"
_KEY = re.compile(r"sk-ant-(?!mock)[A-Za-z0-9_-]{20,}")
_VARIED = 8  # different characters in a key; xxxx is none
_HIDDEN = "…"
_LEAST = 16  # characters of a credential that is looked for in texts
_DEPTH = 20
_OWN_HOSTS = ("anthropic.com", "localhost", "127.0.0.1", "testserver", "[::1]")


def kept_secret(story: Transcript) -> Iterator[Outcome]:
    """R58."""
    if story.exchanges:
        yield EXERCISED
    credentials = {value for exchange in story.exchanges for value in _credentials(exchange) if len(value) >= _LEAST}
    for number, exchange in enumerate(story.exchanges):
        yield from _two_at_once(exchange)
        yield from _in_address(exchange, credentials)
        yield from _redirected(exchange, story.exchanges[number + 1] if number + 1 < len(story.exchanges) else None)
    for call in story.calls:
        yield from _in_prompt(call, credentials)
    for exchange in story.exchanges:
        if story.call(exchange) is None:
            yield from _in_upload(exchange, credentials)
    yield from _in_output(story, credentials)


def _credentials(exchange: Exchange) -> list[str]:
    """The credentials in its headers, as far as the recording holds them."""
    found = [exchange.headers.get("x-api-key", ""), _token(exchange)]
    return [value for value in found if value and _HIDDEN not in value and "*" not in value and " " not in value]


def _token(exchange: Exchange) -> str:
    scheme, _, token = exchange.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _two_at_once(exchange: Exchange) -> Iterator[Observation]:
    key, token = exchange.headers.get("x-api-key", ""), _token(exchange)
    if not key or not token or key == token:
        return
    shown = len(_credentials(exchange)) == 2
    gateway = exchange.host is not None and not any(host in exchange.host for host in _OWN_HOSTS)
    yield Observation(
        kind="two credentials",
        expected="one credential: x-api-key or Authorization, not both",
        actual="both headers are sent, with different values"
        + ("; the gateway may need that" if gateway else "" if shown else ", as far as the recording shows"),
        at=exchange,
        path="headers.authorization",
        verdict="note" if gateway else None if shown else "inconclusive",
    )


def _in_address(exchange: Exchange, credentials: set[str]) -> Iterator[Observation]:
    for place, text in (("path", exchange.path), ("query", exchange.query)):
        secret = _secret(text, credentials)
        if secret is not None:
            yield _leak("in the address", f"the {place} of the URL", secret, exchange, place)


def _in_prompt(call: Call, credentials: set[str]) -> Iterator[Observation]:
    same = call.previous is not None and call.previous.body.get("system") == call.body.get("system")
    places: list[tuple[str, Any]] = [] if same else [("system", call.body.get("system"))]
    places.append(("metadata", call.body.get("metadata")))
    fresh = range(max(call.fresh, call.offset), len(call.messages))
    places += [(f"messages.{number - call.offset}", call.messages[number]) for number in fresh]
    for place, value in places:
        for path, text in _texts(value, place, _DEPTH):
            secret = _secret(text, credentials)
            if secret is not None:
                yield _leak("in the prompt", "the request's body", secret, call.exchange, path)
                break


def _in_upload(exchange: Exchange, credentials: set[str]) -> Iterator[Observation]:
    """In the rows of a batch, or in a file: its content, as far as it was recorded, and its name."""
    leaks = ((path, _secret(text, credentials)) for path, text in _texts(exchange.body, "", _DEPTH))
    path, secret = next((leak for leak in leaks if leak[1] is not None), ("", None))
    if secret is not None:
        yield _leak("in the prompt", "the request's body", secret, exchange, path.removeprefix("."))


def _texts(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict) and depth:
        for name, item in value.items():
            if name not in ("signature", "data"):
                yield from _texts(item, f"{path}.{name}", depth - 1)
    elif isinstance(value, list) and depth:
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}.{index}", depth - 1)


def _in_output(story: Transcript, credentials: set[str]) -> Iterator[Observation]:
    for text in story.oracles.output_texts:
        secret = _secret(text, credentials)
        if secret is not None and story.exchanges:
            yield _leak("in the output", "what the program logged or printed", secret, story.exchanges[-1], "")
            return


def _redirected(exchange: Exchange, later: Exchange | None) -> Iterator[Observation]:
    """A credential sent on to another host, because an answer said so."""
    target = urlsplit(exchange.response_headers.get("location", "")).netloc
    if exchange.status not in (301, 302, 303, 307, 308) or not target or target == exchange.host:
        return
    if later is None or later.host != target or not _has_credential(later.headers):
        return
    yield Observation(
        kind="sent on",
        expected="a credential goes to the host it is meant for",
        actual=f"a redirect to {target} was followed with the credential",
        at=later,
        path="headers",
        also=[exchange],
    )


def _has_credential(headers: Mapping[str, str]) -> bool:
    return bool(headers.get("x-api-key") or headers.get("authorization"))


def _secret(text: str, credentials: set[str]) -> str | None:
    """A credential in a text: one that the program uses, or one that looks real."""
    for value in credentials:
        if value in text:
            return value
    if _MARK not in text:
        return None
    real = (found[0] for found in _KEY.finditer(text) if len(set(found[0][len(_MARK) :])) >= _VARIED)
    return next(real, None)


def _leak(kind: str, where: str, secret: str, at: Exchange, path: str) -> Observation:
    digest = blake2b(secret.encode("utf-8", "replace"), digest_size=4).hexdigest()
    return Observation(
        kind=kind,
        expected="a credential is in its header and nowhere else",
        actual=f"{where} holds a credential of {len(secret)} characters (digest {digest})",
        at=at,
        path=path,
    )
