"""What a user asked of the plugin: options of the command line, ini values, and marks on a test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import pytest

Mode = Literal["error", "warn", "off"]
Format = Literal["text", "json", "jsonl", "junit", "sarif", "github", "html"]
Redaction = Literal["fragments", "hashes", "off"]
FORMATS: Sequence[str] = get_args(Format)
LEVELS = ("error", "warning", "note", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """A finding that is meant to be: the rule, why, and in which tests (a glob; None: all)."""

    rule: str
    reason: str
    test: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a run; `server` are settings of the server."""

    mode: Mode = "error"
    everything: bool = False
    strict: bool = False
    severity: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[Allowed, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    lock: Path | None = None
    update_lock: bool = False
    reports: tuple[tuple[str, str], ...] = ()
    allow_unused_replies: bool = False
    allow_unscripted: bool = False
    redact: Redaction = "fragments"
    server: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What the marks on one test say, its own before its class's before its module's."""

    contracts: tuple[str, ...] = ()
    mode: Mode | None = None
    allow: tuple[Allowed, ...] = ()
    severity: Mapping[str, str] = field(default_factory=dict)
    seed: object = None
    allow_unused_replies: bool | None = None
    allow_unscripted: bool | None = None


def read_options(config: pytest.Config) -> Options:
    """The options of a run. Raises `pytest.UsageError` that says what is wrong and what would be right."""
    root = config.rootpath
    mode: Any = _one_of(config.getoption("claude_contracts") or config.getini("claude_contracts"), "contracts", Mode)
    redact: Any = _one_of(config.getini("claude_redact"), "redact", Redaction)
    baseline, lock = (_path(config, name, root) for name in ("claude_baseline", "claude_lock"))
    severity = (*config.getini("claude_severity"), *config.getoption("claude_severity"))
    allow = (*config.getini("claude_allow"), *config.getoption("claude_allow"))
    for name, file in (("baseline", baseline), ("lock", lock)):
        if file is None and config.getoption(f"claude_update_{name}"):
            raise pytest.UsageError(f"--claude-update-{name}: there is no file to update; name it with --claude-{name}")
    return Options(
        mode=mode,
        everything=wants_everything(config),
        strict=config.getoption("claude_strict") or config.getini("claude_strict"),
        severity=dict(_level(line) for line in severity),
        allow=tuple(_allowed_line(line) for line in allow),
        baseline=baseline,
        update_baseline=config.getoption("claude_update_baseline"),
        lock=lock,
        update_lock=config.getoption("claude_update_lock"),
        reports=tuple(_report(each) for each in (*config.getini("claude_report"), *config.getoption("claude_report"))),
        allow_unused_replies=config.getini("claude_allow_unused_replies"),
        allow_unscripted=config.getini("claude_allow_unscripted"),
        redact=redact,
        server=dict(_setting(line) for line in config.getini("claude_server")),
    )


def _one_of(given: Any, name: str, kind: Any) -> Any:
    if given not in get_args(kind):
        raise pytest.UsageError(f"claude_{name} = {given}: one of {', '.join(get_args(kind))}")
    return given


def wants_everything(config: pytest.Config) -> bool:
    """Whether every test is watched."""
    return bool(config.getoption("claude_all", False) or config.getini("claude_all"))


def read_marks(item: pytest.Item) -> Marks:
    """What the test's marks say. Raises `pytest.UsageError` for what a mark cannot say."""
    said: dict[str, Any] = {}
    severity: dict[str, str] = {}
    allow: list[Allowed] = []
    for mark in item.iter_markers("claude"):
        given = dict(mark.kwargs)
        unknown = sorted(given.keys() - _MARK_KEYS)
        if mark.args or unknown:
            what = f"no argument {unknown[0]!r}" if unknown else "no positional arguments"
            raise pytest.UsageError(
                f"{item.nodeid}: pytest.mark.claude has {what}; it has {', '.join(sorted(_MARK_KEYS))}"
            )
        for rule, level in dict(given.pop("severity", {})).items():
            severity.setdefault(*_level(f"{rule}={level}"))
        allow += _allowed(given.pop("allow", ()))
        contracts = given.pop("contracts", None)
        if contracts in get_args(Mode):
            said.setdefault("mode", contracts)
        elif contracts is not None:
            said.setdefault("contracts", (contracts,) if isinstance(contracts, str) else tuple(contracts))
        for name, value in given.items():
            said.setdefault(name, value)
    return Marks(allow=tuple(allow), severity=severity, **said)


_MARK_KEYS = frozenset({"contracts", "allow", "severity", "seed", "allow_unused_replies", "allow_unscripted"})


def _allowed(given: Any) -> list[Allowed]:
    """`{"R07": reason}`, `[("R07", reason)]` or `["R07: reason"]`; a rule alone is allowed without a reason."""
    pairs = given.items() if isinstance(given, Mapping) else [given] if isinstance(given, str) else given
    found = []
    for pair in pairs:
        rule, reason = pair.partition(":")[::2] if isinstance(pair, str) else pair
        found.append(Allowed(rule=rule.strip(), reason=reason.strip()))
    return found


def _allowed_line(line: str) -> Allowed:
    rule, sign, reason = line.partition("=")
    name, _, test = rule.strip().partition(" ")
    if not sign or not reason.strip() or not name:
        raise pytest.UsageError(f"claude_allow: {line}: write RULE = REASON, or RULE tests/test_old.py::* = REASON")
    return Allowed(rule=name, reason=reason.strip(), test=test.strip() or None)


def _level(line: str) -> tuple[str, str]:
    rule, _, level = (part.strip() for part in line.partition("="))
    if not rule or level not in LEVELS:
        raise pytest.UsageError(f"claude_severity: {line}: write RULE=LEVEL, a level being one of {', '.join(LEVELS)}")
    return rule, level


def _report(line: str) -> tuple[str, str]:
    form, colon, path = line.strip().partition(":")
    if form not in FORMATS or not colon or not path:
        raise pytest.UsageError(
            f"claude_report: {line}: write FORMAT:PATH, a format being one of {', '.join(FORMATS)}; - is the terminal"
        )
    return form, path


def _setting(line: str) -> tuple[str, Any]:
    name, sign, value = (part.strip() for part in line.partition("="))
    if not sign:
        raise pytest.UsageError(f"claude_server: {line}: write SETTING = VALUE, for example models = any")
    if value in ("true", "false"):
        return name, value == "true"
    return name, int(value) if value.isdecimal() else value


def _path(config: pytest.Config, name: str, root: Path) -> Path | None:
    given = config.getoption(name) or config.getini(name)
    return root / str(given) if given else None
