"""Running the server: in the foreground for the command line, in a thread for tests and scripts."""

import asyncio
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn

import uvicorn

from claudemock.app import build_app
from claudemock.control.client import MockServer
from claudemock.faults.spec import FaultSpec, parse_fault
from claudemock.protocol import Protocol
from claudemock.script.book import Script
from claudemock.settings import Settings
from claudemock.virtual_time import SERVER_THREAD
from claudemock.world import World


class PortTakenError(OSError):
    """The address cannot be listened on. `wrong` is what to change: `port`, or the `host` that is not this machine."""

    def __init__(self, message: str, *, wrong: Literal["host", "port"] = "port") -> None:
        super().__init__(message)
        self.wrong = wrong


_LAST_ANSWERS = 0.05  # seconds that answers under way have when the server stops


class _Server(uvicorn.Server):
    """A uvicorn server that says when it answers, and whose open streams do not hold up its end."""

    def __init__(self, world: World, ready: Callable[[], None]) -> None:
        super().__init__(_config(world))
        self._at_start = world.at_start
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            for begin in self._at_start:
                begin()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let short answers finish, then hang up on streams: their handlers see the client gone and end."""
        connections = list(self.server_state.connections)
        for connection in connections:
            connection.shutdown()
        if connections:
            await asyncio.sleep(_LAST_ANSWERS)
        for connection in list(self.server_state.connections):
            connection.transport.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free one. Raises `PortTakenError` with the address in its message."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        foreign = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        said = f"cannot listen on {host}:{port}: {error.strerror or error}"
        raise PortTakenError(said, wrong="host" if foreign else "port") from None
    sock.listen(1024)
    return sock


def load(
    paths: Iterable[str | Path], faults: Iterable[str | Mapping[str, Any]] = ()
) -> tuple[Script, tuple[FaultSpec, ...]]:
    """Script files as one script, and the faults they and `faults` arm from the start. Raises `ScriptError`."""
    armed = tuple(parse_fault(fault) for fault in faults)
    files = [Path(path) for path in paths]
    if not files:
        return Script(), armed
    from claudemock.script.files import load_scripts  # YAML's import costs what a server without scripts saves

    loaded = load_scripts(files)
    return loaded.script, (*loaded.faults, *armed)


def run(settings: Settings, script: Script, ready: Callable[[str], None], faults: Sequence[FaultSpec] = ()) -> None:
    """Serve until interrupted; `ready` is called with the base URL once the server answers.

    Raises `PortTakenError`, `StoreError` for a state file that cannot be used, and `RuntimeError` for workers that end
    before they answer.
    """
    with closing(listen(settings.host, settings.port)) as sock:
        once = partial(ready, base_url(sock))
        serve_socket = ServeSocket(settings, script, tuple(faults))
        if settings.workers == 1:
            serve_socket(sock, once)
            return
        from claudemock.workers import Workers  # multiprocessing is for those who use it

        World(settings, script).close()  # says what is wrong with the state file, and brings it up to date, once
        Workers(settings.workers, serve_socket, sock).run(once)


@dataclass(frozen=True, slots=True)
class ServeSocket:
    """Serves one socket until told to stop, in whatever process it is called in."""

    settings: Settings
    script: Script
    faults: tuple[FaultSpec, ...]

    def __call__(self, sock: socket.socket, ready: Callable[[], None]) -> None:
        """Serve; `ready` is called once the server answers."""
        with closing(World(self.settings, self.script, self.faults)) as world:
            signal.signal(signal.SIGTERM, _terminated)  # uvicorn raises it once more when it has stopped serving
            server = _Server(world, ready)
            _spare_the_collector()
            server.run(sockets=[sock])


def _terminated(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
    """End as a program does, so that what was to last no longer is removed."""
    raise SystemExit(128 + number)


def _spare_the_collector() -> None:
    """This process only serves: what is there now stays, and requests make no cycles, so full collections can be rare.

    With the defaults every fifth of a request's time is spent walking the journal.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@contextmanager
def serve(
    *,
    port: int = 0,
    sock: socket.socket | None = None,
    scripts: Iterable[str | Path] = (),
    faults: Iterable[str | Mapping[str, Any]] = (),
    **settings: Any,
) -> Iterator[MockServer]:
    """A server in a thread of this process, and a client of its control API: `with claudemock.serve() as server:`.

    Takes script files, faults that every scope begins with, and the fields of `Settings`; `port` 0 picks a free one;
    `sock` is a socket to use instead, listening already. Raises `ScriptError` for a script that cannot be used, with
    its file, line and column, and for such a fault; `TypeError` for a setting that is none. The server is stopped at
    the end of the block, open streams included.
    """
    made = _settings(port=port, **settings)
    script, armed = load(scripts, faults)
    sock = listen(made.host, made.port) if sock is None else sock
    world = World(made, script, armed)
    started = threading.Event()
    try:
        server = _Server(world, started.set)
    except BaseException:
        world.close()
        sock.close()
        raise
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name=SERVER_THREAD, daemon=True)
    thread.start()
    try:
        while not started.wait(0.05):
            if not thread.is_alive():
                raise RuntimeError("the server stopped before it answered; its log says why")
        yield MockServer(base_url(sock))
    finally:
        server.should_exit = True
        thread.join()
        world.close()
        sock.close()


def _settings(**given: Any) -> Settings:
    known = [each.name for each in fields(Settings)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"; did you mean {near[0]}?" if near else "."
            raise TypeError(f"there is no setting {name!r}{meant} There are {', '.join(known)}")
    return Settings(**given)


def base_url(sock: socket.socket) -> str:
    """`http://127.0.0.1:8787` for a listening socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _config(world: World) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(world),
        lifespan="off",
        ws="none",
        http=Protocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
