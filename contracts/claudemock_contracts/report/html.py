"""A page of a run: every finding, with the requests it compares side by side. One file, no scripts, no network."""

import json
from difflib import SequenceMatcher
from html import escape

from claudemock_contracts.report.model import Json, Run, TestResult, tests_of, times
from claudemock_contracts.report.text import remarks, summary

_MOST_LINES = 4000
_AROUND = 4  # unchanged lines shown around a change

_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"  # no script, no network, whatever a text says
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --bad: #d3343422; --good: #2a9d5a22 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin: 2.2rem 0 .4rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .25rem .6rem; vertical-align: top }
.list td, .list th { border-bottom: 1px solid var(--line) }
.error { color: #c62828 } .warning { color: #a06000 } .note { color: #4a6fa5 }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem .8rem; margin: .4rem 0 }
dt { opacity: .7 } dd { margin: 0 }
.diff { table-layout: fixed; font: 12.5px/1.45 ui-monospace, monospace; margin-top: .6rem }
.diff { border: 1px solid var(--line) }
.diff td { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 .5rem; border-left: 1px solid var(--line) }
.diff .old { background: var(--bad) } .diff .new { background: var(--good) } .gap td { opacity: .6 }
"""


def page(run: Run) -> str:
    """The page."""
    parts = [f"<h1>Claude contracts</h1><p>{escape(summary(run))}</p>", _overview(run)]
    for result, finding in run.findings():
        parts.append(_finding(result, finding))
    for result, problem in run.problems():
        level = escape(problem["severity"])
        facts = {"test": result.test, "what": problem["text"], "fix": problem["fix"]}
        parts.append(f'<h2><span class="{level}">{level}</span> {escape(problem["kind"])}</h2>{_facts(facts)}')
    said = "".join(f"<li>{escape(remark)}</li>" for remark in remarks(run))
    parts += [f"<h2>Remarks</h2><ul>{said}</ul>"] * bool(said)
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Claude contracts</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>{body}</body></html>'
    )


def _overview(run: Run) -> str:
    rows = []
    for group in run.grouped():
        result, finding = group[0]
        where = finding.get("caller") or finding.get("source") or result.test
        tests = len(tests_of(group))
        among = f" in {tests} tests" if tests > 1 else ""
        cells = (finding["rule"], finding["name"], f"{times(group)}{among}", where, finding["actual"])
        shown = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
        rows.append(f'<tr><td class="{escape(finding["severity"])}">{escape(finding["severity"])}</td>{shown}</tr>')
    head = "".join(f"<th>{name}</th>" for name in ("", "rule", "name", "times", "where", "what"))
    return f'<table class="list"><tr>{head}</tr>{"".join(rows)}</table>' if rows else ""


def _finding(result: TestResult, finding: Json) -> str:
    level = escape(finding["severity"])
    cost = f"{finding['tokens_lost']:,} tokens" if finding.get("tokens_lost") else ""
    facts = {
        "test": result.test,
        "called": finding.get("caller") or "",
        "where": finding["location"],
        "expected": finding["expected"],
        "actual": finding["actual"],
        "cost": cost,
        "fix": finding["fix"],
    }
    heading = f"{finding['rule']} {finding['name']}: {finding['title']}"
    return f'<h2><span class="{level}">{level}</span> {escape(heading)}</h2>{_facts(facts)}{_compared(result, finding)}'


def _facts(facts: Json) -> str:
    shown = (f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items() if value)
    return f"<dl>{''.join(shown)}</dl>"


def _compared(result: TestResult, finding: Json) -> str:
    """Two requests side by side, the earlier on the left; one alone is shown whole."""
    names = [name for name in finding["exchanges"][:2] if name in result.compared]
    if not names:
        return ""
    ordered = sorted(names, key=lambda name: int(name.rpartition("_")[2]) if name.rpartition("_")[2].isdecimal() else 0)
    bodies = [json.dumps(result.compared[name]["body"], indent=2, ensure_ascii=False) for name in ordered]
    lines = [body.splitlines()[:_MOST_LINES] for body in bodies]
    titles = "".join(f"<th>{escape(_titled(result, name))}</th>" for name in ordered)
    if len(lines) == 1:
        rows = "".join(f"<tr><td>{escape(line)}</td></tr>" for line in lines[0])
    else:
        rows = "".join(_rows(lines[0], lines[1]))
    return f'<table class="diff"><tr>{titles}</tr>{rows}</table>'


def _titled(result: TestResult, name: str) -> str:
    request = result.compared[name]
    caller = f" from {request['caller']}" if request["caller"] else ""
    return f"{name}: {request['method']} {request['path']} → {request['status']}{caller}"


def _rows(old: list[str], new: list[str]) -> list[str]:
    rows = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            rows += _same(old[a:b])
            continue
        for index in range(max(b - a, d - c)):
            left = old[a + index] if a + index < b else ""
            right = new[c + index] if c + index < d else ""
            rows.append(f'<tr><td class="old">{escape(left)}</td><td class="new">{escape(right)}</td></tr>')
    return rows


def _same(lines: list[str]) -> list[str]:
    shown = [f"<tr><td>{escape(line)}</td><td>{escape(line)}</td></tr>" for line in lines]
    if len(shown) <= 3 * _AROUND:
        return shown
    hidden = len(shown) - 2 * _AROUND
    return [
        *shown[:_AROUND],
        f'<tr class="gap"><td>⋯ {hidden} lines alike</td><td></td></tr>',
        *shown[-_AROUND:],
    ]
