"""One run, in every format by its name."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from claudemock_contracts.report.github import annotations
from claudemock_contracts.report.html import page
from claudemock_contracts.report.junit import junit
from claudemock_contracts.report.model import Run, place_of
from claudemock_contracts.report.sarif import sarif
from claudemock_contracts.report.text import render_failure, render_run, summary


def render(run: Run, form: str) -> str:
    """A run in one of `text json jsonl junit sarif github html`, ending with a newline."""
    return _FORMATS[form](run).rstrip("\n") + "\n"


def _text(run: Run) -> str:
    blocks = [
        f"{result.test}\n{render_failure(result.findings, result.problems)}"
        for result in run.results
        if result.findings or result.problems
    ]
    return "\n\n".join([*blocks, "\n".join(render_run(run))])


def _json(run: Run) -> str:
    shown = {
        "summary": summary(run),
        "findings": [finding for _, finding in run.findings()],
        "verdicts": run.verdicts(),
        "unused_allows": list(run.unused_allows),
        "remarks": list(run.remarks),
        "tests": [
            {key: value for key, value in result.to_json().items() if key not in ("compared", "used_allows")}
            for result in run.results
        ],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _jsonl(run: Run) -> str:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in _lines(run))


def _lines(run: Run) -> Iterator[Mapping[str, Any]]:
    """One finding a line, with all its evidence."""
    for result, finding in run.findings():
        file, line = place_of(result, finding)
        shown = {name: result.compared[name] for name in finding["exchanges"] if name in result.compared}
        yield {**finding, "file": file, "line": line, "requests": shown}
    for result, problem in run.problems():
        yield {**problem, "test": result.test}


_FORMATS: dict[str, Callable[[Run], str]] = {
    "text": _text,
    "json": _json,
    "jsonl": _jsonl,
    "junit": junit,
    "sarif": sarif,
    "github": lambda run: "\n".join(annotations(run)),
    "html": page,
}
