"""Settings, severities, allowances, baselines, and the finding everybody reads."""

import json
from dataclasses import replace
from typing import Any

import pytest

from claudemock.money import money
from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, reply, result, tool
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, clean, fingerprint
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import Allow, Report, Settings, judge
from tests.contracts.judging import prompts

BY_ID = {contract.id: contract for contract in ALL}
BINDING = ("title", "expected", "actual", "location", "exchanges", "fix", "fingerprint")
MISSING = BY_ID["R01"].bad.exchanges()
SPLIT = BY_ID["R10"].bad.exchanges()


def judged(exchanges: list[Exchange], **settings: Any) -> Report:
    """A report under these settings."""
    return judge(exchanges, Settings(**settings), prompts=prompts())


def scoped(exchanges: list[Exchange], scope: str, test: str | None = None) -> list[Exchange]:
    """The same exchanges in another scope, under ids of their own."""
    return [replace(each, scope=scope, test=test, id=f"{scope}-{each.id}") for each in exchanges]


def test_a_finding_has_the_binding_shape() -> None:
    """One JSON shape everywhere, and it is JSON."""
    (finding,) = judged(MISSING).findings
    shown = json.loads(json.dumps(finding.to_json()))
    for key in (
        "rule",
        "severity",
        "verdict",
        "title",
        "expected",
        "actual",
        "location",
        "exchanges",
        "fix",
        "fingerprint",
    ):
        assert shown[key]
    assert shown["confidence"] == "high"
    assert (shown["rule"], shown["severity"], shown["verdict"]) == ("R01", "error", "violation")
    assert "tokens_lost" not in shown


@pytest.mark.parametrize("name", ["R01", "r01", "tool-result-missing", "tools", "all"])
def test_rules_are_named_by_id_name_or_family(name: str) -> None:
    """Selecting and ignoring understand the same names."""
    assert [finding.rule for finding in judged(MISSING, select=(name,)).findings] == ["R01"]
    assert judged(MISSING, ignore=(name,)).findings == ()


def test_a_name_that_is_no_rule_is_an_error() -> None:
    """A typing error in a setting must not silence anything in silence."""
    for settings in (
        {"select": ("R99",)},
        {"severity": {"tool-results": "off"}},
        {"allow": (Allow(rule="x", reason="y"),)},
    ):
        with pytest.raises(ValueError, match="there is no contract"):
            judged(MISSING, **settings)


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ({"R10": "error"}, ("error", "violation")),
        ({"R10": "note"}, ("note", "note")),
        ({"tools": "error"}, ("error", "violation")),
        ({"tools": "off", "R10": "error"}, ("error", "violation")),
        ({"R10": "error", "tools": "off"}, ("error", "violation")),
        ({"R10": "off"}, None),
    ],
)
def test_severities_can_be_changed(severity: dict[str, Any], expected: tuple[str, str] | None) -> None:
    """A rule's own name counts before its family's."""
    found = [(each.severity, each.verdict) for each in judged(SPLIT, severity=severity).of("R10")]
    assert found == ([] if expected is None else [expected])


def test_a_weaker_verdict_stays_weaker() -> None:
    """Raising a rule does not turn its hints into errors."""
    log = (ask("Oslo?", tools=[tool("log")]), reply(call("a", "log")), ask(result("a", "Error: 7")), reply("Seven."))
    exchanges = Example("…", *log).exchanges()
    assert [each.severity for each in judged(exchanges, severity={"R31": "error"}).findings] == ["note"]


def test_an_allowance_silences_and_one_that_nothing_needs_is_reported() -> None:
    """Nothing is silenced without a reason, and no reason outlives its finding."""
    used, unused = Allow(rule="R01", reason="the tool is gone"), Allow(rule="R06", reason="…", test="other-*")
    report = judged(MISSING, allow=(used, unused))
    assert report.findings == ()
    assert [(finding.rule, allow) for finding, allow in report.allowed] == [("R01", used)]
    assert report.unused_allows == (unused,)
    assert judged(MISSING, allow=(Allow(rule="R01", reason="…", test="other-*"),)).errors


