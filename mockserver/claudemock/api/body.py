"""Reading a request's body: within its limit while it arrives, decompressed within it too, then parsed as JSON."""

import zlib
from typing import Any

import orjson

from claudemock.api.asgi import Receive
from claudemock.journal import Exchange
from claudemock.wire.errors import ApiError, invalid_request

_DRAIN = 4  # a body up to this many times over its limit is read to its end, so that the client gets to see the 413
_GZIP = 16 + zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_PORTION = 4096  # bytes of a gzip member fed first; what follows a small member is copied, so little may follow


class ClientGoneError(Exception):
    """The client hung up before its request was whole."""


def too_large(*, decoded: bool = False) -> ApiError:
    """413, worded as the edge in front of the API words it (ERRORS Q108, docs; Q109 is the documentation's wording).

    `decoded`: it is so only since its Content-Encoding was undone.
    """
    details = {"error_code": "request_body_too_large_after_decoding"} if decoded else None
    return ApiError(413, "request_too_large", "Request exceeds the maximum size", details=details)


def unsupported_encoding(encoding: str) -> ApiError:
    """400 for a Content-Encoding that is not spoken."""
    return invalid_request(
        f"Unsupported Content-Encoding: {encoding[:40]!r}. Supported encodings: gzip, deflate.",
        error_code="request_body_encoding_unsupported",
    )


def invalid_encoding(encoding: str) -> ApiError:
    """400 for a body that is not what its Content-Encoding says."""
    return invalid_request(
        f"The request body could not be decoded as {encoding}.", error_code="request_body_encoding_invalid"
    )


async def read_body(receive: Receive, exchange: Exchange, limit: int) -> bytes:
    """The whole body, decompressed. Raises `ApiError` 413 over `limit` bytes, 400 for an encoding it cannot read."""
    raw = await _receive(receive, exchange, limit)
    encoding = encoding_of(exchange)
    body = decompress(raw, encoding, limit) if encoding else raw
    exchange.body, exchange.body_size = body, len(raw)
    return body


def encoding_of(exchange: Exchange) -> str:
    """The codings of a body, comma-separated over any number of header lines; those that do nothing are left out."""
    if b"content-encoding" not in exchange.named:
        return ""
    lines = [value.decode("latin-1").lower() for name, value in exchange.headers if name == b"content-encoding"]
    codings = [coding for line in lines for part in line.split(",") if (coding := part.strip())]
    return ", ".join(coding for coding in codings if coding != "identity")


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
    """Gzip of one or more members (RFC 1952 §2.2) or deflate, with or without zlib's header (RFC 9110 §8.4.1.2).

    Never beyond `limit` bytes. Raises `ApiError` 400 or 413 (codes: API-FACTS §1.6).
    """
    window = _WINDOWS.get(encoding)
    if window is None:
        raise unsupported_encoding(encoding)
    if encoding == "deflate" and not _has_zlib_header(raw):
        window = -zlib.MAX_WBITS
    parts: list[bytes] = []
    taken, room = 0, limit + 1
    try:
        while taken < len(raw) or not parts:
            if parts and window != _GZIP:
                raise zlib.error("only gzip has members")
            part, used = _member(raw, taken, window, room)
            parts.append(part)
            taken, room = taken + used, room - len(part)
    except zlib.error:
        raise invalid_encoding(encoding) from None
    return b"".join(parts)


def _member(raw: bytes, start: int, window: int, room: int) -> tuple[bytes, int]:
    """The compressed stream at `start` decoded, and how many bytes it took.

    Raises `zlib.error` if it is no whole stream, `ApiError` 413 if `room` bytes (one more than allowed) get full.
    """
    inflater = zlib.decompressobj(window)
    view, parts = memoryview(raw), list[bytes]()
    at, portion = start, _PORTION
    while not inflater.eof:
        if at >= len(raw):
            raise zlib.error("the stream ends too early")
        part = inflater.decompress(view[at : at + portion], room)
        parts.append(part)
        room -= len(part)
        if room == 0:
            raise too_large(decoded=True)
        at, portion = min(at + portion, len(raw)), portion * 2
    return b"".join(parts), at - len(inflater.unused_data) - start


def _has_zlib_header(raw: bytes) -> bool:
    """Whether it begins as RFC 1950 says; a raw stream that does would have to fill its padding with a one."""
    return len(raw) > 1 and raw[0] & 0x0F == zlib.DEFLATED and (raw[0] << 8 | raw[1]) % 31 == 0


def parse_json(body: bytes) -> Any:
    """The body as JSON. Raises `ApiError` 400; the API's wording ends in orjson's own (ERRORS Q72)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid_request(f"The request body is not valid JSON: {error}") from None
