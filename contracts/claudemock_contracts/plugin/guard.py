"""No watched test reaches the real API, and which line of the user's code made each request to the mock.

Both are seen where every client in the process has to pass: in the standard library's `socket` and `ssl`. Looking up
the API's name, connecting with TLS under it (also through a proxy, and by uvloop, which looks names up itself), and
the first bytes of a request.
"""

import re
import socket
import ssl
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

REAL = re.compile(r"(?:^|\.)api[\w-]*\.(?:anthropic|claude)\.com\.?$", re.IGNORECASE)
_METHODS = (b"POST ", b"GET /", b"DELET", b"HEAD ", b"PUT /", b"PATCH")
_SENDS = ("send", "sendall", "sendmsg")
_MOST_FRAMES = 200


BLOCKED = "claudemock blocked a call to the real API"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request on its way: from which local port, for which target, and the line that made it (`app.py:12`)."""

    port: int
    target: str
    caller: str | None


class Guard:
    """Watches the process's sockets between `start` and `stop`."""

    def __init__(self, root: Path) -> None:
        self._frames = _Frames(root)
        self._undo: list[Callable[[], None]] = []
        self.sent: list[Sent] = []
        self.blocked: list[str] = []  # the callers' lines, or the host's name where there is none

    def start(self) -> None:
        """Begin, with nothing seen."""
        self.sent, self.blocked = [], []
        self._replace(socket, "getaddrinfo", self._looking_up)
        for module, kind in (("asyncio", "BaseEventLoop"), ("uvloop", "Loop")):
            loop = getattr(sys.modules.get(module), kind, None)
            if loop is not None:  # here the user's line is still on the stack
                self._replace(loop, "getaddrinfo", self._loop_looking_up)
                self._replace(loop, "create_connection", self._connecting)
        self._replace(ssl.SSLContext, "wrap_socket", self._wrapping)
        self._replace(ssl.SSLContext, "wrap_bio", self._wrapping)
        # trio keeps the socket module's functions as they were when it was imported
        sockets: list[Any] = [socket.socket, getattr(sys.modules.get("trio._socket"), "_SocketType", None)]
        for each in sockets:
            for name in _SENDS:
                if hasattr(each, name):
                    self._replace(each, name, self._sending)

    def stop(self) -> None:
        """End; everything is as it was, except where others have replaced it meanwhile."""
        while self._undo:
            self._undo.pop()()

    def _replace(self, owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        own = vars(owner).get(name)
        fake = make(getattr(owner, name))
        setattr(owner, name, fake)

        def undo() -> None:
            if vars(owner).get(name) is not fake:
                return
            if own is None:
                delattr(owner, name)
            else:
                setattr(owner, name, own)

        self._undo.append(undo)

    def _looking_up(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(host: Any, port: Any, *more: Any, **options: Any) -> Any:
            self._check(host)
            return real(host, port, *more, **options)

        return getaddrinfo

    def _loop_looking_up(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def getaddrinfo(loop: Any, host: Any, *more: Any, **options: Any) -> Any:
            self._check(host)
            return real(loop, host, *more, **options)

        return getaddrinfo

    def _connecting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def create_connection(loop: Any, protocol: Any, host: Any = None, *more: Any, **options: Any) -> Any:
            self._check(host)
            self._check(options.get("server_hostname"))
            return real(loop, protocol, host, *more, **options)

        return create_connection

    def _wrapping(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrap(context: ssl.SSLContext, *given: Any, **options: Any) -> Any:
            self._check(options.get("server_hostname"))
            for each in given[1:]:
                self._check(each)
            return real(context, *given, **options)

        return wrap

    def _check(self, host: Any) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if not isinstance(name, str) or not REAL.search(name):
            return
        caller = self._frames.caller()
        self.blocked.append(caller or name)
        # no `Exception`: a client's retries and a product's fallbacks must not make it look like a bad network
        raise pytest.fail.Exception(explained(name, caller), pytrace=False)

    def _sending(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def send(sock: Any, data: Any, *more: Any) -> Any:
            head = data
            if not isinstance(data, bytes | bytearray | memoryview):  # sendmsg has a list of them
                head = next(iter(data), b"") if isinstance(data, list | tuple) else b""
            if bytes(head[:5]) in _METHODS:
                self._note(sock, bytes(head[:400]))
            return real(sock, data, *more)

        return send

    def _note(self, sock: Any, head: bytes) -> None:
        target = head.split(b" ", 2)[1].decode("latin-1")
        if "/v1/" not in target:
            return
        try:
            port = sock.getsockname()[1]
        except (OSError, IndexError, TypeError):
            return
        self.sent.append(Sent(port, target, self._frames.caller()))


class _Frames:
    """Finds the user's line in the stack: the innermost that is no installed package and not the standard library."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        paths = sysconfig.get_paths()
        own = Path(__file__).resolve().parents[1]
        self._foreign = (*{paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}, str(own), "<")
        self._known: dict[str, bool] = {}

    def caller(self) -> str | None:
        """`app.py:12`, below the root where it is; None where no line is the user's."""
        frame: FrameType | None = sys._getframe(1)
        for _ in range(_MOST_FRAMES):
            if frame is None:
                return None
            name = frame.f_code.co_filename
            mine = self._known.get(name)
            if mine is None:
                mine = self._known[name] = not (
                    name.startswith(self._foreign) or "site-packages" in name or "dist-packages" in name
                )
            if mine:
                return f"{name.removeprefix(self._root)}:{frame.f_lineno}"
            frame = frame.f_back
        return None


def explained(host: str, caller: str | None) -> str:
    """What the user is told."""
    where = f" from {caller}" if caller else ""
    return (
        f"{BLOCKED} ({host}){where}.\n\n"
        "A watched test talks to the mock only. The client was given this address in\n"
        "code, or was made before the test with other settings than ANTHROPIC_BASE_URL:\n"
        "make it inside the test or a fixture, or let it read ANTHROPIC_BASE_URL, or\n"
        "pass claude.base_url and claude.api_key. A test that is meant to reach the real\n"
        "API must not use the `claude` fixture."
    )
