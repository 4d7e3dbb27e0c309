"""Load from wrk, one process with one thread, on the core the server does not use."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import cases
from tests.meta.serving import ServerProcess

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
SERVER_CORE, LOAD_CORE = 0, 1


_NUMBERED = [
    "local number = 0",
    "request = function()",
    "  number = number + 1",
    '  return wrk.format(nil, nil, nil, (wrk.body:gsub("Oslo", "Oslo " .. number, 1)))',
    "end",
]


class MissingWrkError(RuntimeError):
    """wrk is not installed; the message says how to get it."""


@dataclass(frozen=True)
class Load:
    """One run: requests per second, latency in milliseconds, and microseconds of the server's CPU per request.

    The CPU time (0 where the system does not tell) stays the same on a busy machine, where rates do not.
    """

    rate: float
    p50: float
    p99: float
    cpu: float


def find_wrk() -> "Wrk":
    """wrk, installed on the spot where that needs no more rights than we have. Raises `MissingWrkError`."""
    found = shutil.which("wrk")
    apt = shutil.which("apt-get")
    if found is None and apt and os.geteuid() == 0:
        subprocess.run([apt, "install", "-y", "wrk"], capture_output=True, check=False)
        found = shutil.which("wrk")
    if found is None:
        raise MissingWrkError("the benchmark needs wrk: `apt-get install wrk` or `brew install wrk`")
    return Wrk(found)


def pinned(core: int, command: list[str]) -> list[str]:
    """The command on one core, where the machine has more than one and can pin."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core), *command] if taskset and (os.cpu_count() or 1) > 1 else command


@dataclass(frozen=True)
class Wrk:
    """The load generator at `path`."""

    path: str

    def run(
        self, server: ServerProcess, target: str, body: bytes, connections: int, seconds: int, *, new: bool = False
    ) -> Load:
        """Post `body` to the server over and over; `new`: with a number in it, so that no request was ever seen before.

        Raises `RuntimeError` if any answer was not a 2xx.
        """
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "post.lua"
            lines = ['wrk.method = "POST"', f"wrk.body = {_lua(body.decode())}"]
            lines += [f"wrk.headers[ {_lua(name)} ] = {_lua(value)}" for name, value in cases.HEADERS.items()]
            lines += _NUMBERED if new else []
            script.write_text("\n".join(lines), encoding="utf-8")
            options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
            before = cpu_seconds(server.process.pid)
            command = pinned(LOAD_CORE, [self.path, *options, f"{server.url}{target}"])
            output = subprocess.check_output(command, text=True)
            return parse(output, cpu_seconds(server.process.pid) - before)


def cpu_seconds(process: int) -> float:
    """CPU time the process has had so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def parse(output: str, cpu: float) -> Load:
    """What wrk printed, with the `cpu` seconds the server took. Raises `RuntimeError` for failed requests."""
    failed = re.search(r"(Non-2xx or 3xx responses|Socket errors): .*", output)
    if failed:
        raise RuntimeError(f"wrk: {failed[0]}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    count = re.search(r"(\d+) requests in", output)
    if rate is None or count is None:
        raise RuntimeError(f"wrk printed no rate:\n{output}")
    return Load(float(rate[1]), _percentile(output, 50), _percentile(output, 99), cpu / int(count[1]) * 1e6)


def _percentile(output: str, percent: int) -> float:
    match = re.search(rf"^\s*{percent}%\s+([\d.]+)(us|ms|s)\s*$", output, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"wrk printed no {percent} % latency:\n{output}")
    return float(match[1]) * UNITS[match[2]]


def _lua(text: str) -> str:
    """A Lua string: long brackets need no escapes."""
    return f"[==[{text}]==]"
