"""GitHub Actions: annotations at the user's lines, and the summary of the step."""

from collections import Counter
from collections.abc import Iterator

from claudemock_contracts.report.model import Json, Run, TestResult, place_of, tests_of, times
from claudemock_contracts.report.text import remarks, summary

_MOST = 10  # a step shows ten annotations of each level and drops the others without a word
_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def annotations(run: Run) -> Iterator[str]:
    """Workflow commands, a line each, one for each rule and place; the last of a level counts those there are more."""
    said = [*map(_of_finding, run.grouped()), *(_of_problem(result, problem) for result, problem in run.problems())]
    totals, seen = Counter(level for level, _ in said), Counter[str]()
    for level, text in said:
        seen[level] += 1
        more = totals[level] - _MOST
        if more > 0 and seen[level] == _MOST:
            yield f"::{level} title=claudemock::and {more + 1} more; the summary of the step has them all"
        elif seen[level] <= _MOST:
            yield text


def step_summary(run: Run) -> str:
    """Markdown for `GITHUB_STEP_SUMMARY`."""
    lines = ["### Claude contracts", "", summary(run), ""]
    groups = run.grouped()
    if groups:
        lines += ["| severity | rule | times | where | what | fix |", "|---|---|---|---|---|---|"]
    for group in groups:
        result, finding = group[0]
        file, line = place_of(result, finding)
        where = f"{file}:{line}" if line else str(file or finding.get("source") or "")
        rule = f"{finding['rule']} {finding['name']}"
        cells = (finding["severity"], rule, times(group), where, finding["actual"], finding["fix"])
        lines.append("| " + " | ".join(_cell(str(cell)) for cell in cells) + " |")
    lines += [""] * bool(groups)
    lines += [
        f"- {problem['kind']} in {_cell(result.test)}: {_cell(problem['text'])}" for result, problem in run.problems()
    ]
    lines += [f"- {_cell(remark)}" for remark in remarks(run)]
    return "\n".join(lines) + "\n"


def _of_finding(group: list[tuple[TestResult, Json]]) -> tuple[str, str]:
    result, finding = group[0]
    file, line = place_of(result, finding)
    count, tests = times(group), len(tests_of(group))
    often = f" ({count} times{f', in {tests} tests' if tests > 1 else ''})" if count > 1 else ""
    text = f"{finding['actual']}. Fix: {finding['fix']}{often}"
    return _command(finding["severity"], file, line, f"{finding['rule']} {finding['name']}", text)


def _of_problem(result: TestResult, problem: Json) -> tuple[str, str]:
    title = f"{str(problem['kind']).replace('-', ' ')} in {result.test}"
    return _command(problem["severity"], result.file, result.line, title, f"{problem['text']}\nFix: {problem['fix']}")


def _command(severity: str, file: str | None, line: int | None, title: str, text: str) -> tuple[str, str]:
    level = _COMMANDS[severity]
    where = {"file": file, "line": line, "title": title}
    options = ",".join(f"{key}={_option(str(value))}" for key, value in where.items() if value is not None)
    return level, f"::{level} {options}::{_data(text)}"


def _cell(text: str) -> str:
    """A text that Markdown shows as it is, in one cell."""
    line = " ".join(text.split())
    for mark in "\\`*_[]|<>":
        line = line.replace(mark, f"\\{mark}" if mark not in "<>" else {"<": "&lt;", ">": "&gt;"}[mark])
    return line


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _option(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
