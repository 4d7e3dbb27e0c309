"""Reports and contracts as text for people."""

from collections.abc import Iterable, Iterator, Sequence
from shutil import get_terminal_size
from textwrap import wrap

from claudemock.money import money
from claudemock_contracts.contract import Contract
from claudemock_contracts.finding import Finding
from claudemock_contracts.played import played
from claudemock_contracts.run import Report

WIDTH = 120
_NARROWEST = 50
_LABEL = 10
_EVIDENCE = {
    "P": "any recording",
    "A": "a provoked condition (a fault, a stop reason, a cut stream)",
    "O": "something only the test knows",
    "A+O": "a provoked condition, and for some of it what only the test knows",
    "P+O": "any recording; more with what only the test knows",
    "P+A": "any recording; more with a provoked condition",
}


def terminal_width(piped: int = WIDTH) -> int:
    """How wide texts for the terminal are: as it is, or as `COLUMNS` says, up to 120; in a pipe `piped`."""
    columns = get_terminal_size((0, 0)).columns
    return max(_NARROWEST, min(WIDTH, columns)) if columns else piped


def render_report(report: Report, *, shown: int | None = 3, width: int = WIDTH) -> str:
    """A report in lines of at most `width`, gravest findings first, without a final newline.

    The same finding in several scopes is explained once, with the first `shown` places (None: all of them).
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.rule, finding.kind, finding.severity), []).append(finding)
    blocks = [*(_finding(group, shown, width) for group in groups.values()), _remarks(report, width)]
    said = ["\n".join(block) for block in blocks]
    return "\n\n".join([*filter(None, said), "\n".join(wrap(_summary(report), width))])


def render_contracts(contracts: Sequence[Contract], width: int = WIDTH) -> str:
    """One entry for each contract, by family; titles that do not fit go on below themselves."""
    lines: list[str] = []
    for family in dict.fromkeys(contract.family for contract in contracts):
        lines += ["", family] if lines else [family]
        mine = [contract for contract in contracts if contract.family == family]
        wide = max(len(contract.name) for contract in contracts)
        for each in mine:
            lines += _hanging(f"  {each.id}  {each.severity:<7}  {each.name:<{wide}}  ", each.title, width)
    return "\n".join([*lines, "", "`claudemock rules ID` explains one, with examples."])


def render_contract(contract: Contract, width: int = WIDTH) -> str:
    """One contract in full, with its two examples."""
    lines = [f"{contract.id} {contract.name}  ({contract.family}, {contract.severity})", ""]
    lines += wrap(contract.title + ".", width)
    lines += ["", *_labelled("why", contract.why, width), *_labelled("fix", contract.fix, width)]
    lines += _labelled("needs", _EVIDENCE[contract.evidence], width)
    if contract.threads:
        lines += _labelled("seen in", ", ".join(contract.threads), width)
    for name, example in (("good", contract.good), ("bad", contract.bad)):
        lines += ["", *_hanging(f"{name}: ", example.says, width)]
        for line in played(example):
            lines += _hanging(f"    {line[:3]}", line[3:], width)
    return "\n".join(lines)


def _finding(group: Sequence[Finding], shown: int | None, width: int) -> Iterator[str]:
    first = group[0]
    yield from wrap(f"{first.severity}  {first.rule} {first.name}: {first.title}", width, subsequent_indent="  ")
    for finding in group[:shown]:
        yield from _labelled("where", _place(finding), width)
        yield from _labelled("actual", finding.actual, width)
    if shown is not None and len(group) > shown:
        yield from _labelled("", f"… and in {len(group) - shown} more places (--all shows them)", width)
    yield from _labelled("expected", first.expected, width)
    cost = _cost(group)
    if cost:
        yield from _labelled("cost", cost, width)
    yield from _labelled("fix", first.fix, width)
    if first.confidence != "high":
        yield from _labelled("sure?", f"confidence is {first.confidence}", width)


def _place(finding: Finding) -> str:
    parts = [finding.location or "the request as a whole"]
    seen = finding.test or finding.caller
    parts += [f"in {seen}"] if seen else []
    parts += [finding.source or finding.exchanges[0]]
    others = [name for name in finding.exchanges if name not in (finding.source, finding.exchanges[0])]
    parts += [f"with {', '.join(others[:3])}{'…' if len(others) > 3 else ''}"] if others else []
    parts += [f"{finding.count} times"] if finding.count > 1 else []
    return ", ".join(parts)


def _cost(group: Iterable[Finding]) -> str:
    found = list(group)
    tokens = sum(finding.tokens_lost or 0 for finding in found)
    dollars = sum(finding.dollars_lost or 0.0 for finding in found)
    priced = f", {money(dollars)} more than reading them from the cache" if dollars else ""
    return f"{tokens:,} tokens{priced}" if tokens else ""


def _remarks(report: Report, width: int) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.inconclusive:
        groups.setdefault((finding.rule, finding.kind), []).append(finding)
    for first, *more in groups.values():
        others = f", and {len(more)} more like it" if more else ""
        yield from _labelled("open", f"{first.rule} {first.name}: {first.actual} ({_place(first)}{others})", width)
    for allow in report.unused_allows:
        yield from _labelled(
            "unused", f"nothing needs the allowance of {allow.rule} ({allow.reason}); take it out", width
        )
    for name in report.broken:
        yield from _labelled("broken", f"a rule failed on this traffic, which is a fault of claudemock: {name}", width)


def _summary(report: Report) -> str:
    levels = [finding.severity for finding in report.findings]
    counts = [(levels.count(level), level) for level in ("error", "warning", "note")]
    found = ", ".join(_number(count, level) for count, level in counts if count) or "nothing to say"
    verdicts = list(report.verdicts.values())
    idle = verdicts.count("not-exercised")
    extra = [f"{len(report.allowed)} allowed"] * bool(report.allowed)
    extra += [f"{len(report.baselined)} in the baseline"] * bool(report.baselined)
    scopes = f" of {report.scopes} scopes" if report.scopes > 1 else ""
    tail = f" ({', '.join(extra)})" if extra else ""
    judged = f"{_number(report.exchanges, 'exchange')}{scopes}"
    exercised = _number(len(verdicts) - idle, "contract")
    return f"{found}{tail}: {judged}, {exercised} exercised, {idle} not exercised"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _labelled(label: str, text: str, width: int) -> list[str]:
    return _hanging(f"  {label:<{_LABEL}}", text, width)


def _hanging(start: str, text: str, width: int) -> list[str]:
    """A text behind `start`; where it goes on, it is indented as far, or half the width if that leaves too little."""
    indent = " " * min(len(start), width // 2)
    lines = wrap(
        text, width, initial_indent=start, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines or [start.rstrip()]
