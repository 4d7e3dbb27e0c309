"""The pytest plugin: the `claude` fixture, marks and options. Everything else loads when the first test asks.

What a run costs that does not use it is what this file costs, so it imports pytest and typing only.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from claudemock.control.client import MockServer
    from claudemock_contracts.plugin.claude import Claude
    from claudemock_contracts.plugin.results import Results
    from claudemock_contracts.plugin.session import Session
    from claudemock_contracts.plugin.watch import Watch

_SESSION: "pytest.StashKey[Session]" = pytest.StashKey()
_RESULTS: "pytest.StashKey[Results]" = pytest.StashKey()
_DRILL = "_claude_drill"
_TOLD = "claudemock"  # the attribute of a report that carries a test's result

_MARKS = (
    "claude(contracts, allow, severity, seed, allow_unused_replies, allow_unscripted): judge this test's API calls",
    "claude_drill(name, ...): run the test once under each of these drills or faults",
)
_FLAGS = {
    "--claude-all": "watch every test, also those that do not use the claude fixture",
    "--claude-strict": "warnings fail tests too",
    "--claude-update-baseline": "add today's findings to the baseline",
    "--claude-update-lock": "what tests send now is what they are meant to send",
}
_VALUES = {
    "--claude-contracts": ("error|warn|off", "what a broken contract does (default: error, the test fails)"),
    "--claude-baseline": ("FILE", "findings listed there do not count"),
    "--claude-lock": ("FILE", "fail tests that send something else than is locked there; new tests are added"),
}
_LISTS = {
    "--claude-report": ("FORMAT:PATH", "write a report: text, json, jsonl, junit, sarif, github or html"),
    "--claude-severity": ("RULE=LEVEL", "error, warning, note or off"),
    "--claude-allow": ("RULE=REASON", "let findings be: 'RULE=REASON' or 'RULE TESTS=REASON', TESTS being a glob"),
}
_INI: dict[str, tuple[Any, Any, str]] = {
    "claude_all": ("bool", False, "as --claude-all"),
    "claude_strict": ("bool", False, "as --claude-strict"),
    "claude_contracts": ("string", "error", "as --claude-contracts"),
    "claude_baseline": ("string", "", "as --claude-baseline"),
    "claude_lock": ("string", "", "as --claude-lock"),
    "claude_report": ("linelist", [], "as --claude-report, one a line"),
    "claude_severity": ("linelist", [], "RULE = LEVEL, one a line"),
    "claude_allow": ("linelist", [], "RULE = REASON or RULE TESTS = REASON, one a line"),
    "claude_allow_unused_replies": ("bool", False, "replies nobody asked for do not fail tests"),
    "claude_allow_unscripted": ("bool", False, "requests that no scripted reply answers do not fail tests"),
    "claude_redact": (
        "string",
        "fragments",
        "what reports show of requests: fragments of their texts, hashes or off (all of it)",
    ),
    "claude_server": ("linelist", [], "settings of the server, such as: models = any"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini values."""
    group = parser.getgroup("claude", "contracts of code that calls the Claude API (claudemock)")
    for name, text in _FLAGS.items():
        group.addoption(name, action="store_true", default=False, help=text)
    for name, (shape, text) in _VALUES.items():
        group.addoption(name, metavar=shape, default=None, help=text)
    for name, (shape, text) in _LISTS.items():
        group.addoption(name, metavar=shape, action="append", default=[], help=text)
    for name, (kind, default, text) in _INI.items():
        parser.addini(name, text, type=kind, default=default)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """With `claude_all` the environment is set before anything of the user's can make a client."""
    if early_config.known_args_namespace.claude_all or early_config.getini("claude_all"):
        _session(early_config).point_at_root()


def pytest_configure(config: pytest.Config) -> None:
    """Marks; and what is wrong with the options is said at once where every test is watched."""
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)
    if config.getoption("claude_all") or config.getini("claude_all"):
        _session(config).settle()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server stops, the environment is as it was."""
    session = config.stash.get(_SESSION, None)
    if session is not None:
        session.close()


def _session(config: pytest.Config) -> "Session":
    session = config.stash.get(_SESSION, None)
    if session is None:
        from claudemock_contracts.plugin.session import Session

        session = config.stash[_SESSION] = Session(config)
        config.pluginmanager.register(_Watching(session), "claudemock-watching")
    return session


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> "Generator[None, Any, Any]":
    """Clients that a module of ours makes when it is imported find the mock's address."""
    if not isinstance(collector, pytest.Module) or not _may_use(collector):
        return (yield)
    session = _session(collector.config)
    if not session.uses(collector.path):
        return (yield)
    session.point_at_root()
    try:
        return (yield)
    finally:
        session.settle()


