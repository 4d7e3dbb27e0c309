"""Virtual time for code under test: sleeping costs nothing, and the scope's clock moves on by as much.

While it is on, `time.sleep`, `asyncio.sleep`, `anyio.sleep` and `trio.sleep` return at once, under whatever name a
module has imported them, and the server is told how long they would have taken. Retry libraries and the official SDKs
sleep through these. A thread or task that has slept is later by as much in `time.monotonic` and `time.perf_counter`, so
that loops which try until a deadline end.

Real are: timeouts and the time of an event loop, because they guard the real network; `time.time` and `datetime`,
because the dates a server sends are real; threads that ran before, except the one that switches it on, and the
server's. So pytest, its plugins and the server keep real time.

Only the standard library is used, so that the file can be loaded by any Python (see the drills).
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from http.client import HTTPConnection, HTTPException
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

SERVER_THREAD = "claudemock"
_SHORT = 0.001  # seconds a virtual sleep takes, so that loops which only sleep do not spin
_LONG = 1e8  # seconds; who sleeps longer waits for something else to happen
_NOT_OURS = frozenset({"_pytest", "pytest", "xdist", "execnet", "pluggy"})
_LOOPS = _NOT_OURS | sys.stdlib_module_names | {"anyio", "trio"}  # whose deadlines are timeouts
_PATCHED = ("sleep", "monotonic", "perf_counter")


class VirtualTime:
    """Switches virtual time on and off; `tell` is called with the seconds of every sleep, in the sleeping thread."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell
        self._patches: list[tuple[Callable[..., Any], Callable[..., Any]]] = []
        self._ahead = ContextVar("claudemock_ahead", default=0.0)  # seconds slept so far, by thread and task
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
        self._patch({time.sleep: self._blocking, asyncio.sleep: self._awaiting})
        self._patch({time.monotonic: self._ticking, time.perf_counter: self._ticking})
        if "trio" in sys.modules:
            self._patch_trio(sys.modules["trio"])
        else:
            sys.meta_path.insert(0, self._finder)

    def stop(self) -> None:
        """Switch it off; what was patched is as it was."""
        self._on = False
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        _replace({id(fake): real for real, fake in self._patches})
        self._patches.clear()

    def _patch_trio(self, trio: ModuleType) -> None:
        self._patch({trio.sleep: self._awaiting})

    def _patch(self, makers: Mapping[Callable[..., Any], Callable[[Callable[..., Any]], Callable[..., Any]]]) -> None:
        patches = [(real, make(real)) for real, make in makers.items()]
        self._patches += patches
        _replace({id(real): fake for real, fake in patches})

    def _blocking(self, real: Callable[[float], None]) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            real(self._shortened(seconds))

        return sleep

    def _awaiting(self, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def sleep(delay: float, *more: Any, **options: Any) -> Any:
            return await real(self._shortened(delay), *more, **options)

        return sleep

    def _ticking(self, real: Callable[[], float]) -> Callable[[], float]:
        def clock() -> float:
            ahead = self._ahead.get()
            if not ahead or not self._on:
                return real()
            asking = sys._getframe(1).f_globals.get("__name__", "")
            return real() if asking.partition(".")[0] in _LOOPS else real() + ahead

        return clock

    def _shortened(self, seconds: float) -> float:
        """How long to sleep really."""
        if not self._on or not _SHORT < seconds < _LONG or not self._concerns(threading.current_thread()):
            return seconds
        self.slept.append(seconds)
        self._ahead.set(self._ahead.get() + seconds)
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


def _replace(new: Mapping[int, Callable[..., Any]]) -> None:
    """Put what `new` has for a function, by its id, wherever a module has that function under its own name."""
    for namespace in list(_namespaces()):
        for name in _PATCHED:
            found = new.get(id(namespace.get(name)))
            if found is not None:
                namespace[name] = found


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
