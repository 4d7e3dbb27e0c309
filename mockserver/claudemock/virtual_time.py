"""Virtual time for code under test: sleeping costs nothing, and the scope's clock moves on by as much.

While it is on, `time.sleep`, `asyncio.sleep`, `anyio.sleep` and `trio.sleep` return at once, under whatever name a
module has imported them, and the server is told how long they would have taken. Retry libraries and the official SDKs
sleep through these. Timeouts are left alone: they guard the real network. Threads that ran before are left alone too,
except the one that switches it on, and so is the server's: pytest, its plugins and the server keep real time.

Only the standard library is used, so that the file can be loaded by any Python (see the drills).
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

SERVER_THREAD = "claudemock"
_SHORT = 0.001  # seconds a virtual sleep takes, so that loops which only sleep do not spin
_LONG = 1e8  # seconds; who sleeps longer waits for something else to happen
_NOT_OURS = ("_pytest", "pytest", "xdist", "execnet", "pluggy")


class VirtualTime:
    """Switches virtual time on and off; `tell` is called with the seconds of every sleep, in the sleeping thread."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell
        self._patches: list[tuple[Callable[..., Any], Callable[..., Any]]] = []
        self._others: set[threading.Thread] = set()
        self._finder = _OnImport("trio", self._patch_trio)
        self._on = False
        self.slept: list[float] = []  # seconds asked for, in order

    def __enter__(self) -> VirtualTime:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.stop()

    def start(self) -> None:
        """Switch it on. It may be on already elsewhere; then this one gets the sleeps."""
        self._others = set(threading.enumerate()) - {threading.current_thread()}
        self._on = True
        self._patch(time.sleep, self._blocking)
        self._patch(asyncio.sleep, self._awaiting)
        if "trio" in sys.modules:
            self._patch_trio(sys.modules["trio"])
        else:
            sys.meta_path.insert(0, self._finder)

    def stop(self) -> None:
        """Switch it off; what was patched is as it was."""
        self._on = False
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        while self._patches:
            real, fake = self._patches.pop()
            _replace(fake, real)

    def _patch_trio(self, trio: ModuleType) -> None:
        self._patch(trio.sleep, self._awaiting)

    def _patch(self, real: Callable[..., Any], make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        fake = make(real)
        self._patches.append((real, fake))
        _replace(real, fake)

    def _blocking(self, real: Callable[[float], None]) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            real(self._shortened(seconds))

        return sleep

    def _awaiting(self, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def sleep(delay: float, *more: Any, **options: Any) -> Any:
            return await real(self._shortened(delay), *more, **options)

        return sleep

    def _shortened(self, seconds: float) -> float:
        """How long to sleep really."""
        if not self._on or not _SHORT < seconds < _LONG or not self._concerns(threading.current_thread()):
            return seconds
        self.slept.append(seconds)
        self._tell(seconds)
        return _SHORT

    def _concerns(self, thread: threading.Thread) -> bool:
        return thread.name != SERVER_THREAD and thread not in self._others


class _OnImport(MetaPathFinder):
    """Calls `then` with a module once it is imported."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's own spec, with a loader that tells."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname == self._name else None
        if spec is None or spec.loader is None:
            return None
        spec.loader = _Telling(spec.loader, self._then)
        return spec


class _Telling(Loader):
    """A loader that says when its module is there."""

    def __init__(self, loader: Loader, then: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._then = then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._then(module)


def _replace(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Put `new` wherever a module calls `old` its `sleep`."""
    for namespace in list(_namespaces()):
        if namespace.get("sleep") is old:
            namespace["sleep"] = new


def _namespaces() -> Iterator[dict[str, Any]]:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in _NOT_OURS and isinstance(module, ModuleType):
            yield module.__dict__


def teller(base_url: str) -> Callable[[float], None]:
    """What tells the scope behind `base_url` about a sleep; a server that is gone has nobody to be told."""
    url = urlsplit(base_url)

    def tell(seconds: float) -> None:
        connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=10)
        with suppress(OSError, HTTPException):
            body = f'{{"slept": {float(seconds)!r}}}'
            connection.request("POST", f"{url.path}/_mock/clock", body, {"content-type": "application/json"})
            connection.getresponse().read()
        connection.close()

    return tell
