"""Where in a test's life a verdict falls, and how it shows."""

import inspect
from typing import Any

import pytest

from claudemock_contracts.plugin.guard import BLOCKED
from claudemock_contracts.plugin.session import Session
from claudemock_contracts.plugin.watch import Watch
from claudemock_contracts.report.model import Json
from claudemock_contracts.report.text import render_failure, terminal_width
from claudemock_contracts.rules import ALL

_FAILED: pytest.StashKey[str] = pytest.StashKey()
_RESULT: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
_LATER_PROBLEMS = ("unused-reply", "unfired-fault")


def after_call(session: Session, item: pytest.Item, error: BaseException | None) -> None:
    """The test function has run. Fails the test for what the contracts say; for a test that failed, keeps it."""
    watch = session.watching
    if watch is None or isinstance(error, pytest.skip.Exception | KeyboardInterrupt | pytest.exit.Exception):
        return
    watch.failed = error is not None or bool(getattr(item, "_excinfo", None))  # unittest keeps its failures there
    findings, problems = _decide(watch, session, error)
    if not watch.failed and _fixtures_at_work(item):
        later = _rules_of_what_comes_later()
        findings = [each for each in findings if each["rule"] not in later]
        problems = [each for each in problems if each["kind"] not in _LATER_PROBLEMS]
        watch.waiting = True
    watch.told = {each["fingerprint"] for each in findings} | {each["kind"] for each in problems}
    if isinstance(error, pytest.fail.Exception) and str(error).startswith(BLOCKED):
        problems = [each for each in problems if each["kind"] != "real-api-blocked"]  # it says so itself
    if not (findings or problems):
        return
    if watch.failed:
        item.stash[_FAILED] = render_failure(findings, problems, terminal_width())
    else:
        pytest.fail(render_failure(findings, problems, terminal_width()), pytrace=False)


def after_teardown(session: Session, item: pytest.Item, *, judge: bool) -> None:
    """The fixtures are gone: judge what was not judged yet, and stop watching."""
    watch = session.watching
    if watch is None:
        return
    findings: list[Json] = []
    problems: list[Json] = []
    try:
        more = watch.release()
        if judge and watch.judged is not None and not watch.failed and (more or watch.waiting):
            findings, problems = _decide(watch, session, None)
            findings = [each for each in findings if each["fingerprint"] not in watch.told]
            problems = [each for each in problems if each["kind"] not in watch.told]
        item.stash[_RESULT] = watch.result().to_json()
    finally:
        session.end()
    if findings or problems:
        pytest.fail(render_failure(findings, problems, terminal_width()), pytrace=False)


def _rules_of_what_comes_later() -> frozenset[str]:
    """The contracts that the very end may still keep: by collecting a batch, deleting a file, closing a stream."""
    return frozenset(rule.id for rule in ALL if rule.family in ("batches", "files")) | {"R47"}


def _decide(watch: Watch, session: Session, error: BaseException | None) -> tuple[list[Json], list[Json]]:
    decided = watch.decide(error)
    properties = [(f"claude.{each.rule}", f"{each.severity}: {each.actual}") for each in decided.report.findings]
    known = watch.item.user_properties
    watch.item.user_properties += [each for each in properties if each not in known]
    return decided.failing(session.options, watch.mode)


def into_report(item: pytest.Item, report: Any, name: str) -> None:
    """Put what there is to say below the test's own failure, and its result where the run's end finds it."""
    text = item.stash.get(_FAILED, None)
    if text is not None and report.when == "call":
        del item.stash[_FAILED]
        if hasattr(report.longrepr, "addsection"):
            report.longrepr.addsection("claude contracts", text)
        else:
            report.sections.append(("claude contracts", text))
    result = item.stash.get(_RESULT, None)
    if result is not None and report.when == "teardown":
        del item.stash[_RESULT]
        setattr(report, name, result)


def _fixtures_at_work(item: pytest.Item) -> bool:
    """Whether fixtures of the user's that are made for this test alone have something left to do after it."""
    info = getattr(item, "_fixtureinfo", None)
    for definitions in getattr(info, "name2fixturedefs", {}).values():
        for each in definitions[-1:]:
            function = inspect.unwrap(each.func)
            if each.scope != "function" or not (
                inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
            ):
                continue
            file = getattr(getattr(function, "__code__", None), "co_filename", "")
            if "site-packages" not in file and "dist-packages" not in file and "claudemock_contracts" not in file:
                return True
    return False
