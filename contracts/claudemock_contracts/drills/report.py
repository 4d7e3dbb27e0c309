"""Drill results as a table, as JSON, and as JUnit XML."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from claudemock.money import money
from claudemock_contracts.drills.measure import Measured
from claudemock_contracts.drills.session import Baseline
from claudemock_contracts.drills.verdict import Result

_UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLUMNS = ("drill", "verdict", "", "attempts", "waited/asked", "requests wasted", "dollars wasted")


def table(results: Sequence[Result]) -> str:
    """All results, one line each, and below what did not pass and why."""
    rows = [_COLUMNS, *(_row(result) for result in results)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for result in results:
        if _counts(result) and not result.passed:
            lines += ["", f"{result.drill.name}: {result.drill.title}", f"  {result.drill.why}"]
            lines += [f"  - {reason}" for reason in [*result.reasons, *result.notes]]
    noted = [result for result in results if result.passed and result.notes]
    lines += ["", *(f"{each.drill.name}: {note}" for each in noted for note in each.notes)] if noted else []
    passed = sum(result.passed for result in results)
    absent = sum(not _counts(result) for result in results)
    failed = len(results) - passed - absent
    lines += ["", f"{passed} passed, {failed} failed" + (f", {absent} not exercised" if absent else "")]
    return "\n".join(lines)


def as_json(baseline: Baseline, results: Iterable[Result]) -> dict[str, Any]:
    """Everything, for machines."""
    return {
        "baseline": {"seconds": round(baseline.ran.seconds, 3), **_measured(baseline.measured)},
        "drills": [
            {
                "drill": result.drill.name,
                "title": result.drill.title,
                "verdict": result.verdict,
                "passed": result.passed,
                "required": result.required,
                "reasons": list(result.reasons),
                "notes": list(result.notes),
                "status": result.ran.status,
                "seconds": round(result.ran.seconds, 3),
                **_measured(result.measured),
                "requests_wasted": result.wasted_requests,
                "dollars_wasted": round(result.wasted_dollars, 6),
                "stdout": result.ran.stdout,
                "stderr": result.ran.stderr,
            }
            for result in results
        ],
        "passed": all(result.passed or not result.required for result in results),
    }


def as_junit(results: Sequence[Result]) -> bytes:
    """One test case a drill; what was not exercised and not asked for is skipped."""
    failed = [result for result in results if _counts(result) and not result.passed]
    skipped = [result for result in results if not _counts(result)]
    attributes = {"tests": str(len(results)), "failures": str(len(failed)), "skipped": str(len(skipped))}
    suite = Element("testsuite", {"name": "claudemock drill", **attributes})
    for result in results:
        case = SubElement(
            suite,
            "testcase",
            {"classname": "claudemock.drill", "name": result.drill.name, "time": f"{result.ran.seconds:.3f}"},
        )
        if not _counts(result):
            SubElement(case, "skipped", {"message": _clean("; ".join(result.reasons))})
        elif not result.passed:
            failure = SubElement(case, "failure", {"type": result.verdict, "message": _clean(result.reasons[0])})
            failure.text = _clean("\n".join([result.drill.title, result.drill.why, *result.reasons, *result.notes]))
        for tag, text in (("system-out", result.ran.stdout), ("system-err", result.ran.stderr)):
            if text:
                SubElement(case, tag).text = _clean(text)
    written: bytes = tostring(suite, encoding="utf-8", xml_declaration=True)
    return written


def line(result: Result) -> str:
    """One result while the others still run."""
    mark = "FAILED" if _counts(result) and not result.passed else "ok" if result.passed else "-"
    return f"{result.drill.name}: {result.verdict} in {result.ran.seconds:.1f} s: {mark}"


def _counts(result: Result) -> bool:
    return result.required or result.verdict != "not exercised"


def _row(result: Result) -> tuple[str, ...]:
    mark = "ok" if result.passed else "FAILED" if _counts(result) else "-"
    wait = min(result.measured.waits, key=lambda each: each.waited - each.asked, default=None)
    return (
        result.drill.name,
        result.verdict,
        mark,
        str(result.measured.attempts),
        "-" if wait is None else f"{wait.waited:.1f}/{wait.asked:g} s",
        str(result.wasted_requests),
        money(result.wasted_dollars),
    )


def _measured(measured: Measured) -> dict[str, Any]:
    waits = [{"asked": wait.asked, "waited": round(wait.waited, 3), "obeyed": wait.obeyed} for wait in measured.waits]
    return {
        "requests": measured.requests,
        "attempts": measured.attempts,
        "waits": waits,
        "dollars": round(measured.dollars, 6),
    }


def _clean(text: str) -> str:
    """Without the characters XML has no way to say."""
    return _UNSAYABLE.sub("\ufffd", text)
