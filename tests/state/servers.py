"""Servers that share a state file, as processes of their own, and many clients at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from claudemock.control.client import MockServer
from tests.meta.serving import ServerProcess, serving
from tests.wire_client import Response, ask

Result = TypeVar("Result")
LONG = "The rules of the house, one after the other. " * 700
"""Over every model's least cacheable length."""


@contextmanager
def running(state: Path, *arguments: str) -> Iterator[tuple[MockServer, ServerProcess]]:
    """A server with a state file, and its process."""
    with serving("--state", str(state), *arguments) as process:
        yield MockServer(process.url), process


def at_once(count: int, call: Callable[[int], Result], *, threads: int = 16) -> list[Result]:
    """`call(0)` … `call(count - 1)` from many threads, which is from many connections."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call, range(count)))


def cached(server: MockServer, *, ttl: str = "5m", **options: Any) -> Response:
    """A request with a long system prompt that is to be cached."""
    mark = {"type": "ephemeral", "ttl": ttl}
    return ask(server, "Go on.", system=[{"type": "text", "text": LONG, "cache_control": mark}], **options)