def test_a_baseline_keeps_known_findings_from_counting() -> None:
    """By fingerprint, which is the same in the next run."""
    known = frozenset(finding.fingerprint for finding in judged(MISSING).findings)
    report = judged(BY_ID["R01"].bad.exchanges() + scoped(SPLIT, "other"), baseline=known)
    assert [finding.rule for finding in report.findings] == ["R10"]
    assert [finding.rule for finding in report.baselined] == ["R01"]


def test_scopes_are_judged_apart_and_counted_together() -> None:
    """A test's traffic is its own; the verdict of a contract is the gravest."""
    good = BY_ID["R01"].good.exchanges()
    report = judged(scoped(good, "a", "test_a") + scoped(MISSING, "b", "test_b[1]") + scoped(MISSING, "c", "test_b[2]"))
    assert report.scopes == 3
    assert [(each.scope, each.test) for each in report.findings] == [("b", "test_b[1]"), ("c", "test_b[2]")]
    assert len({each.fingerprint for each in report.findings}) == 1
    assert report.verdicts["R01"] == "violation"
    assert report.verdicts["R67"] == "not-exercised"
    assert judged(scoped(good, "a")).verdicts["R01"] == "pass"


def test_fingerprints_forget_what_changes() -> None:
    """Indices, ids, offsets and a test's parameters; not the place, the test or the kind."""
    same = fingerprint("R01", "test_a[1]", "messages.2.content.0", "missing")
    assert same == fingerprint("R01", "test_a[x-2]", "messages.14.content.3", "missing")
    assert same != fingerprint("R01", "test_b", "messages.2.content.0", "missing")
    assert same != fingerprint("R01", "test_a", "system.0.text", "missing")
    assert same != fingerprint("R01", "test_a", "messages.2.content.0", "other")


@pytest.mark.parametrize(
    "secret",
    ["sk-ant-api03-abcdefghijklmnop", "Bearer abcdefghijkl0123", "ghp_abcdefghijklmnop0123", "AKIAABCDEFGHIJKLMNOP"],
)
def test_secrets_never_reach_a_report(secret: str) -> None:
    """Neither in texts nor in details, whatever rule quotes them."""
    assert secret not in clean(f"key: {secret}, and on")
    swapped = (
        ask("Which?", tools=[tool("key")]),
        reply(call("one", "key", of="first-one"), call("two", "key", of="second-one")),
        ask(result("one", f"second-one {secret}"), result("two", f"first-one {secret}")),
        reply("Those."),
    )
    report = judged(Example("…", *swapped).exchanges())
    assert report.of("R21")
    assert secret not in json.dumps([finding.to_json() for finding in report.findings])


def test_a_rule_that_stumbles_is_named_and_the_others_go_on() -> None:
    """Our own fault is ours: no finding, no crash, no silence."""

    def stumble(_: Any) -> Any:
        yield EXERCISED
        raise KeyError("oops")

    broken = replace(BY_ID["R06"], judge=stumble)
    report = judge(MISSING, contracts=[broken, BY_ID["R01"]], prompts=prompts())
    assert [finding.rule for finding in report.findings] == ["R01"]
    assert "R06" in report.broken[0]
    assert "oops" in report.broken[0]


def test_equal_findings_are_one() -> None:
    """What happens on every turn is told once, with its count and the sum of its costs."""

    def each_turn(story: Any) -> Any:
        for here in story.calls:
            yield Observation(kind="k", expected="e", actual=here.id, at=here.exchange, tokens_lost=5, path="system.0")

    contract: Contract = replace(BY_ID["R33"], judge=each_turn)
    (finding,) = judge(MISSING, contracts=[contract], prompts=prompts()).findings
    assert (finding.count, finding.tokens_lost, finding.exchanges) == (2, 10, ("exch_1", "exch_2"))


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [(0.0, "$0.00"), (0.000421, "$0.00042"), (0.0999, "$0.100"), (0.5, "$0.50"), (1234.567, "$1,234.57")],
)
def test_small_amounts_say_something(dollars: float, shown: str) -> None:
    """Two digits that count, however small; cents for what is not small."""
    assert money(dollars) == shown


def test_nothing_is_nothing() -> None:
    """No traffic, no verdict."""
    report = judged([])
    assert (report.findings, report.exchanges, report.scopes) == ((), 0, 0)
    assert set(report.verdicts.values()) == {"not-exercised"}
