"""Running the command under test: in a process group of its own, with nothing of it left afterwards."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from claudemock import virtual_time

_KEPT = 1_000_000  # bytes of each output that are looked at
_GRACE = 2.0  # seconds between asking to end and ending
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
    """What came of a command. `status` is its exit status, negative for a signal; None: it had to be stopped."""

    status: int | None
    stdout: str
    stderr: str
    seconds: float


class Commands:
    """Runs commands; `close` ends those still running, from whatever thread."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = threading.Event()

    def run(self, environment: Mapping[str, str], timeout: float) -> Ran:
        """Run the command once. Raises `OSError` if it cannot be started, `Stopped` if the runner is closed."""
        if self._closed.is_set():
            raise Stopped
        with TemporaryFile() as out, TemporaryFile() as err:
            began = time.monotonic()
            process = subprocess.Popen(  # noqa: S603 - the user's own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=dict(environment),
                start_new_session=True,
            )
            self._running.add(process)
            status: int | None = None
            try:
                with suppress(subprocess.TimeoutExpired):
                    status = process.wait(timeout)
            finally:
                seconds = time.monotonic() - began
                _end(process)
                self._running.discard(process)
            if self._closed.is_set():
                raise Stopped
            return Ran(status, _text(out), _text(err), seconds)

    def close(self) -> None:
        """End what still runs."""
        self._closed.set()
        for process in list(self._running):
            _end(process)


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


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started, first by asking."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)


def _text(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _KEPT))
    return file.read().decode(errors="replace")
