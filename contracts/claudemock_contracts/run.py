"""Judging: exchanges in, a report out."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from claudemock_contracts.contract import Contract
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import (
    LEVELS,
    RANK,
    VERDICT_OF,
    Exercised,
    Finding,
    Observation,
    Severity,
    Verdict,
    clean,
    cleaned,
    fingerprint,
)
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.rules import ALL
from claudemock_contracts.transcript import Prompts, Transcript, read_transcript

_GRAVEST_FIRST: Sequence[Verdict] = ("violation", "warning", "note", "inconclusive", "pass", "not-exercised")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """A finding that is meant to be: a rule (id, name or family), why, and in which tests (a glob; None: all)."""

    rule: str
    reason: str
    test: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to judge. Rules are named by id, name or family.

    `select` empty: all. `severity` replaces a rule's own, or turns it `off`. `baseline` holds fingerprints of findings
    that are known and do not count.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity | Literal["off"]] = field(default_factory=dict)
    allow: tuple[Allow, ...] = ()
    baseline: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What judging found.

    `findings` are the ones that count, gravest first; `inconclusive` what could not be decided; `allowed` and
    `baselined` what was silenced; `verdicts` one per contract over all scopes. `broken` names rules that failed on
    this traffic, which is a fault of ours.
    """

    findings: tuple[Finding, ...] = ()
    inconclusive: tuple[Finding, ...] = ()
    allowed: tuple[tuple[Finding, Allow], ...] = ()
    baselined: tuple[Finding, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    unused_allows: tuple[Allow, ...] = ()
    exchanges: int = 0
    scopes: int = 0
    broken: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that should fail a test."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def of(self, rule: str) -> tuple[Finding, ...]:
        """The findings of one rule, by id or name."""
        return tuple(finding for finding in self.findings if rule in (finding.rule, finding.name))


def judge(
    exchanges: Iterable[Exchange],
    settings: Settings | None = None,
    oracles: Oracles | Mapping[str, Oracles] | None = None,
    *,
    contracts: Sequence[Contract] = ALL,
    prompts: Prompts | None = None,
) -> Report:
    """Judge exchanges, scope by scope. `oracles` are those of every scope, or of each by its name.

    Raises `ValueError` for a name in the settings that is no contract.
    """
    chosen = settings or Settings()
    active = chosen_contracts(chosen, contracts)
    shared = prompts or Prompts()
    scopes: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        scopes.setdefault(exchange.scope, []).append(exchange)
    bench = _Bench(chosen, active)
    for scope, found in scopes.items():
        told = oracles if isinstance(oracles, Oracles) else (oracles or {}).get(scope)
        bench.hear(read_transcript(found, oracles=told, prompts=shared))
    return bench.report(sum(map(len, scopes.values())), len(scopes))


def chosen_contracts(settings: Settings, contracts: Sequence[Contract]) -> list[Contract]:
    """The contracts that settings leave, with their severities. Raises `ValueError` for a name that is none."""
    named = (*settings.select, *settings.ignore, *settings.severity, *(allow.rule for allow in settings.allow))
    for name in named:
        if not any(contract.answers_to(name) for contract in contracts):
            raise ValueError(f"there is no contract {name!r}; `claudemock rules` lists them")
    found = []
    for contract in contracts:
        if settings.select and not any(map(contract.answers_to, settings.select)):
            continue
        if any(map(contract.answers_to, settings.ignore)):
            continue
        wanted = _severity(contract, settings)
        if wanted != "off":
            found.append(contract)
    return found


def _severity(contract: Contract, settings: Settings) -> Severity | Literal["off"]:
    """The severity asked for: by id or name before by family."""
    wanted: Severity | Literal["off"] = contract.severity
    precise = False
    for name, severity in settings.severity.items():
        exact = name.lower() in (contract.id.lower(), contract.name)
        if contract.answers_to(name) and (exact or not precise):
            wanted, precise = severity, exact
    return wanted


class _Bench:
    """Hears one scope after the other and sums up."""

    def __init__(self, settings: Settings, contracts: Sequence[Contract]) -> None:
        self._settings = settings
        self._contracts = contracts
        self._found: dict[tuple[str, str], Finding] = {}
        self._verdicts: dict[str, Verdict] = dict.fromkeys((each.id for each in contracts), "not-exercised")
        self._broken: list[str] = []

    def hear(self, transcript: Transcript) -> None:
        for contract in self._contracts:
            try:
                for outcome in contract.judge(transcript):
                    if isinstance(outcome, Exercised):
                        self._note(contract, "pass")
                    else:
                        self._add(contract, transcript, outcome)
            except Exception as error:  # noqa: BLE001 - one rule that stumbles must not silence the others
                self._broken.append(f"{contract.id} {contract.name}: {type(error).__name__}: {error}")

    def _add(self, contract: Contract, transcript: Transcript, seen: Observation) -> None:
        finding = _finding(contract, _severity(contract, self._settings), transcript, seen)
        self._note(contract, finding.verdict)
        key = (transcript.scope, finding.fingerprint)
        known = self._found.get(key)
        self._found[key] = finding if known is None else known.joined(finding)

    def _note(self, contract: Contract, verdict: Verdict) -> None:
        known = self._verdicts[contract.id]
        self._verdicts[contract.id] = min(known, verdict, key=_GRAVEST_FIRST.index)

    def report(self, exchanges: int, scopes: int) -> Report:
        counted, allowed, baselined, used = [], [], [], set()
        for finding in self._found.values():
            allow = next((each for each in self._settings.allow if self._fits(each, finding)), None)
            if allow is not None:
                used.add(allow)
                allowed.append((finding, allow))
            elif finding.fingerprint in self._settings.baseline:
                baselined.append(finding)
            else:
                counted.append(finding)
        counted.sort(key=lambda finding: (-RANK[finding.severity], finding.rule))
        return Report(
            findings=tuple(finding for finding in counted if finding.verdict != "inconclusive"),
            inconclusive=tuple(finding for finding in counted if finding.verdict == "inconclusive"),
            allowed=tuple(allowed),
            baselined=tuple(baselined),
            verdicts=self._verdicts,
            unused_allows=tuple(allow for allow in self._settings.allow if allow not in used),
            exchanges=exchanges,
            scopes=scopes,
            broken=tuple(dict.fromkeys(self._broken)),
        )

    def _fits(self, allow: Allow, finding: Finding) -> bool:
        test = finding.test or finding.scope
        if allow.test is not None and not fnmatch.fnmatchcase(test, allow.test):
            return False
        return any(each.id == finding.rule and each.answers_to(allow.rule) for each in self._contracts)


def _finding(contract: Contract, wanted: Severity | str, transcript: Transcript, seen: Observation) -> Finding:
    verdict = seen.verdict or contract.verdict
    if verdict != "inconclusive" and wanted in VERDICT_OF and wanted != contract.severity:
        verdict = _shifted(verdict, contract.severity, wanted)
    involved = dict.fromkeys([seen.at.id, *(exchange.id for exchange in seen.also)])
    place = f"{seen.path} byte {seen.byte}" if seen.byte is not None else seen.path
    return Finding(
        rule=contract.id,
        name=contract.name,
        kind=seen.kind,
        severity=LEVELS[verdict],
        verdict=verdict,
        title=contract.title,
        expected=clean(seen.expected),
        actual=clean(seen.actual),
        location=clean(place),
        exchanges=tuple(involved)[:20],
        fix=clean(seen.fix or contract.fix),
        fingerprint=fingerprint(contract.id, seen.at.test or transcript.scope, seen.path, seen.kind),
        confidence=seen.confidence,
        scope=transcript.scope,
        tokens_lost=seen.tokens_lost,
        dollars_lost=seen.dollars_lost,
        test=seen.at.test,
        caller=seen.at.caller,
        source=seen.at.source,
        details=cleaned(seen.details),
    )


def _shifted(verdict: Verdict, own: Severity, wanted: str) -> Verdict:
    """A verdict under a changed severity: what was of the rule's full strength takes it; weaker ones are capped."""
    level = LEVELS[verdict]
    if RANK[level] >= RANK[own]:
        return next(each for severity, each in VERDICT_OF.items() if severity == wanted)
    return verdict if RANK[level] <= RANK[wanted] else next(v for s, v in VERDICT_OF.items() if s == wanted)


__all__ = ["Allow", "Report", "Settings", "chosen_contracts", "judge"]
