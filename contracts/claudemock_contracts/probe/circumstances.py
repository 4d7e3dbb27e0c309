"""Circumstances a prompt must not depend on, set for the code under test: the time, chance, and temporary folders."""

import datetime as dates
import os
import random
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from claudemock.virtual_time import SERVER_THREAD

NOON = dates.datetime(2026, 3, 4, 9, 30, tzinfo=dates.UTC).timestamp()
_STILL = 1.0  # seconds the clock stands still, then it runs on, so that loops which wait for a time end


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """`now` in seconds since the epoch, the `seed` of all random numbers, a `folder` for temporary files."""

    now: float = NOON
    seed: int = 1
    folder: str | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Set them; afterwards all is as it was."""
        with ExitStack() as undo:
            _set_clock(undo, self.now)
            _set_chance(undo, self.seed)
            if self.folder is not None:
                _put(undo, tempfile, "tempdir", self.folder)
                known = os.environ.get("TMPDIR")
                os.environ["TMPDIR"] = self.folder
                undo.callback(_set_variable, "TMPDIR", known)
            yield


def _put(undo: ExitStack, owner: Any, name: str, value: Any) -> None:
    undo.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, value)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _set_chance(undo: ExitStack, seed: int) -> None:
    undo.callback(random.setstate, random.getstate())
    random.seed(seed)
    dice, real = random.Random(seed), os.urandom  # noqa: S311 - it is to be foreseeable

    def urandom(size: int) -> bytes:
        return real(size) if _is_server() else dice.randbytes(size)

    _put(undo, os, "urandom", urandom)
    _put(undo, random, "_urandom", urandom)


def _set_clock(undo: ExitStack, now: float) -> None:
    real, began = time.time, time.perf_counter()

    def instant() -> float:
        return real() if _is_server() else now + max(0.0, time.perf_counter() - began - _STILL)

    fakes: dict[int, Any] = {}
    for name, make in _TIME_FUNCTIONS.items():
        known = getattr(time, name)
        fakes[id(known)] = make(known, instant)
        _put(undo, time, name, fakes[id(known)])
    fakes[id(dates.datetime)], fakes[id(dates.date)] = _datetime(instant), _date(instant)
    for space in _spaces():
        for key, value in list(space.items()):
            fake = fakes.get(id(value))
            if fake is not None:
                space[key] = fake
                undo.callback(space.__setitem__, key, value)


def _is_server() -> bool:
    return threading.current_thread().name == SERVER_THREAD


def _now(real: Callable[..., Any], instant: Callable[[], float]) -> Callable[..., Any]:  # noqa: ARG001 - as the others
    return instant


def _now_ns(real: Callable[..., Any], instant: Callable[[], float]) -> Callable[..., Any]:  # noqa: ARG001 - as the others
    return lambda: int(instant() * 1e9)


def _of(real: Callable[..., Any], instant: Callable[[], float]) -> Callable[..., Any]:
    return lambda seconds=None: real(instant() if seconds is None else seconds)


def _formatted(real: Callable[..., Any], instant: Callable[[], float]) -> Callable[..., Any]:
    local = time.localtime
    return lambda shape, moment=None: real(shape, local(instant()) if moment is None else moment)


_TIME_FUNCTIONS = {
    "strftime": _formatted,
    "localtime": _of,
    "gmtime": _of,
    "ctime": _of,
    "time_ns": _now_ns,
    "time": _now,
}


class _Alike(type):
    """A class that takes the instances of the real one for its own."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__mro__[1])

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.__mro__[1])


def _datetime(instant: Callable[[], float]) -> type:
    real = dates.datetime

    def now(cls: type, tz: dates.tzinfo | None = None) -> dates.datetime:  # noqa: ARG001 - a class method
        return real.fromtimestamp(instant(), tz)

    def utcnow(cls: type) -> dates.datetime:  # noqa: ARG001 - a class method
        return real.fromtimestamp(instant(), dates.UTC).replace(tzinfo=None)

    def today(cls: type) -> dates.datetime:  # noqa: ARG001 - a class method
        return real.fromtimestamp(instant())

    methods = {"now": classmethod(now), "utcnow": classmethod(utcnow), "today": classmethod(today)}
    return _Alike("datetime", (real,), {"__module__": "datetime", **methods})


def _date(instant: Callable[[], float]) -> type:
    real = dates.date

    def today(cls: type) -> dates.date:  # noqa: ARG001 - a class method
        return real.fromtimestamp(instant())

    return _Alike("date", (real,), {"__module__": "datetime", "today": classmethod(today)})


def _spaces() -> Iterator[dict[str, Any]]:
    """The names of the user's modules and of `datetime`; libraries keep the real classes they build schemas of."""
    paths = sysconfig.get_paths()
    foreign = tuple({paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
    yield vars(dates)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and not file.startswith(foreign) and not name.startswith("claudemock"):
            yield vars(module)
