"""The command line, as a user runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from claudemock.control.client import MockServer
from tests.wire_client import ask

COMMAND = [sys.executable, "-m", "claudemock"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def serving(*arguments: str) -> Iterator[MockServer]:
    """`claudemock serve` on a free port, stopped as a user stops it."""
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("claudemock ready at http://127.0.0.1:"), process.stderr and process.stderr.read()
            yield MockServer(line.rsplit(" ", 1)[1].strip())
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        assert "Traceback" not in errors


def test_serve_says_when_it_is_ready_and_stops_on_interrupt() -> None:
    """One line on stdout with the address, an answer at once, a clean end on Ctrl-C."""
    with serving() as server:
        assert ask(server).status == 200


def test_scripts_from_files(tmp_path: Path) -> None:
    """YAML and JSON scripts answer in every scope, in order, each scope counting for itself."""
    first, second = tmp_path / "a.yaml", tmp_path / "b.json"
    first.write_text("- Hello!\n- match: {contains: weather}\n  text: 4 °C\n", encoding="utf-8")
    second.write_text(json.dumps({"strict": True, "replies": [{"text": "from json", "times": 1}]}, indent="\t"))
    with serving("--script", str(first), "--script", str(second)) as server:
        for scope in ("one", "two"):
            mine = server.scope(scope)
            said = [ask(mine, word).json["content"][0]["text"] for word in ("hi", "weather?", "hi")]
            assert said == ["Hello!", "4 °C", "from json"]
            assert ask(mine, "hi").status == 404


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.yaml", "- text: [unclosed\n- x", ":2:4: not YAML: expected"),
        (
            "a.yaml",
            "replies:\n  - text: ok\n    tims: 2\n",
            ":3:5: replies.0.tims: there is no such field; did you mean times? ",
        ),
        (
            "a.yaml",
            "replies:\n  - text: ok\n    match:\n      contains: 're:('\n",
            ":4:7: replies.0.match.contains: 're:('",
        ),
        ("a.json", '[{"text": "x"},\n  {"text": 5}]', ":2:4: 1.text: Input should be a valid string"),
        ("a.json", '[\n "x",,]', ":2:6: not JSON: "),
        ("a.yaml", "just text", ":1:1: a script is a list of replies"),
        ("a.yaml", "reply: x", ":1:1: reply: there is no such field; did you mean replies? There are replies, faults"),
        ("none.yaml", None, ": cannot be read: No such file or directory\n"),
    ],
)
def test_bad_scripts_are_named_with_line_and_column(
    tmp_path: Path, name: str, text: str | None, complaint: str
) -> None:
    """A script that cannot be used stops the server before it starts, and says where and why."""
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    ended = run("serve", "--port", "0", "--script", str(path))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"claudemock: {path}")
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_says_what_to_do() -> None:
    """The message names the address and the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("serve", "--port", str(taken.getsockname()[1]))
    assert ended.returncode == 1
    assert "cannot listen on 127.0.0.1:" in ended.stderr
    assert "--port 0" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [["serve", "--speed", "9"], ["serve", "--port", "high"], ["serve", "--models", "new"], ["brew"], []]
)
def test_wrong_calls_exit_with_2_and_usage(arguments: list[str]) -> None:
    """Unknown options, values and commands are refused in one line below the usage."""
    ended = run(*arguments)
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: claudemock")


def test_an_unknown_option_shows_those_of_its_command() -> None:
    """Not how `claudemock` itself is used, which helps nobody."""
    ended = run("models", "--yaml")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("usage: claudemock models [-h] [--json]\n")
    assert ended.stderr.endswith("unrecognized arguments: --yaml\n")


def test_an_address_of_another_machine_is_not_the_ports_fault() -> None:
    """The message names the option that is wrong."""
    ended = run("serve", "--host", "192.0.2.1")
    assert ended.returncode == 1
    assert ended.stderr.endswith("Choose another with --host of this machine\n")


def test_a_drill_without_its_script_says_so(tmp_path: Path) -> None:
    """In one line; a script that cannot be used is no failed drill."""
    ended = run("drill", "--script", str(tmp_path / "none.yaml"), "--", "true")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"claudemock: {tmp_path / 'none.yaml'}: cannot be read: No such file or directory\n"


def test_models() -> None:
    """The catalogue as a table and, with every column and its source, as JSON."""
    table = run("models")
    assert table.returncode == 0
    assert "claude-opus-5-5" in table.stdout
    assert max(map(len, table.stdout.splitlines())) <= 120
    full = json.loads(run("models", "--json").stdout)
    assert any("claude-haiku-4-5" in json.dumps(model) for model in full["models"])


def test_demo() -> None:
    """The main job from start to end, without a key: the contracts find the bugs of the faulty agent, and no others."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
    ended = subprocess.run([*COMMAND, "demo"], capture_output=True, text=True, timeout=60, check=True, env=environment)
    correct, faulty = ended.stdout.split("2. A faulty agent.")
    assert "It is 4 °C in Oslo and 18 °C in Rome." in correct
    assert "It is 4 °C in Oslo and 18 °C in Rome." in faulty
    assert ended.stdout.count("POST /v1/messages  200") == 4
    assert "nothing to say: 3 exchanges" in correct
    assert {line.split()[1] for line in faulty.splitlines() if line.startswith(("error", "warning", "note"))} == {
        "R02",
        "R04",
        "R21",
    }


def test_importing_the_package_loads_nothing() -> None:
    """`import claudemock` costs no third-party import; names load on first use."""
    program = (
        "import sys, claudemock\n"
        "print(sorted({'pydantic', 'starlette', 'uvicorn', 'orjson', 'yaml', 'anthropic'} & set(sys.modules)))\n"
        "claudemock.text, claudemock.serve, claudemock.MockServer\n"
        "try:\n    claudemock.nothing\nexcept AttributeError as error:\n    print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.splitlines() == ["[]", "module 'claudemock' has no attribute 'nothing'"]


def test_serving_loads_neither_the_sdk_nor_yaml() -> None:
    """What a server does not need is not paid for at its start."""
    program = (
        "import sys, claudemock\n"
        "with claudemock.serve() as server: pass\n"
        "print(sorted({'anthropic', 'yaml', 'httpx', 'httpx2', 'jsonschema', 'hypothesis'} & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"
