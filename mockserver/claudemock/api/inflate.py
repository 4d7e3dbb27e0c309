"""Undoing a Content-Encoding while the body arrives, a bounded piece at a time, so that a bomb costs no memory."""

import zlib
from collections.abc import Iterator

from claudemock.api.body import invalid_encoding, unsupported_encoding

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_PIECE = 65_536  # bytes that are decoded at once
_PORTION = 4096  # bytes that are fed at once; what follows a small gzip member is copied, so little may follow


class Inflater:
    """Gzip of any number of members (RFC 1952 §2.2) or deflate, with or without zlib's header (RFC 9110 §8.4.1.2).

    Raises `ApiError` 400 for another encoding and for what does not decode.
    """

    def __init__(self, encoding: str) -> None:
        if encoding not in _WINDOWS:
            raise unsupported_encoding(encoding)
        self._encoding = encoding
        self._members = encoding != "deflate"
        self._start = b""  # the first bytes of deflate, until it is clear whether they are a header
        self._inflater = zlib.decompressobj(_WINDOWS[encoding]) if self._members else None
        self._begun = self._ended = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes decode to, in pieces."""
        if not self._members and self._inflater is None:
            data = self._start = self._start + data
            if len(data) < 2:
                return
            header = data[0] & 0x0F == zlib.DEFLATED and (data[0] << 8 | data[1]) % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if header else -zlib.MAX_WBITS)
        for at in range(0, len(data), _PORTION):
            yield from self._portion(data[at : at + _PORTION])

    def finish(self) -> None:
        """The body is over: it has to be a whole one."""
        if self._begun or not self._ended:
            raise invalid_encoding(self._encoding)

    def _portion(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflater is None or self._inflater.eof:
                if not self._members:
                    raise invalid_encoding(self._encoding)
                self._inflater = zlib.decompressobj(_WINDOWS[self._encoding])
            self._begun = True
            yield from self._decoded(self._inflater, data)
            data = self._inflater.unused_data
            if self._inflater.eof:
                self._begun, self._ended = False, True

    def _decoded(self, inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
        try:
            while piece := inflater.decompress(data, _PIECE):
                yield piece
                data = inflater.unconsumed_tail
        except zlib.error:
            raise invalid_encoding(self._encoding) from None
