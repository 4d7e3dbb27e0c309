"""uvicorn's HTTP protocol, faster for our own answers, and stricter about HTTP where uvicorn is not.

An answer whose headers are a `HeaderBlock` goes out as it stands. uvicorn checks and copies every header by itself; 26
of them cost more than all that claudemock does to answer. A `HeaderBlock` is made of constants and checked values, so
its bytes are written at once, together with the first bytes of the body. Whatever is unusual (HEAD, HTTP/1.0, a closing
connection, other headers) takes uvicorn's own way.

What uvicorn 0.54 gets wrong is put right here: streams for HTTP/1.0, which knows no chunks; requests that ask to go on
in another protocol, as Java's HTTP client does with each (their bodies were lost); trailers, which became headers.

A message `{"hang_up": "cut" | "reset"}` ends the connection where it stands; only wire faults send it.
"""

import asyncio
import socket
import struct
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from claudemock.api.asgi import HeaderBlock

_NO_LINGER = struct.pack("ii", 1, 0)  # on, 0 seconds: closing throws away what is unsent and resets


class Cycle(RequestResponseCycle):
    """One request and its response."""

    head: bytes | None  # status line and headers, until the first bytes of the body are there
    until_close: bool  # the end of the connection is the end of the body

    async def send(self, message: Any) -> None:
        """Write one ASGI message, or hang up."""
        if "hang_up" in message:
            await self._hang_up(message["hang_up"])
            return
        if not self.response_started:
            headers = message.get("headers")
            if isinstance(headers, HeaderBlock) and self.keep_alive and self.scope["method"] != "HEAD":
                self._start(message["status"], headers)
                return
            self.head = None
            self.until_close = self.scope["http_version"] == "1.0" and getattr(headers, "length", 0) is None
            if self.until_close:
                self.chunked_encoding = False
        elif self.head is not None:
            head, self.head = self.head, None
            if not self.disconnected and not self.flow.write_paused:
                self._first(head, message)
                return
            self.transport.write(head)
        elif self.until_close:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)

    def _start(self, status: int, headers: HeaderBlock) -> None:
        self.response_started = True
        self.until_close = False
        self.waiting_for_100_continue = False
        self.chunked_encoding = headers.length is None
        self.expected_content_length = headers.length or 0
        date = b"".join(b"%b: %b\r\n" % pair for pair in self.default_headers)
        last = b"transfer-encoding: chunked\r\n\r\n" if headers.length is None else b"\r\n"
        self.head = b"%b%b%b%b" % (STATUS_LINE[status], date, headers.raw, last)

    def _first(self, head: bytes, message: Any) -> None:
        """Head and body, or head and first chunk, in one write."""
        body, more = message.get("body", b""), message.get("more_body", False)
        if not self.chunked_encoding:
            if len(body) > self.expected_content_length or (not more and len(body) < self.expected_content_length):
                raise RuntimeError(f"content-length is {self.expected_content_length}, the body {len(body)} bytes")
            self.expected_content_length -= len(body)
            self.transport.write(head + body)
        else:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self.transport.write(b"%b%b%b" % (head, chunk, b"" if more else b"0\r\n\r\n"))
        if not more:
            self.response_complete = True
            self.message_event.set()
            self.on_response()

    async def _hang_up(self, how: str) -> None:
        """Close the connection in the middle of the answer: `cut` ends it, `reset` sends a TCP RST."""
        head, self.head = (self.head, None) if self.response_started else (None, None)
        if self.disconnected:
            return
        if head is not None:
            self.transport.write(head)
        self.transport.set_write_buffer_limits(0)
        await asyncio.sleep(0)
        if self.flow.write_paused:  # what comes before the end is part of the fault
            await self.flow.drain()
        self.disconnected = True
        self.message_event.set()
        if how == "reset":
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.transport.abort()
        else:
            self.transport.close()


class Protocol(HttpToolsProtocol):
    """Hands every request to a `Cycle`."""

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as asked:
            self._stay(data[asked.args[0] :])
        except HttpParserError:
            self._refuse()

    def _should_upgrade(self) -> bool:
        """Nothing is made of a request that asks for another protocol: `_stay` reads it once more."""
        return True

    def _stay(self, rest: bytes) -> None:
        """Go on in HTTP/1.1, as a server may (RFC 9110 §7.8): the parser took what follows the headers for no HTTP."""
        if self.scope["method"] == "CONNECT":
            self._refuse()
            return
        lines = [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        head = b"%b %b HTTP/1.1\r\n%b\r\n" % (self.scope["method"].encode(), self.url, b"".join(lines))
        self.parser = HttpRequestParser(self)
        self.data_received(head + rest)

    def _refuse(self) -> None:
        self.logger.warning("Invalid HTTP request received.")
        self.send_400_response("Invalid HTTP request received.")

    def on_headers_complete(self) -> None:
        """The request's headers are there; uvicorn makes its cycle and schedules the application."""
        super().on_headers_complete()
        if type(self.cycle) is RequestResponseCycle:
            # the task that will run it has not begun, so the cycle can still become ours; uvicorn has no hook for it
            self.cycle.__class__ = Cycle
            self.headers = []  # the request keeps its list: trailers are not to be taken for headers (RFC 9110 §6.5.1)
