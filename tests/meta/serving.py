"""`claudemock serve` as a user runs it: a process of its own, waited for until it says that it is ready."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.meta.sources import ROOT, SOURCE_ROOTS

READY = "claudemock ready at "
OURS = (sys.executable, "-m", "claudemock")


@dataclass(frozen=True)
class ServerProcess:
    """A running server: its base URL, its process, and the file its standard error goes to."""

    url: str
    process: subprocess.Popen[str]
    log: Path


def checkout_environment(**more: str) -> dict[str, str]:
    """The environment for a child that uses this checkout: no credentials of the developer's, our source roots."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "CLAUDE_"))}
    roots = os.pathsep.join(str(ROOT / name) for name in SOURCE_ROOTS)
    return {**keep, "PYTHONPATH": roots, "PYTHONUNBUFFERED": "1", **more}


@contextmanager
def serving(
    *arguments: str,
    command: Sequence[str] = OURS,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """Run `claudemock serve --port 0` with more arguments, and stop it at the end.

    Raises `RuntimeError` with what the server wrote if it ends before it is ready.
    """
    with started([*command, "serve", "--port", "0", *arguments], cwd=cwd, env=env) as server:
        yield server


@contextmanager
def started(
    command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[ServerProcess]:
    """Run any command that says `claudemock ready at …`, and stop it at the end. Raises as `serving`."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "stderr.txt"
        with log.open("w") as stderr:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=cwd,
                env=checkout_environment() if env is None else dict(env),
            )
        try:
            yield ServerProcess(_ready(process, log), process, log)
        finally:
            _stop(process)


def _ready(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    raise RuntimeError(f"the server ended with status {process.wait()} before it was ready:\n{log.read_text()}")


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
