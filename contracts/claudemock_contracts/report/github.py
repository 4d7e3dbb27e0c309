"""GitHub Actions: annotations at the user's lines, and the summary of the step.

A step shows ten errors and ten warnings, so there is one annotation for each rule and place, with a count.
"""

from collections.abc import Iterator

from claudemock_contracts.report.model import Run, place_of
from claudemock_contracts.report.text import summary

_MOST = 10
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def annotations(run: Run) -> Iterator[str]:
    """Workflow commands, a line each."""
    seen = dict.fromkeys(_COMMANDS, 0)
    for group in run.grouped():
        result, finding = group[0]
        level = finding["severity"]
        seen[level] += 1
        if seen[level] > _MOST:
            continue
        file, line = place_of(result, finding)
        where = {"file": file, "line": line, "title": f"{finding['rule']} {finding['name']}"}
        options = ",".join(f"{key}={_option(str(value))}" for key, value in where.items() if value is not None)
        times = sum(int(each.get("count") or 1) for _, each in group)
        text = f"{finding['actual']}. Fix: {finding['fix']}" + (f" ({times} times)" if times > 1 else "")
        yield f"::{_COMMANDS[level]} {options}::{_data(text)}"
    for result, problem in list(run.problems())[:_MOST]:
        options = ",".join(
            f"{key}={_option(str(value))}"
            for key, value in (("file", result.file), ("line", result.line), ("title", problem["kind"]))
            if value is not None
        )
        yield f"::{_COMMANDS[problem['severity']]} {options}::{_data(problem['text'])}"


def step_summary(run: Run) -> str:
    """Markdown for `GITHUB_STEP_SUMMARY`."""
    lines = ["### Claude contracts", "", summary(run), ""]
    if any(True for _ in run.findings()):
        lines += ["| severity | rule | times | where | what |", "|---|---|---|---|---|"]
        for group in run.grouped():
            result, finding = group[0]
            file, line = place_of(result, finding)
            where = f"{file}:{line}" if line else str(file or finding.get("source") or "")
            times = sum(int(each.get("count") or 1) for _, each in group)
            cells = (finding["severity"], f"{finding['rule']} {finding['name']}", times, where, finding["actual"])
            lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
        lines.append("")
    lines += [f"- {problem['kind']} in `{result.test}`: {_cell(problem['text'])}" for result, problem in run.problems()]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _option(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
