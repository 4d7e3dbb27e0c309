"""`claudemock check` and `claudemock rules`, as typed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from claudemock.cli import main
from claudemock_contracts.contract import Contract
from claudemock_contracts.played import played
from claudemock_contracts.rules import ALL
from tests.contracts.judging import as_journal

BY_ID = {contract.id: contract for contract in ALL}


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A journal with one error and nothing else."""
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(json.dumps(as_journal(each)) for each in BY_ID["R02"].bad.exchanges()), encoding="utf-8")
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A journal without anything to say about."""
    path = tmp_path / "good.jsonl"
    path.write_text("\n".join(json.dumps(as_journal(each)) for each in BY_ID["R02"].good.exchanges()), encoding="utf-8")
    return path


def test_a_report_says_what_where_why_and_how(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Someone who has never seen the tool can act on it."""
    assert main(["check", str(bad)]) == 1
    shown = capsys.readouterr().out
    for piece in (
        "error  R02 cache-prefix-drift",
        "system.0.text byte 24",
        "bad.jsonl:3",
        'timestamp "2026-11-22T10:00:07Z" became "2026-11-22T10:00:09Z"',
        "expected",
        "tokens, $",
        "Move the value behind the last shared breakpoint",
        "1 error: 3 exchanges",
    ):
        assert piece in " ".join(shown.split()) or piece in shown
    assert max(map(len, shown.splitlines())) <= 120


def test_a_clean_file_is_one_line(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Quiet when there is nothing to say."""
    assert main(["check", str(good)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("nothing to say: 3 exchanges, ")


def test_json_and_json_lines(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: the same findings, and every contract's verdict."""
    assert main(["check", "--format", "json", str(bad)]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["verdicts"]["R02"] == "violation"
    assert main(["check", "--format", "jsonl", str(bad)]) == 1
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == shown["findings"]


def test_formats_of_other_tools(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Code scanning, test reports, annotations and a page say the same, and point at the recording."""
    said = {}
    for form in ("sarif", "junit", "github", "html"):
        assert main(["check", "--format", form, str(bad)]) == 1
        said[form] = capsys.readouterr().out
    (result,) = json.loads(said["sarif"])["runs"][0]["results"]
    assert result["ruleId"] == "R02"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith(bad.name)
    assert '<property name="claude.R02"' in said["junit"]
    assert re.match(r"::error file=\S*bad.jsonl,line=3,title=R02 cache-prefix-drift::", said["github"])
    assert ": POST /v1/messages → 200" in said["html"]  # the compared requests are on the page


def test_options_decide_what_counts(bad: Path, tmp_path: Path) -> None:
    """Each way to say that a finding is known, meant, or of less weight."""
    baseline = tmp_path / "baseline.json"
    assert main(["check", "--ignore", "caching", str(bad)]) == 0
    assert main(["check", "--select", "tools", str(bad)]) == 0
    assert main(["check", "--severity", "R02=warning", str(bad)]) == 0
    assert main(["check", "--severity", "R02=warning", "--strict", str(bad)]) == 1
    assert main(["check", "--allow", "R02=a clock is the point here", str(bad)]) == 0
    assert main(["check", "--write-baseline", str(baseline), str(bad)]) == 1
    assert main(["check", "--baseline", str(baseline), str(bad)]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nowhere.har"], "nowhere.har: No such file"),
        (["check", "--severity", "R02", "x"], "write RULE=…"),
        (["check", "--severity", "R02=fatal", "x"], "a level is one of error, warning, note, off"),
        (["rules", "R99"], "there is no contract 'R99'"),
    ],
)
def test_wrong_calls_say_what_is_wrong(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, one line, no traceback."""
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_rule_that_is_none_and_a_file_that_is_none(
    bad: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither passes for a clean run."""
    assert main(["check", "--select", "R99", str(bad)]) == 2
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"path": "/v1/messages"}\n{"path": oops}\n', encoding="utf-8")
    assert main(["check", str(broken)]) == 2
    assert "broken.jsonl:2, column" in capsys.readouterr().err


@pytest.mark.parametrize("nothing", ["", "[]", '{"log": {"entries": []}}', "interactions: []\n"])
def test_no_traffic_is_no_clean_run(nothing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recorder that wrote nothing does not turn a build green."""
    path = tmp_path / "empty.har"
    path.write_text(nothing, encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert "empty.har: no exchange in it, so nothing was judged" in capsys.readouterr().err


def test_a_baseline_that_cannot_be_written(bad: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, status 2."""
    assert main(["check", str(bad), "--write-baseline", str(bad / "known.json")]) == 2
    assert "known.json: the baseline cannot be written: " in capsys.readouterr().err


def test_the_list_names_every_contract(capsys: pytest.CaptureFixture[str]) -> None:
    """One entry each."""
    assert main(["rules"]) == 0
    flowing = " ".join(capsys.readouterr().out.split())
    for contract in ALL:
        assert f"{contract.id} {contract.severity} {contract.name} {contract.title}" in flowing


def test_texts_fit_the_terminal(bad: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, explanations and reports, in one of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in (["rules"], *(["rules", contract.id] for contract in ALL), ["check", str(bad)]):
        main(arguments)
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: str(contract.id))
def test_the_examples_show_what_tells_them_apart(contract: Contract) -> None:
    """Whatever it is: a pause, a header, a parameter, a marker, a counter, or what the test tells."""
    assert list(played(contract.good)) != list(played(contract.bad))


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: str(contract.id))
def test_every_contract_is_explained(contract: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """With its reasons and both examples, played."""
    assert main(["rules", contract.id]) == 0
    shown = capsys.readouterr().out
    flowing = " ".join(shown.split())
    for piece in (
        contract.name,
        contract.why,
        contract.fix,
        f"good: {contract.good.says}",
        f"bad: {contract.bad.says}",
    ):
        assert " ".join(piece.split()) in flowing
    assert shown.count("->") >= 2
    assert shown.count("<-") >= 2
