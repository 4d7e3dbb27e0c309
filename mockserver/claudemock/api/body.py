"""Reading a request's body: within its limit while it arrives, decompressed within it too, then parsed as JSON."""

import zlib
from typing import Any

import orjson

from claudemock.api.asgi import Receive
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError, invalid_request

_DRAIN = 4  # a body up to this many times over its limit is read to its end, so that the client gets to see the 413
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class ClientGoneError(Exception):
    """The client hung up before its request was whole."""


def too_large() -> ApiError:
    """413, worded as the edge in front of the API words it (ERRORS Q108, docs; Q109 is the documentation's wording)."""
    return ApiError(413, "request_too_large", "Request exceeds the maximum size")


async def read_body(receive: Receive, exchange: Exchange, limit: int) -> bytes:
    """The whole body, decompressed. Raises `ApiError` 413 over `limit` bytes, 400 for an encoding it cannot read."""
    raw = await _receive(receive, exchange, limit)
    encoding = (exchange.header(b"content-encoding") or "identity").strip().lower()
    body = raw if encoding in ("identity", "") else decompress(raw, encoding, limit)
    exchange.body, exchange.body_size = body, len(raw)
    return body


async def _receive(receive: Receive, exchange: Exchange, limit: int) -> bytes:
    declared = exchange.header(b"content-length")
    if declared is not None and declared.isdecimal() and int(declared) > limit * _DRAIN:
        raise too_large()
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    first: bytes = message.get("body", b"")
    if not message.get("more_body") and len(first) <= limit:
        return first
    parts, size = [first], len(first)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part = message.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
            if size > limit * _DRAIN:
                break
    exchange.body_size = size
    if size > limit:
        raise too_large()
    return b"".join(parts)


def decompress(raw: bytes, encoding: str, limit: int) -> bytes:
    """Gzip or deflate, never beyond `limit` bytes. Raises `ApiError` 400 or 413 (codes: API-FACTS §1.6)."""
    window = _WINDOWS.get(encoding)
    if window is None:
        raise invalid_request(
            f"Unsupported Content-Encoding: {encoding[:40]!r}. Supported encodings: gzip, deflate.",
            error_code="request_body_encoding_unsupported",
        )
    inflater = zlib.decompressobj(window)
    try:
        body = inflater.decompress(raw, limit + 1)
    except zlib.error:
        body = b""
    if len(body) > limit:
        raise ApiError(
            413,
            "request_too_large",
            "Request exceeds the maximum size",
            details={"error_code": "request_body_too_large_after_decoding"},
        )
    if not inflater.eof or inflater.unused_data:
        raise invalid_request(
            f"The request body could not be decoded as {encoding}.", error_code="request_body_encoding_invalid"
        )
    return body


def parse_json(body: bytes) -> Any:
    """The body as JSON. Raises `ApiError` 400; the API's wording ends in orjson's own (ERRORS Q72)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid_request(f"The request body is not valid JSON: {error}") from None
