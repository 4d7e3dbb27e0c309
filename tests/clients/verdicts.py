"""What the contracts make of the sample programs: `python -m tests.clients.verdicts [FOLDER]` prints a table.

Recall: of the programs with a bug, how many are reported for the contract they name. Precision: of all that is
reported, per program and contract, how much is meant (the named contract, or one that goes with it). Only violations
and warnings count; a note is advice.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from claudemock.control.client import MockServer
from claudemock.serving import serve
from claudemock_contracts.exchange import from_journal
from claudemock_contracts.finding import Finding
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.oracles import Outcome as Ending
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import judge
from tests.clients.corpus import SAMPLES, Case, Outcome, lacking, load, run_case

LEAST = 0.95
COUNTED = ("violation", "warning")


@dataclass(frozen=True)
class Verdict:
    """What was reported of one case: the findings it names, those that go with it, and those nobody expects."""

    case: Case
    meant: tuple[Finding, ...]
    surplus: tuple[Finding, ...]
    unsure: tuple[Finding, ...]

    @property
    def right(self) -> bool:
        """Nothing is missing and nothing is too much."""
        return bool(self.meant) == bool(self.case.rule) and not self.surplus


@dataclass(frozen=True)
class Scores:
    """Verdicts in sum."""

    verdicts: tuple[Verdict, ...]

    @property
    def recall(self) -> float:
        """Reported bugs by all bugs that a contract exists for."""
        wrong = [verdict for verdict in self.verdicts if verdict.case.rule]
        return sum(bool(verdict.meant) for verdict in wrong) / max(1, len(wrong))

    @property
    def precision(self) -> float:
        """Meant reports by all reports."""
        meant = sum(bool(verdict.meant) for verdict in self.verdicts)
        surplus = sum(len({finding.rule for finding in verdict.surplus}) for verdict in self.verdicts)
        return meant / max(1, meant + surplus)

    def table(self) -> str:
        """One line per case that is not as it should be, and the sums."""
        lines = [line for verdict in self.verdicts for line in _lines(verdict)]
        right = sum(verdict.right for verdict in self.verdicts)
        sums = f"{right} of {len(self.verdicts)} right, recall {self.recall:.3f}, precision {self.precision:.3f}"
        return "\n".join([*lines, sums])


def _lines(verdict: Verdict) -> Iterator[str]:
    if verdict.case.rule and not verdict.meant:
        yield f"{verdict.case.id:<44} missed  {verdict.case.rule}"
        rules = (verdict.case.rule, *verdict.case.also)
        yield from (f"{'':<44}   unsure  {_told(found)}" for found in verdict.unsure if _is(found, rules))
    yield from (f"{verdict.case.id:<44} surplus {_told(found)}" for found in verdict.surplus)


def _told(finding: Finding) -> str:
    return f"{finding.rule} {finding.name} ({finding.verdict}, {finding.kind}): {finding.actual[:160]}"


def _is(finding: Finding, rules: Iterable[str]) -> bool:
    names = {name for rule in rules for name in rule.split()}
    return finding.rule in names or finding.name in names


def uncovered(cases: Iterable[Case]) -> list[str]:
    """The rules that cases name and no contract has."""
    known = {name for contract in ALL for name in (contract.id, contract.name)}
    return sorted({case.rule for case in cases if case.rule and not known & set(case.rule.split())})


def judged(case: Case, outcome: Outcome) -> Verdict:
    """What the contracts say of a run."""
    if outcome.error is None:
        ending = Ending(kind="returned", value=outcome.answer)
    else:
        ending = Ending(kind="raised", error=f"{type(outcome.error).__name__}: {outcome.error}")
    measured = outcome.answer if case.measures else {}
    oracles = Oracles(outcomes=(ending,), measured=measured, **case.told)
    report = judge([from_journal(exchange) for exchange in outcome.exchanges], oracles=oracles)
    counted = [finding for finding in report.findings if finding.verdict in COUNTED]
    named = (case.rule,) if case.rule else ()
    return Verdict(
        case,
        tuple(finding for finding in counted if _is(finding, named)),
        tuple(finding for finding in counted if not _is(finding, (*named, *case.also))),
        report.inconclusive,
    )


def scores(cases: Iterable[Case], outcome: Callable[[Case], Outcome | None]) -> Scores:
    """Judge the cases that have an outcome and whose contract exists."""
    cases = list(cases)
    missing = uncovered(cases)
    found = [(case, outcome(case)) for case in cases if case.rule not in missing]
    return Scores(tuple(judged(case, came) for case, came in found if came is not None))


class Runs:
    """Runs each case once, in a scope of its own."""

    def __init__(self, root: MockServer) -> None:
        self._root = root
        self._known: dict[str, Outcome] = {}

    def outcome(self, case: Case) -> Outcome | None:
        """What came of it; None if the server lacks what it needs."""
        if case.id not in self._known:
            claude = self._root.scope(f"sample-{case.id}")
            if lacking(case, claude):
                return None
            self._known[case.id] = run_case(case, claude)
        return self._known[case.id]


def main(folder: Path) -> int:
    """Print the table of a folder of samples; returns 1 if it is below the bar."""
    cases = list(load(folder))
    with serve() as root:
        result = scores(cases, Runs(root).outcome)
    sys.stdout.write(f"{result.table()}\n")
    if missing := uncovered(cases):
        sys.stdout.write(f"no contract yet: {', '.join(missing)}\n")
    return 0 if min(result.recall, result.precision) >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES))
