"""Running what a page tells its reader to run: commands in a console block, Python blocks, beside a live server.

The pages show the default address. Every run gets a free port instead, put in the place of the shown one, so that
pages can be checked while another server is running.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.meta.serving import READY, checkout_environment, serving
from tests.meta.snippets import Block, Command, commands, missing_output
from tests.meta.sources import ROOT

SHOWN = "127.0.0.1:8787"
SECONDS = 60  # the longest a command of a page may take
RUNNABLE = ("claudemock", "python", "pytest", "curl")
NOT_OURS = ("make", "pip", "export")  # commands a page may show that are not run


@dataclass(frozen=True)
class Reader:
    """Somebody who follows a page in `folder`, with a server at `url` and a key of their own."""

    folder: Path
    url: str
    key: str

    def write_files(self, page: Iterable[Block]) -> None:
        """Put every block of a page that names a file into the folder, beside the checkout's folders."""
        for folder in ("examples", "tests", "mockserver", "contracts", "fixtures"):
            (self.folder / folder).symlink_to(ROOT / folder)
        for block in page:
            if block.filename:
                self._write(block, block.filename)

    def environment(self) -> dict[str, str]:
        """The reader's shell: our commands on the path, the Anthropic variables pointing at the server."""
        path = f"{self._commands()}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "claudemock_contracts.pytest_plugin"}
        variables = {"PATH": path, "ANTHROPIC_BASE_URL": self.url, "ANTHROPIC_API_KEY": self.key, **plugins}
        environment = checkout_environment(**variables)
        environment.pop("COLUMNS", None)  # pytest-xdist sets it; the pages show what a pipe gets
        return environment

    def python(self, block: Block) -> str:
        """Run a Python block in a process of its own, as a test if it defines tests. Returns its output."""
        path = self._write(block, block.filename or "test_block.py")
        arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider"] if "def test_" in block.text else []
        return self._run([sys.executable, *arguments, str(path.relative_to(self.folder))])

    def console(self, block: Block) -> list[str]:
        """Follow a console block. Returns what went otherwise than shown, one line per command."""
        problems = []
        with ExitStack() as stack:
            reader = self
            for command in commands(block):
                words = shlex.split(command.text.removesuffix("&"), comments=True)
                arguments = _serve_arguments(words)
                if arguments is not None:
                    server = stack.enter_context(serving(*arguments, cwd=self.folder, env=self.environment()))
                    reader = Reader(self.folder, server.url, self.key)
                    output = f"{READY}{server.url}"
                else:
                    output = reader.shell(command)
                missing = missing_output(tuple(map(reader._addressed, command.expected)), output)
                if missing is not None:
                    problems.append(f"line {command.line}: `{command.text}` printed no line {missing!r} but:\n{output}")
        return problems

    def shell(self, command: Command) -> str:
        """Run one command in the reader's folder and return its output; "" for programs that are not ours to run."""
        if command.program not in RUNNABLE or shutil.which(command.program, path=self.environment()["PATH"]) is None:
            return "\n".join(command.expected)
        return self._run(["sh", "-c", self._addressed(command.text)])

    def _run(self, arguments: list[str]) -> str:
        done = subprocess.run(
            arguments,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{shlex.join(arguments)} ended with status {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _write(self, block: Block, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._addressed(block.text), encoding="utf-8")
        return path

    def _commands(self) -> Path:
        """A folder with `claudemock` in it, for a checkout that was not installed."""
        folder = self.folder / ".commands"
        folder.mkdir(exist_ok=True)
        script = folder / "claudemock"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m claudemock "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return folder

    def _addressed(self, text: str) -> str:
        return text.replace(SHOWN, self.url.removeprefix("http://"))


def _serve_arguments(words: list[str]) -> list[str] | None:
    """What follows `claudemock serve`, without a port; None for any other command, and for one that is to fail."""
    for start in (["claudemock", "serve"], ["python", "-m", "claudemock", "serve"]):
        if words[: len(start)] == start and "||" not in words:
            arguments = words[len(start) :]
            at = arguments.index("--port") if "--port" in arguments else len(arguments)
            return arguments[:at] + arguments[at + 2 :]
    return None
