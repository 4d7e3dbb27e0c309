"""`claudemock check` and `claudemock rules`: recorded traffic judged, contracts explained."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from claudemock_contracts.baseline import read_baseline, write_baseline
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Severity
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.report.compared import compared
from claudemock_contracts.report.formats import render
from claudemock_contracts.report.model import Run
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import Allow, Report, Settings, judge
from claudemock_contracts.sources import SourceError, read_exchanges
from claudemock_contracts.text import WIDTH, render_contract, render_contracts, render_report, terminal_width

_ONE_LINE = 1000  # wide enough for any entry of a list, so that grep finds it whole
Format = Literal["text", "json", "jsonl", "junit", "sarif", "github", "html"]


class CommandError(Exception):
    """A command that cannot be carried out; the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What `claudemock check` was asked for. `severity` and `allow` are `RULE=LEVEL` and `RULE=REASON`."""

    files: Sequence[Path]
    format: Format = "text"
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    severity: Sequence[str] = ()
    allow: Sequence[str] = ()
    baseline: Path | None = None
    write_baseline: Path | None = None
    real_time: bool = False
    strict: bool = False
    everything: bool = False
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        levels = dict(_level(*_split(each, "severity", "R10=error")) for each in self.severity)
        allow = [_split(each, "allow", "R10='the gateway merges them'") for each in self.allow]
        try:
            known = read_baseline(self.baseline)
        except ValueError as error:
            raise CommandError(str(error)) from None
        settings = Settings(
            select=tuple(self.select),
            ignore=tuple(self.ignore),
            severity=levels,
            allow=tuple(Allow(rule=rule, reason=reason) for rule, reason in allow),
            baseline=known,
        )
        object.__setattr__(self, "settings", settings)


def check(asked: Check) -> tuple[str, int]:
    """Judge the files together. Returns what to print, and 1 if something is an error (`strict`: or a warning).

    Files are scopes of their own, unless they say themselves which scope an exchange belongs to. Raises
    `CommandError` for a file that cannot be read or written, and where there is no exchange to judge.
    """
    found = []
    for path in asked.files:
        try:
            found += list(read_exchanges(path))
        except SourceError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror or error}") from None
    try:
        report = judge(found, asked.settings, Oracles(real_time=asked.real_time))
    except ValueError as error:
        raise CommandError(str(error)) from None
    if not found:
        raise CommandError(f"{', '.join(path.name for path in asked.files)}: no exchange in it, so nothing was judged")
    if asked.write_baseline is not None:
        known = [finding.fingerprint for finding in (*report.findings, *report.baselined)]
        try:
            write_baseline(asked.write_baseline, known)
        except OSError as error:
            reason = f"the baseline cannot be written: {error.strerror or error}"
            raise CommandError(f"{asked.write_baseline}: {reason}") from None
    grave = report.errors or (asked.strict and any(each.severity == "warning" for each in report.findings))
    text = rendered(report, asked.format, found, everything=asked.everything, width=terminal_width())
    return text, 1 if grave else 0


def rendered(
    report: Report, form: Format, exchanges: Sequence[Exchange], *, everything: bool = False, width: int = WIDTH
) -> str:
    """A report on `exchanges` as text, as one JSON object, as a line of JSON a finding, or as other tools want it."""
    if form == "text":
        return render_report(report, shown=None if everything else 3, width=width)
    if form not in ("json", "jsonl"):
        return render(Run.of(report, compared(report.findings, exchanges, "fragments")), form).rstrip("\n")
    findings = [finding.to_json() for finding in (*report.findings, *report.inconclusive)]
    if form == "jsonl":
        return "\n".join(json.dumps(finding, ensure_ascii=False) for finding in findings)
    shown = {
        "findings": findings,
        "verdicts": dict(report.verdicts),
        "allowed": [{**finding.to_json(), "reason": allow.reason} for finding, allow in report.allowed],
        "baselined": [finding.fingerprint for finding in report.baselined],
        "unused_allows": [{"rule": allow.rule, "reason": allow.reason} for allow in report.unused_allows],
        "exchanges": report.exchanges,
        "scopes": report.scopes,
        "broken": list(report.broken),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def rules(name: str | None) -> str:
    """The list of contracts, or one of them in full. Raises `CommandError` for a name that is none."""
    if name is None:
        return render_contracts(ALL, terminal_width(piped=_ONE_LINE))
    found = [contract for contract in ALL if name.lower() in (contract.id.lower(), contract.name)]
    if found:
        return render_contract(found[0], terminal_width())
    family = [contract for contract in ALL if contract.answers_to(name)]
    if family:
        return render_contracts(family, terminal_width(piped=_ONE_LINE))
    raise CommandError(f"there is no contract {name!r}; `claudemock rules` lists them")


def _split(text: str, option: str, example: str) -> tuple[str, str]:
    rule, sign, value = text.partition("=")
    if not sign or not value.strip():
        raise CommandError(f"--{option} {text}: write RULE=…, for example --{option} {example}")
    return rule.strip(), value.strip()


def _level(rule: str, level: str) -> tuple[str, Severity | Literal["off"]]:
    levels: dict[str, Severity | Literal["off"]] = {
        "error": "error",
        "warning": "warning",
        "note": "note",
        "off": "off",
    }
    if level not in levels:
        raise CommandError(f"--severity {rule}={level}: a level is one of {', '.join(levels)}")
    return rule, levels[level]


__all__ = ["Check", "CommandError", "check", "rendered", "rules"]
