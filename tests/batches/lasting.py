"""Servers whose state is in a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from claudemock.control.client import MockServer
from claudemock.script.book import Script
from claudemock.serving import _Server, base_url, listen
from claudemock.settings import Settings
from claudemock.store.sqlite import SqliteStore
from claudemock.world import World


@contextmanager
def serving(path: Path) -> Iterator[MockServer]:
    """A server whose state is in the file."""
    sock = listen("127.0.0.1", 0)
    world = World(Settings(port=0), Script(), SqliteStore(path))
    started = Event()
    server = _Server(world, started.set)
    thread = Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        assert started.wait(10)
        yield MockServer(base_url(sock))
    finally:
        server.should_exit = True
        thread.join()
        world.close()
        sock.close()
