"""What a run of tests found, as plain data: it travels between processes and is the same for every format."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from claudemock_contracts.run import Report

Json = Mapping[str, Any]
# `app.py:12`, `journal.jsonl:3`, `journal.json item:3`, `log.har: log.entries.3`, `cassette.yaml#2`
_PLACE = re.compile(r"(?P<file>.+?)(?: item:\d+|:(?P<line>\d+)|: .*|#\d+)?\Z", re.DOTALL)
_WORST = ("violation", "warning", "note", "inconclusive", "pass", "not-exercised")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test. `findings` are in the binding shape; `problems` are what is wrong with the test rather than the code:
    `{kind, severity, text, fix}`. `compared` holds redacted requests of findings by exchange,
    `late` how many requests of earlier tests came in after their end. `line` counts from 1.
    """

    __test__ = False  # pytest would take it for a class of tests

    test: str
    file: str | None = None
    line: int | None = None
    findings: Sequence[Json] = ()
    problems: Sequence[Json] = ()
    inconclusive: Sequence[Json] = ()
    allowed: Sequence[Json] = ()
    baselined: Sequence[str] = ()
    unused_allows: Sequence[Json] = ()
    used_allows: Sequence[str] = ()
    verdicts: Mapping[str, str] = field(default_factory=dict)
    exchanges: int = 0
    dollars: float = 0.0
    broken: Sequence[str] = ()
    late: Mapping[str, int] = field(default_factory=dict)
    shape: Json | None = None
    compared: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All results of a run. `unused_allows` are those of the run that no test needed."""

    results: Sequence[TestResult] = ()
    unused_allows: Sequence[Json] = ()
    remarks: Sequence[str] = ()

    @classmethod
    def of(cls, report: Report, compared: Mapping[str, Json]) -> "Run":
        """A report on traffic of which no test is known; `compared` are its requests, as in `TestResult`."""
        result = TestResult(
            test="",
            findings=[finding.to_json() for finding in report.findings],
            inconclusive=[finding.to_json() for finding in report.inconclusive],
            allowed=[{**finding.to_json(), "reason": allow.reason} for finding, allow in report.allowed],
            baselined=[finding.fingerprint for finding in report.baselined],
            verdicts=dict(report.verdicts),
            exchanges=report.exchanges,
            broken=report.broken,
            compared=compared,
        )
        unused = [{"rule": allow.rule, "reason": allow.reason} for allow in report.unused_allows]
        return cls(results=[result], unused_allows=unused)

    def findings(self) -> Iterator[tuple[TestResult, Json]]:
        """Every finding with the test it is of."""
        for result in self.results:
            for finding in result.findings:
                yield result, finding

    def problems(self) -> Iterator[tuple[TestResult, Json]]:
        """Every problem with the test it is of."""
        for result in self.results:
            for problem in result.problems:
                yield result, problem

    def count(self, severity: str) -> int:
        """How many findings and problems are of a severity."""
        said = (each for _, each in (*self.findings(), *self.problems()))
        return sum(each["severity"] == severity for each in said)

    def verdicts(self) -> dict[str, str]:
        """The gravest verdict of each contract over all tests."""
        found: dict[str, str] = {}
        for result in self.results:
            for rule, verdict in result.verdicts.items():
                found[rule] = min(found.get(rule, verdict), verdict, key=_WORST.index)
        return found

    def grouped(self) -> list[list[tuple[TestResult, Json]]]:
        """Findings that are one to who reads them, gravest first: of one rule, kind and line of code.

        Where the line is not known they are one by fingerprint, which is one test's.
        """
        groups: dict[tuple[str, ...], list[tuple[TestResult, Json]]] = {}
        for result, finding in self.findings():
            place = finding.get("caller") or finding["fingerprint"]
            key = (finding["severity"], finding["rule"], finding["kind"], place)
            groups.setdefault(key, []).append((result, finding))
        order = ("error", "warning", "note")
        return sorted(groups.values(), key=lambda group: (order.index(group[0][1]["severity"]), group[0][1]["rule"]))


def times(group: Iterable[tuple[TestResult, Json]]) -> int:
    """How often the findings of a group were seen."""
    return sum(int(finding.get("count") or 1) for _, finding in group)


def tests_of(group: Iterable[tuple[TestResult, Json]]) -> list[str]:
    """The tests that a group of findings is of."""
    return list(dict.fromkeys(result.test for result, _ in group if result.test))


def place_of(result: TestResult, finding: Json) -> tuple[str | None, int | None]:
    """The file and line to point at: the user's line that made the call, the recording's, or else the test's."""
    for said in (finding.get("caller"), finding.get("source")):
        place = _PLACE.match(said) if isinstance(said, str) else None
        if place is not None:
            return place["file"], int(place["line"]) if place["line"] else None
    return result.file, result.line
