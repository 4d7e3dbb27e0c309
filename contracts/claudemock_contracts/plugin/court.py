"""What judging needs that lasts as long as the run: settings, known findings, the lock, what is known of prompts."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from claudemock.control.client import MockServer
from claudemock_contracts.baseline import read_baseline
from claudemock_contracts.finding import Severity
from claudemock_contracts.plugin.earlier import EarlierClients
from claudemock_contracts.plugin.guard import Guard
from claudemock_contracts.plugin.line import Line, LineServer
from claudemock_contracts.plugin.lock import Lock
from claudemock_contracts.plugin.options import Allowed, Marks, Options
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import Allow, Settings, chosen_contracts
from claudemock_contracts.transcript import Prompts

_SEVERITIES: dict[str, Severity] = {"error": "error", "warning": "warning", "note": "note"}


class Court:
    """One for each process. Raises `pytest.UsageError` for options that name no contract, or files it cannot read."""

    def __init__(self, options: Options, root: Path, server: MockServer) -> None:
        self.options = options
        self.root = root
        self._line = Line(server.base_url)
        self.server = LineServer(server.base_url, "default", self._line)
        self.prompts = Prompts()
        self.guard = Guard(root)
        self.earlier = EarlierClients(server.base_url, server.api_key)
        self.last: tuple[str, str, int] | None = None  # of the last test: its scope, itself, its exchanges
        self.lock = None if options.lock is None else Lock.read(options.lock)
        try:
            self._baseline = read_baseline(options.baseline)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        try:
            self.settings(Marks(), ())
        except ValueError as error:
            raise pytest.UsageError(f"claude_allow, claude_severity: {error}") from None

    def close(self) -> None:
        """The run is over."""
        self.earlier.close()
        self._line.close()

    def scope(self, name: str) -> LineServer:
        """Another scope of the server."""
        return LineServer(self.server.base_url, name, self._line)

    def settings(self, marks: Marks, own: Iterable[Allowed]) -> Settings:
        """How one test is judged. What it allows itself comes before what the run allows.

        Raises `ValueError` for a name that is no contract.
        """
        severity = {**self.options.severity, **marks.severity}
        allow = (*own, *marks.allow, *self.options.allow)
        made = Settings(
            select=marks.contracts,
            severity={rule: _SEVERITIES.get(level, "off") for rule, level in severity.items()},
            allow=tuple(Allow(rule=each.rule, reason=each.reason, test=each.test) for each in allow),
            baseline=self._baseline,
        )
        chosen_contracts(made, ALL)
        return made
