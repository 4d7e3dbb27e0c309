"""Several processes behind one listening socket: started, watched, replaced when they die, stopped together."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from socket import socket
from types import FrameType

_PATIENCE = 10.0  # seconds that workers have to stop before they are killed

Serve = Callable[[socket, Callable[[], None]], None]
"""What a worker runs: serves the socket until it is told to stop, and calls its second argument once it answers."""


class Workers:
    """`count` processes that run `serve`, which must be picklable."""

    def __init__(self, count: int, serve: Serve, sock: socket) -> None:
        self._count = count
        self._serve = serve
        self._sock = sock
        self._context = get_context("spawn")
        # nothing is ever sent: only this process can send, so the workers see its end as the end of the pipe
        self._life, self._held = self._context.Pipe(duplex=False)
        self._stopping = threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until SIGINT or SIGTERM; `ready` is called once all workers answer.

        A worker that dies is replaced. Raises `RuntimeError` if one dies before it ever answered.
        """
        before = [(number, signal.signal(number, self._stop)) for number in (signal.SIGINT, signal.SIGTERM)]
        running: list[SpawnProcess] = []
        try:
            starting = [self._start() for _ in range(self._count)]
            running += [process for process, _ in starting]
            for process, told in starting:
                self._await(process, told)
            if not self._stopping.is_set():
                ready()
            while not self._stopping.is_set():
                wait([process.sentinel for process in running], timeout=0.2)
                for place, process in enumerate(running):
                    if process.exitcode is not None and not self._stopping.is_set():
                        sys.stderr.write(
                            f"claudemock: worker {process.pid} died ({process.exitcode}); starting another\n"
                        )
                        running[place], told = self._start()
                        self._await(running[place], told)
        finally:
            _end(running)
            self._life.close()
            self._held.close()
            for number, handler in before:
                signal.signal(number, handler)

    def _start(self) -> tuple[SpawnProcess, Connection]:
        told, tell = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(self._serve, self._sock, tell, self._life), daemon=True)
        process.start()
        tell.close()
        return process, told

    def _await(self, process: SpawnProcess, told: Connection) -> None:
        """Wait until the worker answers. Raises `RuntimeError` if it ends instead."""
        wait([told, process.sentinel])
        answers = told.poll()
        told.close()
        if process.exitcode is not None and not answers and not self._stopping.is_set():
            raise RuntimeError(f"a worker stopped before it answered (exit status {process.exitcode}); see above")

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        self._stopping.set()


def _work(serve: Serve, sock: socket, tell: Connection, life: Connection) -> None:
    threading.Thread(target=_end_with_parent, args=(life,), name="claudemock-parent", daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to every process; the parent passes the word
    serve(sock, lambda: tell.send(True))


def _end_with_parent(life: Connection) -> None:
    """However the parent ends, also killed: workers that outlive it would go on serving a port nobody knows of."""
    wait([life])
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_PATIENCE)
    os._exit(1)


def _end(running: list[SpawnProcess]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        process.join(_PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
