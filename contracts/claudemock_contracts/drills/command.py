"""Running the command under test: in a process group of its own, with nothing of it left afterwards."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from uuid import uuid4

from claudemock import virtual_time

_KEPT = 1_000_000  # bytes of each output that are looked at
_GRACE = 2.0  # seconds between asking to end and ending
_MOST = 200_000_000  # bytes of output after which a command is ended: it may print for ever, disks do not grow
_LOOK = 0.5  # seconds between two looks at how much it has printed
_ROUNDS, _BRIEFLY = 100, 0.01  # looks for what still runs, and seconds between them
_MARK = "CLAUDEMOCK_DRILL_RUN"
_VIRTUAL = Path(__file__).with_name("virtual")
# other ways to be somebody, which would win over the key of the drill or lead elsewhere
_CLEARED = (
    *("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_CONFIG_DIR", "ANTHROPIC_CUSTOM_HEADERS"),
    *("ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE", "ANTHROPIC_FEDERATION_RULE_ID"),
    *("ANTHROPIC_ORGANIZATION_ID", "CLAUDE_CODE_OAUTH_TOKEN"),
)


class Stopped(Exception):  # noqa: N818 - not an error: somebody wants to end
    """The runner was closed while a command ran."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command. `status` is its exit status, negative for a signal; None: it had to be stopped.

    `flooded`: because of all that it printed, not of the time.
    """

    status: int | None
    stdout: str
    stderr: str
    seconds: float
    flooded: bool = False


class Commands:
    """Runs commands; `close` ends those still running, from whatever thread."""

    def __init__(self, command: Sequence[str], stdin: Path | None = None) -> None:
        self._command = list(command)
        self._stdin = stdin or Path(os.devnull)
        self._running: dict[subprocess.Popen[bytes], str] = {}
        self._closed = threading.Event()

    def run(self, environment: Mapping[str, str], timeout: float) -> Ran:
        """Run the command once. Raises `OSError` if it cannot be started, `Stopped` if the runner is closed.

        Each run reads the file `stdin` of its own, from the start; without one there is nothing to read.
        """
        if self._closed.is_set():
            raise Stopped
        mark = uuid4().hex
        with TemporaryFile() as out, TemporaryFile() as err, self._stdin.open("rb") as given:
            began = time.monotonic()
            process = subprocess.Popen(  # noqa: S603 - the user's own command
                self._command,
                stdin=given,
                stdout=out,
                stderr=err,
                env={**environment, _MARK: mark},
                start_new_session=True,
            )
            self._running[process] = mark
            status: int | None = None
            try:
                status = _wait(process, timeout, (out, err))
            finally:
                seconds = time.monotonic() - began
                _end({process: mark})
                self._running.pop(process, None)
            if self._closed.is_set():
                raise Stopped
            flooded = status is None and _size(out, err) > _MOST
            return Ran(status, _text(out), _text(err), seconds, flooded)

    def close(self) -> None:
        """End what still runs."""
        self._closed.set()
        _end(dict(self._running))


def environment(base_url: str, api_key: str, drill: str, *, virtual: bool) -> dict[str, str]:
    """The variables a command runs with."""
    made = {name: value for name, value in os.environ.items() if name not in _CLEARED}
    made |= {"ANTHROPIC_BASE_URL": base_url, "ANTHROPIC_API_KEY": api_key, "CLAUDEMOCK_DRILL": drill}
    for name in ("NO_PROXY", "no_proxy"):
        made[name] = ",".join(filter(None, [made.get(name), "127.0.0.1"]))
    if virtual:
        made["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_VIRTUAL), made.get("PYTHONPATH")]))
        made["CLAUDEMOCK_VIRTUAL_TIME"] = virtual_time.__file__
    return made


def _wait(process: subprocess.Popen[bytes], timeout: float, outputs: Iterable[IO[bytes]]) -> int | None:
    """The exit status; None if it takes or prints too much."""
    end = time.monotonic() + timeout
    while (left := end - time.monotonic()) > 0 and _size(*outputs) <= _MOST:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, _LOOK))
    return process.poll()


def _end(running: Mapping[subprocess.Popen[bytes], str]) -> None:
    """End commands with all that they started, first by asking; an interrupt ends the asking."""
    asked = time.monotonic()
    for process in running:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
    try:
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, asked + _GRACE - time.monotonic()))
    finally:
        for process, mark in running.items():
            _kill(process, mark)


def _kill(process: subprocess.Popen[bytes], mark: str) -> None:
    """End a command and what has its mark: a daemon has left the process group, not the environment it was given."""
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()
    for _ in range(_ROUNDS):
        strays = _strays(mark)
        if not strays:
            return
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_BRIEFLY)


def _strays(mark: str) -> list[int]:
    """Processes that were started with the mark and still run; none where the system does not tell (no /proc)."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone, or somebody else's
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)


def _size(*files: IO[bytes]) -> int:
    """Bytes written so far, by whoever has the file open."""
    return sum(os.fstat(file.fileno()).st_size for file in files)


def _text(file: IO[bytes]) -> str:
    size = _size(file)
    file.seek(max(0, size - _KEPT))
    return file.read().decode(errors="replace")
