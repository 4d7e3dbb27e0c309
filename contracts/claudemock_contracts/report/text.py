"""Findings and problems as text, for the terminal and for a test's failure."""

from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap

from claudemock.money import money
from claudemock_contracts.report.model import Json, Run, tests_of, times

WIDTH = 110
_LABEL = 10
_NARROWEST = 50
_MOST_LINES = 3
_BELOW = " " * 9


def terminal_width() -> int:
    """How wide texts for the terminal are, as pytest measures it."""
    return max(_NARROWEST, min(WIDTH, get_terminal_size().columns))


def render_failure(findings: Sequence[Json], problems: Sequence[Json], width: int = WIDTH) -> str:
    """What is wrong with one test: a headline, then each thing with what to do about it."""
    blocks = [*(_finding(each, width) for each in findings), *(_problem(each, width) for each in problems)]
    return "\n\n".join([headline(findings, problems), *("\n".join(block) for block in blocks)])


def headline(findings: Sequence[Json], problems: Sequence[Json]) -> str:
    """One line that names everything."""
    named = [f"{each['rule']} {each['name']}" for each in findings]
    named += [str(each["kind"]).replace("-", " ") for each in problems]
    return f"claudemock: {', '.join(dict.fromkeys(named))}"


def render_run(run: Run, width: int = WIDTH) -> list[str]:
    """The section at the end of a run: one line if there is nothing to say, else a table and remarks."""
    return [*_table(run, width), *remarks(run), summary(run)]


def summary(run: Run) -> str:
    """`12 contracts exercised, 0 findings, 56 not exercised: 8 exchanges in 3 tests, $0.0012`."""
    verdicts = list(run.verdicts().values())
    idle = verdicts.count("not-exercised")
    counts = [(run.count(level), level) for level in ("error", "warning", "note")]
    found = ", ".join(_number(count, level) for count, level in counts if count) or "0 findings"
    exchanges = sum(result.exchanges for result in run.results)
    allowed = sum(len(result.allowed) for result in run.results)
    known = sum(len(result.baselined) for result in run.results)
    more = [f"{allowed} allowed"] * bool(allowed) + [f"{known} in the baseline"] * bool(known)
    tail = f" ({', '.join(more)})" if more else ""
    dollars = sum(result.dollars for result in run.results)
    return (
        f"{len(verdicts) - idle} contracts exercised, {found}{tail}, {idle} not exercised: "
        f"{_number(exchanges, 'exchange')} in {_number(len(run.results), 'test')}, {money(dollars)} at list price"
    )


def remarks(run: Run) -> Iterator[str]:
    """What there is to say that is no finding: allowances nobody needs, late requests, rules that failed."""
    for allow in (*run.unused_allows, *(each for result in run.results for each in result.unused_allows)):
        where = f" in {allow['test']}" if allow.get("test") else ""
        why = f" ({allow['reason']})" if allow["reason"] else ""
        yield f"unused   nothing needs the allowance of {allow['rule']}{why}{where}; take it out"
    for result in run.results:
        for test, count in result.late.items():
            was = "request was" if count == 1 else "requests were"
            yield f"late     {count} {was} made after the end of {test}; a thread of it runs on"
        for finding in result.allowed:
            if not finding["reason"]:
                yield f"allowed  {finding['rule']} without a reason in {result.test}; say why"
    for name in dict.fromkeys(name for result in run.results for name in result.broken):
        yield f"broken   a rule failed on this traffic, which is a fault of claudemock: {name}"
    yield from run.remarks


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _table(run: Run, width: int) -> Iterator[str]:
    """What and where of each finding, and below it what was seen."""
    groups = run.grouped()
    longest = max((len(group[0][1]["name"]) for group in groups), default=0)
    for group in groups:
        result, first = group[0]
        where = first.get("caller") or first.get("source") or result.test
        tests = len(tests_of(group))
        among = f", in {tests} tests" if tests > 1 else ""
        seen = f"{times(group):>3}x"
        yield f"{first['severity']:<8} {first['rule']}  {first['name']:<{longest}}  {seen}  {where}{among}"
        yield from _wrapped(first["actual"], width, _BELOW, max_lines=_MOST_LINES)
    for result, problem in run.problems():
        yield f"{problem['severity']:<8} {str(problem['kind']).replace('-', ' ')} in {result.test}"
        lines = str(problem["text"]).splitlines()
        for line in lines[:_MOST_LINES]:
            yield from _wrapped(line, width, _BELOW, max_lines=_MOST_LINES)
        if len(lines) > _MOST_LINES:
            yield f"{_BELOW}… and {len(lines) - _MOST_LINES} more"
        if problem["severity"] != "error":  # those are told where the test failed
            yield from _wrapped(f"fix: {problem['fix']}", width, _BELOW)


def _finding(finding: Json, width: int) -> Iterator[str]:
    yield f"{finding['severity']}  {finding['rule']} {finding['name']}"
    lines = [("contract", finding["title"]), ("expected", finding["expected"]), ("actual", finding["actual"])]
    if finding.get("caller"):
        lines.append(("called", f"at {finding['caller']}"))
    lines.append(("where", _where(finding)))
    tokens, dollars = finding.get("tokens_lost"), finding.get("dollars_lost")
    if tokens:
        lines.append(("cost", f"{tokens:,} tokens" + (f", {money(dollars)} too much" if dollars else "")))
    lines.append(("fix", finding["fix"]))
    lines.append(("or", f'if it is meant: claude.allow("{finding["rule"]}", reason="…")'))
    lines.append(("why", f"claudemock rules {finding['rule']}"))
    if finding["confidence"] != "high":
        lines.append(("sure?", f"confidence is {finding['confidence']}"))
    for label, text in lines:
        yield from _labelled(label, text, width)


def _where(finding: Json) -> str:
    seen, *others = finding["exchanges"]
    place = f"{finding['location']} of request {seen}" if finding["location"] else f"request {seen}"
    compared = f", compared with {', '.join(others[:3])}" if others else ""
    count = finding.get("count") or 1
    return place + compared + (f", {count} times" if count > 1 else "")


def _problem(problem: Json, width: int) -> Iterator[str]:
    yield f"{problem['severity']}  {str(problem['kind']).replace('-', ' ')}"
    for line in str(problem["text"]).splitlines():
        yield from _labelled("", line, width)
    if problem.get("fix"):
        yield from _labelled("fix", problem["fix"], width)


def _labelled(label: str, text: str, width: int) -> list[str]:
    start = f"  {label:<{_LABEL}}"
    return _wrapped(text, width, start) or [start.rstrip()]


def _wrapped(text: str, width: int, start: str, *, max_lines: int | None = None) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=max_lines,
        placeholder=" …",
    )
