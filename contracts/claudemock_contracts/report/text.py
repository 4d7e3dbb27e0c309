"""Findings and problems as text, for the terminal and for a test's failure."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from claudemock_contracts.finding import money
from claudemock_contracts.report.model import Json, Run, by_rule

WIDTH = 110
_LABEL = 10


def render_failure(findings: Sequence[Json], problems: Sequence[Json]) -> str:
    """What is wrong with one test: a headline, then each thing with what to do about it."""
    blocks = [*(_finding(each) for each in findings), *(_problem(each) for each in problems)]
    return "\n\n".join([headline(findings, problems), *("\n".join(block) for block in blocks)])


def headline(findings: Sequence[Json], problems: Sequence[Json]) -> str:
    """One line that names everything."""
    named = [f"{each['rule']} {each['name']}" for each in findings]
    named += [str(each["kind"]).replace("-", " ") for each in problems]
    return f"claudemock: {', '.join(dict.fromkeys(named))}"


def render_run(run: Run) -> list[str]:
    """The section at the end of a run: one line if there is nothing to say, else a table and remarks."""
    lines = list(_table(run))
    lines += _remarks(run)
    return [*lines, summary(run)]


def summary(run: Run) -> str:
    """`12 contracts exercised, 0 findings, 56 not exercised: 8 exchanges in 3 tests, $0.0012`."""
    verdicts = list(run.verdicts().values())
    idle = verdicts.count("not-exercised")
    counts = [(run.count(level), level) for level in ("error", "warning", "note")]
    found = ", ".join(f"{count} {level}{'s' * (count != 1)}" for count, level in counts if count) or "0 findings"
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


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _table(run: Run) -> Iterator[str]:
    groups = run.grouped()
    problems = list(run.problems())
    if not groups and not problems:
        return
    counted = by_rule(run)
    width = max((len(name) for _, _, name in counted), default=0)
    for group in groups:
        result, first = group[0]
        times = sum(int(finding.get("count") or 1) for _, finding in group)
        where = first.get("caller") or first.get("source") or result.test
        yield f"{first['severity']:<8} {first['rule']}  {first['name']:<{width}}  {times:>3}x  {where}"
        yield f"{'':<{width + 21}}{_cut(first['actual'])}"
    for result, problem in problems:
        kind = str(problem["kind"]).replace("-", " ")
        yield f"{problem['severity']:<8} {kind}: {_cut(problem['text'])}  {result.test}"


def _remarks(run: Run) -> Iterator[str]:
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


def _finding(finding: Json) -> Iterator[str]:
    yield f"{finding['severity']}  {finding['rule']} {finding['name']}: {finding['title']}"
    if finding.get("caller"):
        yield from labelled("called", f"at {finding['caller']}")
    where = finding["location"] or "the request as a whole"
    others = finding["exchanges"][1:4]
    seen = finding["exchanges"][0] + (f", compare {', '.join(others)}" if others else "")
    times = f", {finding['count']} times" if (finding.get("count") or 1) > 1 else ""
    yield from labelled("where", f"{where} of {seen}{times}")
    yield from labelled("expected", finding["expected"])
    yield from labelled("actual", finding["actual"])
    tokens, dollars = finding.get("tokens_lost"), finding.get("dollars_lost")
    if tokens:
        yield from labelled("cost", f"{tokens:,} tokens" + (f", {money(dollars)} too much" if dollars else ""))
    yield from labelled("fix", finding["fix"])
    yield from labelled("or", f'if it is meant: claude.allow("{finding["rule"]}", reason="…")')
    yield from labelled("why", f"claudemock rules {finding['rule']}")
    if finding["confidence"] != "high":
        yield from labelled("sure?", f"confidence is {finding['confidence']}")


def _problem(problem: Json) -> Iterator[str]:
    yield f"{problem['severity']}  {str(problem['kind']).replace('-', ' ')}"
    for line in str(problem["text"]).splitlines():
        yield from labelled("", line)
    if problem.get("fix"):
        yield from labelled("fix", problem["fix"])


def labelled(label: str, text: str) -> list[str]:
    """A text behind its label, wrapped."""
    indent = " " * (2 + _LABEL)
    start = f"  {label:<{_LABEL}}"
    return wrap(text, WIDTH, initial_indent=start, subsequent_indent=indent, break_long_words=False) or [start.rstrip()]


def _cut(text: str, most: int = 100) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def joined(lines: Iterable[str]) -> str:
    """Lines as one text."""
    return "\n".join(lines)
