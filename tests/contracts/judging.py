"""Short ways to judge a few steps of a conversation."""

from functools import cache
from typing import Any

from claudemock_contracts.examples import Example, Step
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import Finding
from claudemock_contracts.oracles import Oracles
from claudemock_contracts.run import Report, judge
from claudemock_contracts.transcript import Prompts, Transcript, read_transcript


@cache
def prompts() -> Prompts:
    """One catalogue and one estimator for all tests of a process."""
    return Prompts()


def report(*steps: Step, oracles: Oracles | None = None) -> Report:
    """What all contracts say of these steps."""
    found = judge(Example("…", *steps).exchanges(), oracles=oracles or Oracles(), prompts=prompts())
    assert found.broken == ()
    return found


def said(*steps: Step, oracles: Oracles | None = None) -> set[tuple[str, str]]:
    """The rules that have something to say, each with its verdict; advice (notes) left out."""
    found = report(*steps, oracles=oracles)
    return {(finding.rule, finding.verdict) for finding in found.findings if finding.verdict != "note"}


def finding(rule: str, *steps: Step, oracles: Oracles | None = None) -> Finding:
    """The one finding of a rule."""
    (only,) = report(*steps, oracles=oracles).of(rule)
    return only


def transcript(*steps: Step) -> Transcript:
    """The transcript of these steps."""
    return read_transcript(Example("…", *steps).exchanges(), prompts=prompts())


def as_journal(exchange: Exchange) -> dict[str, Any]:
    """An exchange as the control API shows it."""
    response: dict[str, Any] = {"status": exchange.status, "headers": dict(exchange.response_headers)}
    if exchange.events is None:
        response["body"] = exchange.response
    else:
        response["events"] = [{"event": each.name, "data": each.data, "at_ms": each.at_ms} for each in exchange.events]
    return {
        "id": exchange.id,
        "scope": exchange.scope,
        "workspace": exchange.workspace,
        "started_at": exchange.started,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "request": {"headers": dict(exchange.headers), "body": exchange.body},
        "response": response,
        "timing": {
            "first_byte_ms": exchange.first_byte_ms,
            "response_start_ms": exchange.response_start_ms,
            "end_ms": exchange.end_ms,
        },
        "ended": exchange.ended,
        "slept": list(exchange.slept),
        "faults": [dict(fault) for fault in exchange.faults],
    }
