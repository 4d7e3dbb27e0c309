"""Watched tools: what a product's tool functions really got and returned, to hold its tool results against."""

import functools
import inspect
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from claudemock_contracts.oracles import ToolRun

_PATIENCE = 0.2  # seconds the first of several calls waits for another one to finish before it


class ToolWatch:
    """Wraps tool functions and notes every run. `late_first`: of calls at the same time, the first finishes last."""

    def __init__(self) -> None:
        self.runs: list[ToolRun] = []
        self.late_first = False
        self._finished = threading.Condition()
        self._count = 0
        self._waiting = False
        self._undo: list[Callable[[], None]] = []

    def watch(self, function: Callable[..., Any], name: str | None = None) -> Callable[..., Any]:
        """The function, watched, and put in its place wherever the product's modules have it."""
        tool = name or str(getattr(function, "__name__", type(function).__name__))
        make = self._awaited if inspect.iscoroutinefunction(function) else self._called
        watched = make(function, tool)
        self._undo += list(_replaced(function, watched))
        return watched

    def stop(self) -> None:
        """Put everything back."""
        while self._undo:
            self._undo.pop()()

    def _called(self, function: Callable[..., Any], tool: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def watched(*given: Any, **named: Any) -> Any:
            began, first, count = time.time(), self._first(), self._count
            try:
                output = function(*given, **named)
            except Exception as error:
                self._note(tool, function, given, named, began, error=str(error))
                raise
            finally:
                if first:
                    self._wait(count)
            self._note(tool, function, given, named, began, output=output)
            return output

        return watched

    def _awaited(self, function: Callable[..., Any], tool: str) -> Callable[..., Any]:
        @functools.wraps(function)
        async def watched(*given: Any, **named: Any) -> Any:
            import asyncio  # only for those who have it anyway

            began, first, count = time.time(), self._first(), self._count
            try:
                output = await function(*given, **named)
            except Exception as error:
                self._note(tool, function, given, named, began, error=str(error))
                raise
            finally:
                deadline = time.monotonic() + _PATIENCE
                while first and self._count == count and time.monotonic() < deadline:
                    await asyncio.sleep(0.001)
                self._waiting = self._waiting and not first
            self._note(tool, function, given, named, began, output=output)
            return output

        return watched

    def _first(self) -> bool:
        with self._finished:
            first = self.late_first and not self._waiting
            self._waiting = self._waiting or first
            return first

    def _wait(self, count: int) -> None:
        with self._finished:
            self._finished.wait_for(lambda: self._count > count, _PATIENCE)
            self._waiting = False

    def _note(
        self,
        tool: str,
        function: Callable[..., Any],
        given: tuple[Any, ...],
        named: Mapping[str, Any],
        began: float,
        **ended: Any,
    ) -> None:
        asked = _input(function, given, named)
        self.runs.append(ToolRun(name=tool, input=asked, began=began, ended=time.time(), **ended))
        with self._finished:
            self._count += 1
            self._finished.notify_all()


def _input(function: Callable[..., Any], given: tuple[Any, ...], named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tool's input: the arguments by name, or the one mapping that holds them all."""
    if len(given) == 1 and not named and isinstance(given[0], Mapping):
        return dict(given[0])
    try:
        arguments = dict(inspect.signature(function).bind(*given, **named).arguments)
    except (TypeError, ValueError):
        return dict(named)
    arguments.pop("self", None)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD and name in arguments:
            arguments.update(arguments.pop(name))
    return arguments


def _replaced(function: Callable[..., Any], watched: Callable[..., Any]) -> Iterator[Callable[[], None]]:
    """Put `watched` wherever a module has the function: by name, in a table of tools, or as a method."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", "")
    if owner is not None and not isinstance(owner, ModuleType | type):
        yield from _attribute(owner, name, watched)
        return
    for space in _spaces(str(getattr(function, "__module__", ""))):
        for key, value in list(space.items()):
            if value is function:
                space[key] = watched
                yield functools.partial(space.__setitem__, key, function)
            elif isinstance(value, dict | list) and not key.startswith("__"):
                yield from _within(value, function, watched)
            elif isinstance(value, type) and vars(value).get(name) is function:
                setattr(value, name, watched)
                yield functools.partial(setattr, value, name, function)


def _spaces(home: str) -> Iterator[dict[str, Any]]:
    """The names of the user's modules, and of those of the package that a function is from."""
    paths = sysconfig.get_paths()
    foreign = tuple({paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
    package = home.partition(".")[0]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and (not file.startswith(foreign) or name.partition(".")[0] == package):
            yield vars(module)


def _within(
    table: dict[Any, Any] | list[Any], function: Callable[..., Any], watched: Callable[..., Any]
) -> Iterator[Callable[[], None]]:
    items = list(table.items()) if isinstance(table, dict) else list(enumerate(table))
    if len(items) > 1000:
        return
    for key, value in items:
        if value is function:
            table[key] = watched
            yield functools.partial(table.__setitem__, key, function)


def _attribute(owner: Any, name: str, watched: Callable[..., Any]) -> Iterator[Callable[[], None]]:
    try:
        setattr(owner, name, watched)
    except AttributeError:
        return  # its class allows no attributes of its own: only the returned function is watched
    yield functools.partial(delattr, owner, name)
