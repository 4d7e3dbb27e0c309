"""The end of a run, where its results come together: the terminal's section, reports, the lock and the baseline."""

import fnmatch
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from claudemock_contracts.baseline import read_baseline, write_baseline
from claudemock_contracts.plugin.lock import Lock
from claudemock_contracts.plugin.options import Allowed, Options
from claudemock_contracts.report.formats import render
from claudemock_contracts.report.github import annotations, step_summary
from claudemock_contracts.report.model import Run, TestResult
from claudemock_contracts.report.text import render_run, terminal_width

_COLOURS = {"error": {"red": True}, "warning": {"yellow": True}}


class Results:
    """Collects what every test said, from this process or from others."""

    def __init__(self, options: Options, root: Path) -> None:
        self._options = options
        self._root = root
        self._results: dict[str, TestResult] = {}
        self._lines: list[str] = []

    def add(self, told: Mapping[str, Any]) -> None:
        """What one test said; a test that is run again is known by its last run."""
        result = TestResult(**told)
        self._results[result.test] = result

    def run(self) -> Run:
        """All of it."""
        results = [self._results[test] for test in sorted(self._results)]
        return Run(results=results, unused_allows=list(self._unused(results)), remarks=list(self._remarks()))

    def _unused(self, results: list[TestResult]) -> Iterator[dict[str, str]]:
        used = {name for result in results for name in result.used_allows}
        for allow in self._options.allow:
            meant = [result for result in results if allow.test is None or fnmatch.fnmatchcase(result.test, allow.test)]
            if meant and f"{allow.rule}\0{allow.reason}" not in used:
                yield _shown(allow)

    def _remarks(self) -> Iterator[str]:
        lock = self._options.lock
        if lock is not None and not self._options.update_lock:
            known = Lock.read(lock)
            new = sum(not known.has(test) for test in self._shapes(known))
            if new:
                yield f"lock     {new} new test{'s' * (new != 1)} added to {lock.name}"

    def show(self, terminal: Any) -> None:
        """The terminal's section."""
        terminal.section("claude contracts")
        for line in self._lines:
            terminal.line(line, **_COLOURS.get(line.partition(" ")[0], {}))

    def finish(self) -> bool:
        """Write what was asked for, and keep the lines of the section. False if something could not be written."""
        run = self.run()
        self._lines = render_run(run, terminal_width())
        done = [
            self._written(f"the report {form}", self._write_report, run, form, path)
            for form, path in self._options.reports
        ]
        done.append(self._written("the lock", self._write_lock))
        done.append(self._written("the baseline", self._write_baseline, run))
        done.append(self._written("the summary of the step", self._tell_github, run))
        return all(done)

    def _written(self, what: str, write: Callable[..., None], *given: Any) -> bool:
        try:
            write(*given)
        except OSError as error:
            self._lines.append(f"error    {what} cannot be written: {error}")
            return False
        return True

    def _write_report(self, run: Run, form: str, path: str) -> None:
        text = render(run, form)
        if path == "-":
            self._lines += ["", *text.splitlines()]
        else:
            _write(self._root / path, text)

    def _write_lock(self) -> None:
        path = self._options.lock
        if path is None:
            return
        known = Lock.read(path)
        text = known.merged(self._shapes(known), update=self._options.update_lock)
        if not path.exists() or path.read_text("utf-8") != text:
            _write(path, text)

    def _shapes(self, known: Lock) -> dict[str, Mapping[str, Any]]:
        """What is to be locked: of tests that sent something, or are known to have."""
        shapes = {test: result.shape for test, result in self._results.items() if result.shape is not None}
        return {test: shape for test, shape in shapes.items() if shape["requests"] or known.has(test)}

    def _write_baseline(self, run: Run) -> None:
        path = self._options.baseline
        if path is None or not self._options.update_baseline:
            return
        now = {finding["fingerprint"] for _, finding in run.findings()}
        now |= {name for result in run.results for name in result.baselined}
        write_baseline(path, now | read_baseline(path))

    def _tell_github(self, run: Run) -> None:
        if os.environ.get("GITHUB_ACTIONS") != "true":
            return
        self._lines += annotations(run)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(step_summary(run))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _shown(allow: Allowed) -> dict[str, str]:
    return {"rule": allow.rule, "reason": allow.reason, **({"test": allow.test} if allow.test else {})}
