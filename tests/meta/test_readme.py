"""Every fenced block of the project's pages: a snippet that a reader copies works, a command prints what is shown."""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from claudemock.script.files import load_script
from tests.meta.console import NOT_OURS, RUNNABLE, SHOWN, Reader
from tests.meta.serving import ServerProcess, serving
from tests.meta.snippets import LANGUAGES, Block, blocks, commands, missing_output
from tests.meta.sources import ROOT

SKIPPED = 0  # blocks with `<!-- test: skip (reason) -->`; change it only together with the page
PAGES = [
    *(page for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md") if (page := ROOT / name).exists()),
    *sorted((ROOT / "docs").glob("**/*.md")),
]
BLOCKS = [block for page in PAGES for block in blocks(page)]
PARSERS: dict[str, Callable[[str], object]] = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}


def told(*languages: str) -> list[object]:
    """The blocks in these languages that are not to be skipped, as test parameters."""
    chosen = [block for block in BLOCKS if block.language in languages and block.directive != "skip"]
    return [pytest.param(block, id=block.name) for block in chosen]


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """One server for all blocks; each has a scope of its own."""
    with serving() as running:
        yield running


@pytest.fixture
def reader(server: ServerProcess, tmp_path: Path, request: pytest.FixtureRequest) -> Reader:
    """Somebody who has read the page so far and has its files."""
    block = request.node.callspec.params["block"]
    reader = Reader(tmp_path, server.url, f"sk-ant-mock-{re.sub(r'[^A-Za-z0-9]', '-', block.name)}")
    reader.write_files(other for other in BLOCKS if other.page == block.page)
    return reader


