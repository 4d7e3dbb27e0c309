"""SARIF 2.1.0, as code scanning reads it: one result for each rule and line of code that made a call.

Its levels are called as our severities are.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from claudemock_contracts.report.model import Json, Run, TestResult, place_of, tests_of, times
from claudemock_contracts.rules import ALL

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(run: Run) -> str:
    """The log file's text."""
    groups = run.grouped()
    used = sorted({group[0][1]["rule"] for group in groups}, key=lambda rule: int(rule[1:]))
    shown = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "claudemock", "rules": [_rule(rule) for rule in used]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(group, used) for group in groups],
            }
        ],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _rule(rule: str) -> Mapping[str, Any]:
    contract = next(each for each in ALL if each.id == rule)
    return {
        "id": contract.id,
        "name": contract.name,
        "shortDescription": {"text": contract.title},
        "fullDescription": {"text": contract.why},
        "help": {"text": f"{contract.fix}\n\n`claudemock rules {contract.id}` shows a good and a bad example."},
        "defaultConfiguration": {"level": contract.severity},
        "properties": {"tags": [contract.family]},
    }


def _result(group: Sequence[tuple[TestResult, Json]], rules: Sequence[str]) -> Mapping[str, Any]:
    result, finding = group[0]
    where = f" (at {finding['location']})" if finding["location"] else ""
    shown: dict[str, Any] = {
        "ruleId": finding["rule"],
        "ruleIndex": rules.index(finding["rule"]),
        "level": finding["severity"],
        "message": {"text": f"{finding['actual']}{where}. Expected: {finding['expected']}. Fix: {finding['fix']}"},
        "locations": _locations(result, finding),
        "partialFingerprints": {"claudemock/v1": finding["fingerprint"]},
        "occurrenceCount": times(group),
        "properties": {"tests": tests_of(group), "confidence": finding["confidence"]},
    }
    for name in ("tokens_lost", "dollars_lost"):
        if finding.get(name):
            shown["properties"][name] = sum(each.get(name) or 0 for _, each in group)
    flow = _flow(result, finding)
    return {**shown, "codeFlows": flow} if flow else shown


def _locations(result: TestResult, finding: Json) -> list[Mapping[str, Any]]:
    file, line = place_of(result, finding)
    if file is None:
        return []
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(file.replace("\\", "/"))}}
    if line:
        physical["region"] = {"startLine": line}
    logical = [{"fullyQualifiedName": finding["location"]}] if finding["location"] else []
    return [{"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}]


def _flow(result: TestResult, finding: Json) -> list[Mapping[str, Any]]:
    """The requests that were compared, each at the line that made it."""
    steps = []
    for name in reversed(finding["exchanges"][:2]):
        request = result.compared.get(name)
        if request is None:
            return []
        (location,) = _locations(result, {**finding, "caller": request["caller"]}) or [{}]
        steps.append({"location": {**location, "message": {"text": f"{name}: {request['method']} {request['path']}"}}})
    return [{"threadFlows": [{"locations": steps}]}] if len(steps) > 1 else []
