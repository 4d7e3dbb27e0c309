"""Reports and contracts as text for people."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from claudemock.money import money
from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Finding, fragment
from claudemock_contracts.run import Report
from claudemock_contracts.transcript import Call, kind_of, parts_of, read_transcript, role_of

WIDTH = 120
_LABEL = 10
_EVIDENCE = {
    "P": "any recording",
    "A": "a provoked condition (a fault, a stop reason, a cut stream)",
    "O": "something only the test knows",
    "A+O": "a provoked condition, and for some of it what only the test knows",
    "P+O": "any recording; more with what only the test knows",
    "P+A": "any recording; more with a provoked condition",
}


def render_report(report: Report, *, shown: int | None = 3) -> str:
    """A report, gravest findings first, without a final newline.

    The same finding in several scopes is explained once, with the first `shown` places (None: all of them).
    """
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in report.findings:
        groups.setdefault((finding.rule, finding.kind, finding.severity), []).append(finding)
    blocks = ["\n".join(_finding(group, shown)) for group in groups.values()]
    blocks += ["\n".join(_remarks(report))] if list(_remarks(report)) else []
    return "\n\n".join([*blocks, _summary(report)])


def render_contracts(contracts: Sequence[Contract]) -> str:
    """One line for each contract, by family."""
    lines: list[str] = []
    for family in dict.fromkeys(contract.family for contract in contracts):
        lines += ["", family] if lines else [family]
        mine = [contract for contract in contracts if contract.family == family]
        wide = max(len(contract.name) for contract in contracts)
        lines += [f"  {each.id}  {each.severity:<7}  {each.name:<{wide}}  {each.title}" for each in mine]
    return "\n".join([*lines, "", "`claudemock rules ID` explains one, with examples."])


def render_contract(contract: Contract) -> str:
    """One contract in full, with its two examples."""
    lines = [f"{contract.id} {contract.name}  ({contract.family}, {contract.severity})", ""]
    lines += wrap(contract.title + ".", WIDTH)
    lines += ["", *_labelled("why", contract.why), *_labelled("fix", contract.fix)]
    lines += _labelled("needs", _EVIDENCE[contract.evidence])
    if contract.threads:
        lines += _labelled("seen in", ", ".join(contract.threads))
    for name, example in (("good", contract.good), ("bad", contract.bad)):
        lines += ["", f"{name}: {example.says}", *(f"    {line}" for line in _played(example))]
    return "\n".join(lines)


def _finding(group: Sequence[Finding], shown: int | None) -> Iterator[str]:
    first = group[0]
    yield f"{first.severity}  {first.rule} {first.name}: {first.title}"
    for finding in group[:shown]:
        yield from _labelled("where", _place(finding))
        yield from _labelled("actual", finding.actual)
    if shown is not None and len(group) > shown:
        yield from _labelled("", f"… and in {len(group) - shown} more places (--all shows them)")
    yield from _labelled("expected", first.expected)
    cost = _cost(group)
    if cost:
        yield from _labelled("cost", cost)
    yield from _labelled("fix", first.fix)
    if first.confidence != "high":
        yield from _labelled("sure?", f"confidence is {first.confidence}")


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


def _remarks(report: Report) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.inconclusive:
        groups.setdefault((finding.rule, finding.kind), []).append(finding)
    for first, *more in groups.values():
        others = f", and {len(more)} more like it" if more else ""
        yield from _labelled("open", f"{first.rule} {first.name}: {first.actual} ({_place(first)}{others})")
    for allow in report.unused_allows:
        yield from _labelled("unused", f"nothing needs the allowance of {allow.rule} ({allow.reason}); take it out")
    for name in report.broken:
        yield from _labelled("broken", f"a rule failed on this traffic, which is a fault of claudemock: {name}")


def _summary(report: Report) -> str:
    levels = [finding.severity for finding in report.findings]
    counts = [(levels.count(level), level) for level in ("error", "warning", "note")]
    found = ", ".join(f"{count} {level}{'s' * (count != 1)}" for count, level in counts if count) or "nothing to say"
    verdicts = list(report.verdicts.values())
    idle = verdicts.count("not-exercised")
    extra = [f"{len(report.allowed)} allowed"] * bool(report.allowed)
    extra += [f"{len(report.baselined)} in the baseline"] * bool(report.baselined)
    scopes = f" of {report.scopes} scopes" if report.scopes > 1 else ""
    tail = f" ({', '.join(extra)})" if extra else ""
    judged = f"{report.exchanges} exchange{'s' * (report.exchanges != 1)}{scopes}"
    return f"{found}{tail}: {judged}, {len(verdicts) - idle} contracts exercised, {idle} not exercised"


def _labelled(label: str, text: str) -> list[str]:
    indent = " " * (2 + _LABEL)
    lines = wrap(text, WIDTH, initial_indent=f"  {label:<{_LABEL}}", subsequent_indent=indent, break_long_words=False)
    return lines or [f"  {label}"]


def _played(example: Example) -> Iterator[str]:
    """An example as a conversation: what is new in each request, and what came back."""
    story = read_transcript(example.exchanges(), oracles=example.oracles)
    for exchange in story.exchanges:
        call = story.call(exchange)
        yield from [f"-> {exchange.method} {exchange.endpoint}"] if call is None else _asked(call)
        yield f"<- {_answered(exchange, call)}"


def _asked(call: Call) -> Iterator[str]:
    since = call.fresh if call.previous is not None else 0
    settings = [f"{name}: {_brief(call.body[name])}" for name in ("system", "tools") if name in call.body]
    if call.previous is None and settings:
        yield f"-> ({'; '.join(settings)})"
    for number in range(since, len(call.messages)):
        said = ", ".join(_block(part.block) for part in parts_of(call.messages[number], number))
        yield f"-> {role_of(call.messages[number])}: {said}"


def _answered(exchange: Exchange, call: Call | None) -> str:
    if call is None or call.served is None:
        return "no answer" if exchange.status is None else str(exchange.status)
    served = call.served
    said = ", ".join(_block(block) for block in served.content) or "(nothing)"
    ending = served.stop_reason or ("broken off" if served.streamed else "no stop reason")
    return f"{said}  [{ending}]"


def _brief(value: Any) -> str:
    blocks = value if isinstance(value, list) else [{"type": "text", "text": value}]
    return ", ".join(_block(block) for block in blocks)


def _block(block: Any) -> str:
    kind, shown = kind_of(block), block if isinstance(block, dict) else {}
    marked = " [cache]" if "cache_control" in shown else ""
    if kind == "text":
        return fragment(shown.get("text"), 60) + marked
    if kind == "tool_use":
        return f"{shown.get('name')}({shown.get('input')}) as {shown.get('id')}{marked}"
    if kind == "tool_result":
        failed = ", is_error" * (shown.get("is_error") is True)
        return f"result of {shown.get('tool_use_id')}: {fragment(shown.get('content'), 40)}{failed}{marked}"
    return f"{shown.get('name') or kind}{marked}"