def _may_use(module: pytest.Module) -> bool:
    """A quick look; the session looks again."""
    if _SESSION in module.config.stash:
        return True
    try:
        return b"claude" in module.path.read_bytes()
    except OSError:
        return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with drills runs once for each."""
    names = [str(name) for mark in metafunc.definition.iter_markers("claude_drill") for name in mark.args]
    if names:
        metafunc.fixturenames.append(_DRILL)
        metafunc.parametrize(_DRILL, names, ids=names)


@pytest.fixture
def _claude_drill(request: pytest.FixtureRequest) -> Any:
    """The drill of this run of the test."""
    return request.param


def _watched(item: pytest.Item) -> bool:
    if "claude" in getattr(item, "fixturenames", ()) or item.get_closest_marker("claude") is not None:
        return True
    if item.get_closest_marker("claude_drill") is not None:
        return True
    session = item.config.stash.get(_SESSION, None)
    return session is not None and session.options.everything


def _watch(item: pytest.Item) -> "Watch":
    try:
        return _session(item.config).watch(item)
    except pytest.UsageError as error:
        said = str(error)
    pytest.fail(f"claudemock: {said}", pytrace=False)  # where a mark or an option is wrong, no traceback helps


def _not_ours(excinfo: "pytest.ExceptionInfo[BaseException]") -> bool:
    """Whether a failure is somebody else's, whose traceback our hooks have no place in."""
    return not isinstance(excinfo.value, pytest.fail.Exception)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Watching begins before the test's fixtures are made, so that clients made in them talk to the mock."""
    if _watched(item):
        _watch(item)


class _Watching:
    """The hooks that every test passes. Not there before a file uses us, so that other runs do not pay for them."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> "Generator[None, Any, Any]":
        """Clients made in wider fixtures will serve other tests too."""
        __tracebackhide__ = _not_ours
        if self._session.watching is None or fixturedef.scope == "function":
            return (yield)
        self._session.point_at_root()
        try:
            return (yield)
        finally:
            self._session.settle()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> "Generator[None, None, None]":
        """The verdict on a test that passes by itself may fail it; what its fixtures may still put right waits."""
        __tracebackhide__ = _not_ours
        if self._session.watching is None:
            return (yield)
        from claudemock_contracts.plugin.phases import after_call

        try:
            returned = yield
        except BaseException as error:
            after_call(self._session, item, error)
            raise
        after_call(self._session, item, None)
        return returned

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> "Generator[None, None, None]":
        """What is only known once the fixtures are gone, and the end of watching."""
        __tracebackhide__ = _not_ours
        try:
            returned = yield
        except BaseException:
            self._end(item, judge=False)
            raise
        self._end(item, judge=True)
        return returned

    def _end(self, item: pytest.Item, *, judge: bool) -> None:
        __tracebackhide__ = _not_ours
        if self._session.watching is None or self._session.watching.item is not item:
            return
        from claudemock_contracts.plugin.phases import after_teardown

        after_teardown(self._session, item, judge=judge)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> "Generator[None, Any, Any]":
        """A test's own failure comes first, what the contracts say below it; the result travels with the report."""
        report = yield
        if self._session.used:
            from claudemock_contracts.plugin.phases import into_report

            into_report(item, report, _TOLD)
        return report


class _Collecting:
    """Collects results where the run's end is shown: not in the workers of pytest-xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test's result."""
        told = getattr(report, _TOLD, None)
        if told is not None:
            _results(self._config).add(told)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Reports are written, whoever shows them: also where no test was watched, or an old one would stay."""
        config = self._config
        asked = config.getoption("claude_report") or config.getini("claude_report")
        if _RESULTS not in config.stash and (not asked or config.option.collectonly):
            return
        if not _results(config).finish() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR


def _results(config: pytest.Config) -> "Results":
    results = config.stash.get(_RESULTS, None)
    if results is None:
        from claudemock_contracts.plugin.options import read_options
        from claudemock_contracts.plugin.results import Results

        results = config.stash[_RESULTS] = Results(read_options(config), config.rootpath)
    return results


def pytest_sessionstart(session: pytest.Session) -> None:
    """Results are collected in one process only."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Collecting(session.config), "claudemock-results")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line when all is well, else what is not."""
    results = config.stash.get(_RESULTS, None)
    if results is not None:
        results.show(terminalreporter)


@pytest.fixture(scope="session")
def claude_server(request: pytest.FixtureRequest) -> "MockServer":
    """The mock server of this process, for tests that drive other programs: `.base_url`, `.api_key`, `.scope(name)`."""
    return _session(request.config).server()


@pytest.fixture
def claude(request: pytest.FixtureRequest) -> "Claude":
    """This test's own scope of the mock: script replies, arm faults, read exchanges and findings."""
    return _watch(request.node).claude
