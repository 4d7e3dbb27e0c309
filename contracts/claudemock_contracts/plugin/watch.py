"""One watched test: its scope, its environment, its verdict."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pytest

from claudemock.control.client import Exchanges
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Finding
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.plugin import verdict
from claudemock_contracts.plugin.claude import Claude
from claudemock_contracts.plugin.court import Court
from claudemock_contracts.plugin.drills import arm_drill
from claudemock_contracts.plugin.lock import dollars, shape_of
from claudemock_contracts.plugin.options import read_marks
from claudemock_contracts.plugin.tools import ToolWatch
from claudemock_contracts.plugin.verdict import Verdict
from claudemock_contracts.probe.leaks import Probe, observations
from claudemock_contracts.probe.run import probe
from claudemock_contracts.report.compared import compared
from claudemock_contracts.report.model import TestResult
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import Report, judge

_PLAIN = re.compile(r"[^A-Za-z0-9_~-]+")
_BRIEFLY = 0.05  # seconds that answers under way are waited for
_COMPARED = ("html", "jsonl", "sarif")  # reports that show requests, or the lines that made them


class Watch:
    """From before a test's fixtures are set up until they are torn down."""

    def __init__(self, item: pytest.Item, court: Court) -> None:
        self.item = item
        self.marks = read_marks(item)
        self.mode = self.marks.mode or court.options.mode
        self.failed = False
        self.judged: Verdict | None = None
        self._court = court
        self._tools = ToolWatch()
        self.claude = Claude(court.scope(_scope_name(item, self.marks.seed)), self, self._tools)
        self._stack = ExitStack()
        self._probed: list[Report] = []
        self.waiting = False  # for what the test's fixtures do at the end
        self.told: set[str] = set()  # what the test has been failed for: fingerprints and kinds of problems
        self.late: dict[str, int] = {}  # requests of earlier tests that came in after their end
        try:
            court.settings(self.marks, ())
        except ValueError as error:
            raise pytest.UsageError(f"{item.nodeid}: pytest.mark.claude: {error}") from None

    def start(self) -> None:
        """Lead: every client in the process that talks to the mock talks to this test from now on."""
        court = self._court
        before, court.last = court.last, None
        _, had = court.server.lead(self.claude.scope_name, reset=None if before is None else before[0])
        if before is not None and had > before[2]:
            self.late[before[1]] = had - before[2]
        court.earlier.redirect()
        self._stack.callback(court.earlier.restore)
        court.guard.start()
        self._stack.callback(court.guard.stop)
        self._stack.callback(self._tools.stop)
        drill = _drill_name(self.item)
        if drill is not None:
            arm_drill(self.claude, self._tools, drill, self._stack)

    def stop(self) -> None:
        """Undo it all."""
        self._stack.close()

    def release(self) -> bool:
        """Give up the lead. Returns whether there is more to judge than has been."""
        _, had = self._court.server.lead(None)
        self._court.last = (self.claude.scope_name, self.item.nodeid, had)
        return self.judged is not None and had > len(self.judged.raw)

    # what a test may ask for while it runs

    def findings(self) -> Sequence[Finding]:
        """What the contracts have to say so far."""
        raw = list(self.claude.exchanges)
        return self._report(verdict.exchanges_of(raw, self.item.nodeid, self._court.guard.sent)).findings

    def probe(self, function: Callable[[], object]) -> Probe:
        """Run a drift probe beside the test, in a scope of its own."""
        court, name = self._court, f"{self.claude.scope_name}-probe"
        scope = court.scope(name)
        listed = self.claude.call("GET", "replies")["replies"]
        replies = [{**entry["reply"], "times": entry["left"]} for entry in listed if entry["id"] in self.claude.armed]

        def run(what: Callable[[], object]) -> Sequence[Exchange]:
            scope.reset()
            if replies:
                scope.call("POST", "replies", {"replies": replies})
            before = len(court.guard.sent)
            what()
            return verdict.exchanges_of(scope.exchanges, self.item.nodeid, court.guard.sent[before:])

        court.server.lead(name)
        try:
            found = probe(function, run, court.prompts)
        finally:
            court.server.lead(self.claude.scope_name, reset=name)
        self._judge_probe(found)
        return found

    def _judge_probe(self, found: Probe) -> None:
        rule = next(contract for contract in ALL if contract.id == "R02")
        heard = replace(rule, judge=lambda story: observations(found.leaks))  # noqa: ARG005 - what a judge takes
        involved = [leak.at for leak in found.leaks[:1]]
        settings = self._court.settings(self.marks, self.claude.allowed)
        others = [contract for contract in ALL if contract.id != "R02"]
        silent = [replace(contract, judge=lambda story: ()) for contract in others]  # noqa: ARG005 - what a judge takes
        self._probed.append(judge(involved, settings, contracts=[heard, *silent]))

    # the verdict

    def decide(self, error: BaseException | None = None) -> Verdict:
        """Look at everything the test has done so far. `error` is what the test failed with."""
        if error is not None and isinstance(error, Exception) and not isinstance(error, AssertionError):
            said = Outcome(kind="raised", error=f"{type(error).__name__}: {error}")
            self.claude.tell(outcomes=(*self.claude.oracles.outcomes, said))
        raw = self._raw()
        exchanges = verdict.exchanges_of(raw, self.item.nodeid, self._court.guard.sent)
        report = self._report(exchanges)
        problems = [*self._problems(exchanges, raw), *verdict.unseen(raw.dropped, len(raw))]
        self.judged = Verdict(report=report, problems=problems, raw=raw, exchanges=exchanges)
        return self.judged

    def _raw(self) -> Exchanges:
        found = self.claude.exchanges
        if any(entry["ended"] is None for entry in found):  # a client that has just closed is noticed in a moment
            try:
                found = self.claude.wait(count=len(found), timeout=_BRIEFLY)
            except TimeoutError:
                found = self.claude.exchanges
        return found

    def _report(self, exchanges: Sequence[Exchange]) -> Report:
        if self.mode == "off":
            return Report(exchanges=len(exchanges))
        settings = self._court.settings(self.marks, self.claude.allowed)
        report = judge(exchanges, settings, self._oracles(), prompts=self._court.prompts)
        return _together([report, *self._probed])

    def _oracles(self) -> Oracles:
        told = self.claude.oracles
        return replace(
            told, tools=(*told.tools, *self._tools.runs), real_time=told.real_time or self.claude.clock.turned
        )

    def _problems(self, exchanges: Sequence[Exchange], raw: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        options, claude, marks = self._court.options, self.claude, self.marks
        yield from map(dict, verdict.blocked(self._court.guard.blocked))
        if claude.armed and not _either(marks.allow_unused_replies, options.allow_unused_replies):
            listed = claude.call("GET", "replies")["replies"]
            yield from map(dict, verdict.unused_replies(listed, claude.armed, claude.optional))
        if claude.armed and not _either(marks.allow_unscripted, options.allow_unscripted):
            yield from map(dict, verdict.unscripted(exchanges, raw))
        if claude.armed_faults:
            yield from map(dict, verdict.unfired(claude.faults, claude.armed_faults))
        if self._court.lock is not None and not options.update_lock and not self.failed:
            changes = self._court.lock.changes(self.item.nodeid, shape_of(exchanges, raw, self._court.prompts))
            if changes:
                yield {
                    "kind": "lock-changed",
                    "severity": "error",
                    "text": "\n".join(changes),
                    "fix": "if the change is meant, run with --claude-update-lock and commit the lock file",
                }

    def result(self) -> TestResult:
        """All of it as plain data."""
        options, told = self._court.options, self.judged or Verdict(report=Report())
        report, run_wide = told.report, {(each.rule, each.reason) for each in options.allow}
        unused = [allow for allow in report.unused_allows if (allow.rule, allow.reason) not in run_wide]
        file, line, _ = self.item.location
        wanted = any(form in _COMPARED for form, _ in options.reports)
        return TestResult(
            test=self.item.nodeid,
            file=file,
            line=None if line is None else line + 1,
            findings=[finding.to_json() for finding in report.findings],
            problems=told.problems,
            inconclusive=[finding.to_json() for finding in report.inconclusive],
            allowed=[{**finding.to_json(), "reason": allow.reason} for finding, allow in report.allowed],
            baselined=[finding.fingerprint for finding in report.baselined],
            unused_allows=[{"rule": a.rule, "reason": a.reason, "test": self.item.nodeid} for a in unused],
            used_allows=sorted({f"{allow.rule}\0{allow.reason}" for _, allow in report.allowed}),
            verdicts=dict(report.verdicts),
            exchanges=len(told.raw),
            dollars=sum(map(dollars, told.raw)),
            broken=report.broken,
            late=self.late,
            shape=self._shape(told),
            compared=compared(report.findings, told.exchanges, options.redact) if wanted else {},
        )

    def _shape(self, told: Verdict) -> dict[str, Any] | None:
        """What is to be locked; of a test that failed by itself nothing, because it may have stopped half way."""
        if self._court.lock is None or self.failed or self.judged is None:
            return None
        return shape_of(told.exchanges, told.raw, self._court.prompts)


def _either(own: bool | None, runs: bool) -> bool:
    return runs if own is None else own


def _drill_name(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    name = None if callspec is None else callspec.params.get("_claude_drill")
    if name is None and item.get_closest_marker("claude_drill") is not None:
        raise pytest.UsageError(
            f"{item.nodeid}: claude_drill works for functions; a unittest.TestCase takes one drill "
            "a method, armed with claude.fault(…)"
        )
    return name


def _scope_name(item: pytest.Item, seed: object) -> str:
    """The same in every run, so that what is derived from it is too."""
    said = item.nodeid if seed is None else f"{item.nodeid}\0{seed}"
    return f"{_PLAIN.sub('-', item.name)[:40]}-{blake2b(said.encode(), digest_size=4).hexdigest()}"


def _together(reports: Sequence[Report]) -> Report:
    """Several reports on one test as one: an allowance is unused only if none of them needed it."""
    first, *more = reports
    if not more:
        return first
    used = {allow for report in reports for _, allow in report.allowed}
    return replace(
        first,
        findings=tuple(finding for report in (*more, first) for finding in report.findings),
        inconclusive=tuple(finding for report in reports for finding in report.inconclusive),
        allowed=tuple(pair for report in reports for pair in report.allowed),
        baselined=tuple(finding for report in reports for finding in report.baselined),
        unused_allows=tuple(allow for allow in first.unused_allows if allow not in used),
    )
