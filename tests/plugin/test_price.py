"""What the plugin costs those who do not use it: nothing is loaded, nothing is started."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"

HEAVY = (
    *("pydantic", "starlette", "uvicorn", "anyio", "httpx", "httpx2", "anthropic", "sqlite3", "hypothesis"),
    *("asyncio", "ssl", "http.client", "orjson", "claudemock", "claudemock_contracts.run"),
)


@pytest.fixture(scope="module")
def source() -> str:
    """The plugin's text."""
    spec = find_spec("claudemock_contracts.pytest_plugin")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text("utf-8")


def test_the_door_imports_pytest_and_typing_only(source: str) -> None:
    """At its top; functions import what they need when it is needed."""
    tree = ast.parse(source)
    tops = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in tops}
    assert names == {"typing", "pytest"}


def test_a_run_that_does_not_use_us_loads_nothing(run_apart: Run) -> None:
    """Nor does one whose tests mention Claude without using the fixture."""
    result = run_apart(
        f"""
        import sys

        MODEL = "claude-opus-4-8"

        def test_nothing_is_loaded():
            loaded = [name for name in {HEAVY!r} if name in sys.modules]
            assert loaded == []
            assert "claudemock_contracts.pytest_plugin" in sys.modules
        """
    )
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*claude*contracts*")


def test_the_plugin_is_an_entry_point() -> None:
    """So that `pip install claudemock` is all there is to do."""
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert '[project.entry-points.pytest11]\nclaudemock = "claudemock_contracts.pytest_plugin"' in pyproject


@pytest.mark.parametrize("name", ["text", "tool_use", "thinking", "refusal", "serve"])
def test_the_words_of_a_test_are_importable(name: str) -> None:
    """`from claudemock import …`, as the README says."""
    import claudemock

    assert callable(getattr(claudemock, name))