def make_targets() -> frozenset[str]:
    """The targets of the Makefile."""
    return frozenset(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_skips_are_counted_and_give_a_reason() -> None:
    """Leaving a snippet unchecked is a decision that shows in a diff."""
    skipped = [block for block in BLOCKS if block.directive == "skip"]
    assert [block.name for block in skipped if not block.reason] == []
    assert len(skipped) == SKIPPED


def test_blocks_say_what_they_are() -> None:
    """A misspelt language or directive would silently switch a check off."""
    assert [block.name for block in BLOCKS if block.language not in LANGUAGES] == []
    assert [block.name for block in BLOCKS if block.directive not in ("", "skip", "script", "fails")] == []


@pytest.mark.parametrize("block", told("python"))
def test_python_blocks_run(block: Block, reader: Reader) -> None:
    """A snippet runs as it stands, against a server; one that is said to fail does."""
    ast.parse(block.text)
    expected = pytest.raises(AssertionError, match="ended with status") if block.directive == "fails" else nullcontext()
    with expected:
        reader.python(block)


@pytest.mark.parametrize("block", told("console", "sh"))
def test_commands_do_what_is_shown(block: Block, reader: Reader) -> None:
    """A command ends well and prints the lines below it."""
    assert reader.console(block) == []


@pytest.mark.parametrize("block", told("console", "sh"))
def test_what_is_not_run_is_known(block: Block) -> None:
    """A command of a program that nobody expected would silently stay unchecked."""
    assert {command.program for command in commands(block)} <= {*RUNNABLE, *NOT_OURS}


@pytest.mark.parametrize("block", told("console", "sh"))
def test_make_targets_exist(block: Block) -> None:
    """`make something` is in the Makefile."""
    lines = [command.text for command in commands(block)]
    named = [line.split()[1] for line in lines if line.startswith("make ")]
    assert set(named) - make_targets() == set()


@pytest.mark.parametrize("block", told(*PARSERS))
def test_data_blocks_parse(block: Block, tmp_path: Path) -> None:
    """Sample data is well formed, and a sample script file is one that the server takes."""
    data = PARSERS[block.language](block.text)
    if block.directive == "script" or (isinstance(data, dict) and "replies" in data):
        path = tmp_path / f"script.{block.language}"
        path.write_text(block.text, encoding="utf-8")
        load_script(path)


PAGE = """# Title

```python
# agent.py
print("port", 8787)
```

<!-- test: skip (needs a key) -->

```sh
make test
```

Text ends what the comment said.

- in a list:

  ~~~console
  $ python agent.py
  port 8787
  $ echo one \\
      two   # not ours to run
  ~~~

````text
```
````
"""


@pytest.fixture
def sample(tmp_path: Path) -> list[Block]:
    """The blocks of a sample page."""
    page = tmp_path / "SAMPLE.md"
    page.write_text(PAGE, encoding="utf-8")
    return blocks(page)


def test_blocks_are_found(sample: list[Block]) -> None:
    """Indented, tilde and longer fences, with the line their text begins on."""
    assert [(block.language, block.line, block.directive, block.reason) for block in sample] == [
        ("python", 4, "", ""),
        ("sh", 11, "skip", "needs a key"),
        ("console", 19, "", ""),
        ("text", 26, "", ""),
    ]
    assert sample[0].filename == "agent.py"
    assert sample[3].text == "```\n"


def test_commands_are_found(sample: list[Block]) -> None:
    """Continuation lines belong to their command, other lines are its output."""
    first, second = commands(sample[2])
    assert (first.line, first.text, first.expected) == (19, "python agent.py", ("port 8787",))
    assert (second.line, second.text) == (21, "echo one two   # not ours to run")


def test_an_unclosed_fence_is_an_error(tmp_path: Path) -> None:
    """The rest of the page would silently be one block."""
    page = tmp_path / "BAD.md"
    page.write_text("```python\nprint()\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"BAD\.md:1: this fence is never closed"):
        blocks(page)


@pytest.mark.parametrize(
    ("expected", "output", "missing"),
    [
        ((), "anything", None),
        (("a", "c"), "a\nb\nc\n", None),
        (("c", "a"), "a\nb\nc\n", "a"),
        (("ready at http://…",), "ready at http://x:1\n", None),
        (("took ... s", ""), "took   3  s", None),
        (("...",), "", None),
        (("a", "…", "z"), "a\nq\nz\n", None),
        (("gone",), "a\n", "gone"),
        (("a.c",), "abc", "a.c"),
    ],
)
def test_output_is_compared_loosely(expected: tuple[str, ...], output: str, missing: str | None) -> None:
    """Order and text count; spacing, lines between, and what an ellipsis stands for do not."""
    assert missing_output(expected, output) == missing


def test_a_page_is_followed(sample: list[Block], tmp_path: Path) -> None:
    """Commands run in the page's folder with its files, against the address the reader has instead of the shown one."""
    reader = Reader(tmp_path, "http://127.0.0.1:1", "sk-ant-mock-sample")
    reader.write_files(sample)
    assert reader.console(sample[2]) == []
    assert reader.python(sample[0]) == "port 8787\n"
    wrong = Block(tmp_path / "SAMPLE.md", 1, "console", "$ python agent.py\nport 9999\n")
    (problem,) = reader.console(wrong)
    assert problem.startswith("line 1: `python agent.py` printed no line 'port 9999'")


def test_a_failing_snippet_fails(tmp_path: Path) -> None:
    """Also a failing assert in a block that is a test."""
    reader = Reader(tmp_path, "http://127.0.0.1:1", "sk-ant-mock-sample")
    for text in ("raise SystemExit(3)\n", "def test_x():\n    assert False\n"):
        with pytest.raises(AssertionError, match="ended with status"):
            reader.python(Block(tmp_path / "SAMPLE.md", 1, "python", text))


def test_the_shown_address_becomes_the_real_one(tmp_path: Path) -> None:
    """A reader's address differs from the page's, and the page's samples still apply."""
    reader = Reader(tmp_path, "http://127.0.0.1:1", "sk-ant-mock-sample")
    text = "import os\nassert os.environ['ANTHROPIC_BASE_URL'] == 'http://127.0.0.1:8787'\nprint('http://127.0.0.1:8787')\n"
    assert reader.python(Block(tmp_path / "SAMPLE.md", 1, "python", text)) == "http://127.0.0.1:1\n"


def test_a_server_started_in_a_block_answers_the_blocks_later_commands(tmp_path: Path) -> None:
    """Pages show a server and a client in one block; the reader's client finds the reader's server."""
    reader = Reader(tmp_path, "http://127.0.0.1:1", "sk-ant-mock-sample")
    ask = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1] + '/_mock/clock').status)"
    (tmp_path / "ask.py").write_text(ask, encoding="utf-8")
    text = f"""\
$ claudemock serve --port 8787 &
claudemock ready at http://{SHOWN}
$ python ask.py http://{SHOWN}
200
"""
    assert reader.console(Block(tmp_path / "SAMPLE.md", 1, "console", text)) == []
