"""One process's test run: its address, its server, its environment, and the test being watched."""

import re
import socket
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from claudemock_contracts.plugin.environment import Environment
from claudemock_contracts.plugin.options import Options, read_options

if TYPE_CHECKING:
    from claudemock.control.client import MockServer
    from claudemock_contracts.plugin.court import Court
    from claudemock_contracts.plugin.watch import Watch

_ROOT_KEY = "sk-ant-mock"
_USES = re.compile(rb"""def\s+\w+\s*\([^)]*\bclaude\b|mark\.claude|usefixtures\([^)]*["']claude["']""")


class Session:
    """What lasts as long as the run. Nothing heavy is loaded before the first test asks for it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.watching: Watch | None = None
        self._environment = Environment()
        self._socket: socket.socket | None = None
        self._server: MockServer | None = None
        self._court: Court | None = None
        self._stack = ExitStack()
        self._files: dict[str, bool] = {}

    @cached_property
    def options(self) -> Options:
        """What the user asked for. Raises `pytest.UsageError`."""
        return read_options(self.config)

    @property
    def used(self) -> bool:
        """Whether any test has been watched."""
        return self._court is not None

    @property
    def root_url(self) -> str:
        """The server's address, which is its own before it answers: clients are made while tests are collected."""
        if self._socket is None:
            self._socket = socket.socket()
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def server(self) -> "MockServer":
        """The server, started when first asked for."""
        if self._server is None:
            from claudemock.serving import serve

            url = self.root_url
            sock = self._socket
            if sock is not None:
                sock.listen(1024)
            try:
                self._server = self._stack.enter_context(serve(sock=sock, **self.options.server))
            except (TypeError, ValueError) as error:  # what the user set, which is not ours to check again
                raise pytest.UsageError(f"claude_server: {error}") from None
            assert self._server.base_url == url  # noqa: S101 - or clients made before would look in the wrong place
        return self._server

    def uses(self, path: Path) -> bool:
        """Whether a file of tests, or a conftest, says that it uses us; then clients it makes are to find the mock."""
        plugins = self.config.pluginmanager.get_plugins()  # those of inner folders come while tests are collected
        files = {getattr(plugin, "__file__", None) or "" for plugin in plugins}
        conftests = [file for file in files if file.endswith("conftest.py")]
        return any(self._says_so(file) for file in (*conftests, str(path)))

    def _says_so(self, file: str) -> bool:
        known = self._files.get(file)
        if known is None:
            known = self._files[file] = _uses(Path(file))
        return known

    def point_at_root(self) -> None:
        """For clients that will serve several tests: their requests belong to the test of the moment."""
        self._environment.point(self.root_url, _ROOT_KEY)

    def point_at(self, server: "MockServer") -> None:
        """For one test."""
        self._environment.point(server.base_url, server.api_key)

    def settle(self) -> None:
        """The environment between tests."""
        if self.watching is not None:
            self.point_at(self.watching.claude)
        elif self.options.everything:
            self.point_at_root()
        else:
            self._environment.restore()

    def watch(self, item: pytest.Item) -> "Watch":
        """Begin to watch a test, if nothing does yet. Raises `pytest.UsageError` for wrong options or marks."""
        if self.watching is None:
            self.watching = self._begin(item)
            self.settle()
        return self.watching

    def _begin(self, item: pytest.Item) -> "Watch":
        from claudemock_contracts.plugin.court import Court
        from claudemock_contracts.plugin.watch import Watch

        if self._court is None:
            self._court = Court(self.options, self.config.rootpath, self.server())
        watch = Watch(item, self._court)
        try:
            watch.start()
        except BaseException:
            watch.stop()
            raise
        return watch

    def end(self) -> None:
        """Stop watching."""
        self._stop()
        self.settle()

    def _stop(self) -> None:
        watch, self.watching = self.watching, None
        if watch is not None:
            watch.stop()

    def close(self) -> None:
        """The run is over, be it because the options are wrong."""
        self._stop()
        self._environment.restore()
        if self._court is not None:
            self._court.close()
        self._stack.close()
        if self._socket is not None:
            self._socket.close()


def _uses(path: Path) -> bool:
    try:
        return _USES.search(path.read_bytes()) is not None
    except OSError:
        return False
