"""Projects of users, made for one test and run with the plugin."""

import gc
import importlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]
# loaded here, so that runs inside this process do not load them again and again
for name in (
    "anthropic",
    "claudemock.serving",
    "claudemock_contracts.plugin.watch",
    "claudemock_contracts.report.formats",
):
    importlib.import_module(name)

_ROOT = Path(__file__).resolve().parents[2]
_PLUGIN = (
    "-p",
    "claudemock_contracts.pytest_plugin",
    "-p",
    "no:cacheprovider",
    "-W",
    "error",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)

APP = '''
import os
import httpx2

def headers():
    return {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}

def send(body, client=httpx2):
    url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
    return client.post(url, json=body, headers=headers(), timeout=30).json()

def ask(text, **more):
    body = {"model": "claude-opus-4-8", "max_tokens": 64, "messages": [{"role": "user", "content": text}], **more}
    return send(body)["content"][0]["text"]

TOOLS = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]

def first(text="Oslo?"):
    messages = [{"role": "user", "content": text}]
    return {"model": "claude-opus-4-8", "max_tokens": 500, "tools": TOOLS, "messages": messages}

def loses_a_result():
    """An agent that asks again without the result of the tool call."""
    body = first()
    served = send(body)
    body["messages"] += [{"role": "assistant", "content": served["content"]}, {"role": "user", "content": "Well?"}]
    return send(body)
'''


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the user's credentials, no other plugins, our packages on the path, a terminal of a known width."""
    monkeypatch.setenv("COLUMNS", "120")
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTHONPATH", f"{_ROOT / 'mockserver'}{os.pathsep}{_ROOT / 'contracts'}")


@pytest.fixture
def run(pytester: pytest.Pytester, clean_environment: None) -> Run:  # noqa: ARG001 - it prepares
    """Run pytest on a test file's text, in this process; `app.py` is beside it, and files given by name."""

    def run(test: str, *options: str, ini: str = "", **files: str) -> pytest.RunResult:
        _write(pytester, test, ini, files)
        result = pytester.runpytest_inprocess(*_PLUGIN, *options)
        with warnings.catch_warnings():  # clients that the user's tests left open are not the next run's
            warnings.simplefilter("ignore")
            gc.collect()
        return result

    return run


@pytest.fixture
def run_apart(pytester: pytest.Pytester, clean_environment: None) -> Run:  # noqa: ARG001 - it prepares
    """The same in a process of its own."""

    def run(test: str, *options: str, ini: str = "", **files: str) -> pytest.RunResult:
        _write(pytester, test, ini, files)
        return pytester.runpytest_subprocess(*_PLUGIN, *options, timeout=100)

    return run


def _write(pytester: pytest.Pytester, test: str, ini: str, files: dict[str, str]) -> None:
    pytester.makeini(f"[pytest]\n{ini}")
    pytester.makepyfile(app=APP, **files)
    pytester.makepyfile(test_it=test)
