"""The built wheel, installed as a user would have it: what is in it, and that it works in any project."""

import os
import subprocess
import sys
import sysconfig
import textwrap
import zipfile
from collections.abc import Mapping
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from tests.meta.serving import serving
from tests.meta.sources import ROOT, shipped_modules

CALL = """
import json, sys, urllib.request
body = {"model": "claude-opus-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello"}]}
headers = {"content-type": "application/json", "x-api-key": "sk-ant-mock-wheel", "anthropic-version": "2023-06-01"}
request = urllib.request.Request(sys.argv[1] + "/v1/messages", json.dumps(body).encode(), headers)
print(json.load(urllib.request.urlopen(request))["role"])
"""

WHERE = """
import claudemock, claudemock_contracts
from claudemock.fixtures import fixture
print(claudemock.__file__, claudemock_contracts.__file__, fixture("catalog", "models.json"), sep="\\n")
"""

OWNER = {  # a user whose own top-level packages have the names of our source roots
    "contracts/__init__.py": "OWNER = 'user'\n",
    "mockserver/__init__.py": "OWNER = 'user'\n",
    "fixtures/__init__.py": "OWNER = 'user'\n",
    "tests/__init__.py": "",
    "tests/helper.py": "OWNER = 'user'\n",
    "tests/test_mine.py": """
        import claudemock, contracts, fixtures, mockserver
        from tests import helper

        def test_names_are_mine():
            assert {contracts.OWNER, mockserver.OWNER, fixtures.OWNER, helper.OWNER} == {"user"}
            assert "site-packages" in claudemock.__file__
        """,
}


AGENT = {  # the example of the README: an agent that asks again without the result of its tool
    "agent.py": """
        from anthropic import Anthropic

        TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}

        def run_agent(question):
            client, messages = Anthropic(), [{"role": "user", "content": question}]
            said = client.messages.create(model="claude-opus-4-8", max_tokens=500, tools=[TOOL], messages=messages)
            messages.append({"role": "assistant", "content": said.content})
            messages.append({"role": "user", "content": "And now?"})
            said = client.messages.create(model="claude-opus-4-8", max_tokens=500, tools=[TOOL], messages=messages)
            return said.content[0].text
        """,
    "test_agent.py": """
        from agent import run_agent
        from claudemock import tool_use

        def test_agent(claude):
            claude.reply(tool_use("get_weather", city="Oslo"))
            claude.reply("4 °C in Oslo.", optional=True)
            run_agent("How cold is it in Oslo?")
        """,
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built offline with the development group's build back end."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> frozenset[str]:
    """The files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """The wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def user_bin(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment with the wheel in it, and our dependencies lent from this one."""
    folder = tmp_path_factory.mktemp("user") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    paths = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    python = Path(paths["scripts"]) / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    # Only now: pip must not find the checkout's own installation among the lent packages and take ours for installed.
    (Path(paths["purelib"]) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(paths["scripts"])


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    """A project that owns `contracts`, `mockserver`, `fixtures` and `tests` packages."""
    for name, text in OWNER.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return tmp_path


def user_environment(user_bin: Path) -> Mapping[str, str]:
    """What a user's shell has: their own environment first, nothing that points at this checkout."""
    return {"PATH": f"{user_bin}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "PYTHONUNBUFFERED": "1"}


def run(user_bin: Path, folder: Path, *arguments: str) -> str:
    """Run the user's Python in their project and return what it printed."""
    command = [str(user_bin / "python"), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=user_environment(user_bin), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_only_our_two_packages_are_installed(names: frozenset[str]) -> None:
    """Nothing but ours lands in the user's site-packages."""
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"claudemock", "claudemock_contracts"}
    assert len(tops) == 3


def test_every_module_and_fixture_is_in_the_wheel(names: frozenset[str]) -> None:
    """What works in a checkout works installed."""
    roots = (ROOT / "mockserver", ROOT / "contracts")
    modules = {
        module.path.relative_to(next(root for root in roots if module.path.is_relative_to(root))).as_posix()
        for module in shipped_modules().values()
    }
    data = {
        f"claudemock/_fixtures/{path.relative_to(ROOT / 'fixtures').as_posix()}"
        for path in (ROOT / "fixtures").rglob("*")
        if path.is_file()
    }
    schema = {
        path.relative_to(ROOT / "mockserver").as_posix()
        for path in (ROOT / "mockserver").glob("claudemock/*/schema/*.sql")
    }
    assert data
    assert schema
    assert (modules | data | schema) - names == set()


def test_types_and_licence_travel_along(names: frozenset[str]) -> None:
    """Type checkers see our annotations, and the licence is where tools look for it."""
    assert {"claudemock/py.typed", "claudemock_contracts/py.typed"} <= names
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")] != []


def test_nothing_else_is_in_the_wheel(names: frozenset[str]) -> None:
    """No compiled leftovers, no tests, no editor files."""
    suffixes = {Path(name).suffix for name in names if ".dist-info/" not in name and "/_fixtures/" not in name}
    assert suffixes <= {".py", ".typed", ".html", ".css", ".js", ".svg", ".sql"}
    assert [name for name in names if "__pycache__" in name or "/tests/" in name] == []


def test_metadata_can_be_published(metadata: Message) -> None:
    """Some publish validators refuse metadata newer than 2.4."""
    assert tuple(map(int, str(metadata["Metadata-Version"]).split("."))) <= (2, 4)
    assert metadata["Name"] == "claudemock"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_a_user_gets_the_installed_package(user_bin: Path, tmp_path: Path) -> None:
    """Code and fixtures come from the user's environment, not from this checkout."""
    for line in run(user_bin, tmp_path, "-c", WHERE).splitlines():
        assert Path(line).is_relative_to(user_bin.parent)
        assert Path(line).is_file()


@pytest.mark.parametrize("command", [["claudemock"], ["python", "-m", "claudemock"]])
@pytest.mark.parametrize("project", ["empty", "owner"])
def test_the_command_serves_in_any_project(
    user_bin: Path, command: list[str], project: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The server answers a Messages request, also where the project owns packages called like our folders."""
    folder = tmp_path if project == "empty" else request.getfixturevalue("owner")
    installed = [str(user_bin / command[0]), *command[1:]]
    with serving(command=installed, cwd=folder, env=user_environment(user_bin)) as server:
        assert run(user_bin, folder, "-c", CALL, server.url) == "assistant"


def test_a_users_own_packages_are_not_shadowed(user_bin: Path, owner: Path) -> None:
    """The user's test run imports the user's packages, with ours installed beside them."""
    assert "1 passed" in run(user_bin, owner, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_the_five_line_example(user_bin: Path, tmp_path: Path) -> None:
    """Installed is all it takes: the fixture is there, and the failure tells the user what is wrong and where."""
    for name, text in AGENT.items():
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    command = [str(user_bin / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = user_environment(user_bin)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error  R01 tool-result-missing" in done.stdout
    assert "called    at agent.py:" in done.stdout
    assert "claude.allow(" in done.stdout
