"""Running one client's program against a live server, and telling what happened."""

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clients.environments import Environment, InstallError
from tests.meta.serving import ServerProcess

RUN_SECONDS = 180
SHOWN = 600  # characters of a body in a failure report


@dataclass(frozen=True)
class Outcome:
    """What came of one client. `notes` are the lines to show below the table when it failed."""

    name: str
    version: str
    passed: bool
    seconds: float
    notes: list[str] = field(default_factory=list)


def run_client(environment: Environment, server: ServerProcess, *, upgrade: bool = False) -> Outcome:
    """Install the client, run its program with nothing but an address and a key, and judge by its exit status."""
    name = environment.client.name
    try:
        environment.prepare(upgrade=upgrade)
    except InstallError as error:
        return Outcome(name, "-", False, 0.0, [f"could not be installed: {error}"])
    key = f"sk-ant-mock-{name}"
    began = time.monotonic()
    failure = _run(environment.command(), server.url, key)
    seconds = time.monotonic() - began
    if failure is None:
        return Outcome(name, environment.version, True, seconds)
    wire = list(_wire(server.url, key))
    return Outcome(name, environment.version, False, seconds, [*failure.splitlines()[-25:], *wire])


def _run(command: list[str], url: str, key: str) -> str | None:
    """The program's output if it failed, else None."""
    with tempfile.TemporaryDirectory(prefix="claudemock-client-") as home:
        # The user's own settings, keys and sessions must play no part, nor be touched.
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": key,
        }
        try:
            done = subprocess.run(
                command,
                cwd=Path(home),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=RUN_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return f"{_text(error.stdout)}\ngave up after {RUN_SECONDS} s"
    return done.stdout if done.returncode else None


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


def _wire(url: str, key: str) -> Iterator[str]:
    """What the client sent and got, as the server's journal has it, with bodies for what was refused."""
    request = urllib.request.Request(f"{url}/_mock/exchanges", headers={"x-api-key": key})
    with urllib.request.urlopen(request) as response:
        exchanges: list[dict[str, Any]] = json.load(response)["exchanges"]
    for exchange in exchanges:
        status = exchange["response"]["status"]
        yield f"{exchange['id']} {exchange['method']} {exchange['path']} → {status}"
        if status >= 400 or exchange is exchanges[-1]:
            beta = exchange["request"]["headers"].get("anthropic-beta", "-")
            answer = exchange["response"].get("body", exchange["response"].get("events"))
            yield f"    anthropic-beta: {beta}"
            yield f"    sent: {_short(exchange['request']['body'])}"
            yield f"    got: {_short(answer)}"


def _short(body: Any) -> str:
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} … {text[-SHOWN // 2 :]}"
