"""What the pytest plugin costs, in CPU time of whole runs: with and without it in turn, medians of the differences."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Single, Target
from tests.meta.sources import ROOT

ROUNDS = 9
TESTS = 200
_PLUGIN = ("-p", "claudemock_contracts.pytest_plugin")
_ASK = """
import http.client, json, os, urllib.parse
import pytest

BODY = json.dumps({"model": "claude-opus-4-8", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]})
HEADERS = {"x-api-key": "sk-ant-mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}

def ask(base_url):
    url = urllib.parse.urlsplit(base_url)
    connection = http.client.HTTPConnection(url.hostname, url.port)
    connection.request("POST", url.path + "/v1/messages", BODY, HEADERS)
    assert connection.getresponse().read()
    connection.close()
"""
_FILES = {
    "test_plain.py": f"""
import pytest

@pytest.mark.parametrize("n", range({TESTS}))
def test_nothing(n): ...
""",
    "test_server.py": f"""{_ASK}
from claudemock import serve

@pytest.fixture(scope="session")
def server():
    with serve() as server:
        yield server

@pytest.mark.parametrize("n", range(int(os.environ["TESTS"])))
def test_one_request(server, n):
    ask(server.base_url)
""",
    "test_fixture.py": f"""{_ASK}
@pytest.mark.parametrize("n", range(int(os.environ["TESTS"])))
def test_one_request(claude, n):
    ask(claude.base_url)
""",
}


def rows() -> Iterator[Single]:
    """A run that does not use it; and a test that does, over the same request to a server without it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in _FILES.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        unused = _differences(folder, ("test_plain.py",), (*_PLUGIN, "test_plain.py"), TESTS)
        yield Single(
            f"plugin, {TESTS} tests that do not use it, CPU ms in all", statistics.median(unused), Target("<", 10)
        )
        one = statistics.median(_differences(folder, ("test_server.py",), (*_PLUGIN, "test_fixture.py"), 1))
        many = statistics.median(_differences(folder, ("test_server.py",), (*_PLUGIN, "test_fixture.py"), TESTS))
        yield Single("plugin, the first test that uses it, CPU ms over a server of its own", one)
        yield Single("plugin, each other, CPU ms over its requests", (many - one) / (TESTS - 1), Target("<", 5))


def _differences(folder: str, without: tuple[str, ...], with_it: tuple[str, ...], tests: int) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        before = _cpu_milliseconds(folder, without, tests)
        found.append(_cpu_milliseconds(folder, with_it, tests) - before)
    return found


def _cpu_milliseconds(folder: str, arguments: tuple[str, ...], tests: int) -> float:
    """Of one run of pytest. Raises `RuntimeError` if it fails."""
    path = os.pathsep.join(str(ROOT / name) for name in ("mockserver", "contracts"))
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TESTS": str(tests)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"pytest {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
