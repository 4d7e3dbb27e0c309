"""Reports as their readers take them: GitHub's limits and escapes, SARIF's places, JUnit's names, a safe page."""

import json
import re
import xml.etree.ElementTree as ET

import pytest

from claudemock_contracts.report.formats import render
from claudemock_contracts.report.github import annotations, step_summary
from claudemock_contracts.report.model import Run, TestResult, place_of
from claudemock_contracts.report.text import render_failure, render_run
from tests.report.conftest import Make

NASTY = "</td><script>alert(1)</script> | `x` [a](b) 100% \r\n::error::forged"


@pytest.fixture
def same_line(result: Make) -> Run:
    """Three tests that found the same at one line, and one that found it at another."""
    tests = [result(f"tests/test_a.py::test_{n}") for n in range(3)]
    return Run(results=[*tests, result("tests/test_a.py::test_other", caller="app.py:20")])


def test_one_line_of_code_is_one_row(same_line: Run) -> None:
    """A bug that every test of a suite meets is one thing to read and one to fix."""
    rows = [line for line in render_run(same_line) if line.startswith("error")]
    assert rows == [
        "error    R01  tool-result-missing    3x  app.py:9, in 3 tests",
        "error    R01  tool-result-missing    1x  app.py:20",
    ]
    assert len(list(annotations(same_line))) == 2
    assert step_summary(same_line).count("| error |") == 2
    first, _ = json.loads(render(same_line, "sarif"))["runs"][0]["results"]
    assert first["occurrenceCount"] == len(first["properties"]["tests"]) == 3


def test_findings_without_a_line_stay_one_for_each_test(result: Make) -> None:
    """Where nothing says that they are the same, they are not."""
    run = Run(results=[result(f"tests/test_a.py::test_{n}", caller=None) for n in range(3)])
    assert len(run.grouped()) == 3


def test_github_is_told_how_many_there_are_more(result: Make) -> None:
    """A step shows ten of a level and drops the others silently; each level has its own ten."""
    errors = [result(f"tests/test_a.py::test_{n}", caller=f"app.py:{n}") for n in range(12)]
    warnings = [result("tests/test_a.py::test_w", severity="warning", caller=f"app.py:{n}") for n in range(10)]
    problem = {"kind": "unused-reply", "severity": "error", "text": "one", "fix": "two"}
    said = list(annotations(Run(results=[*errors, *warnings, TestResult(test="t", problems=[problem])])))
    shown = [line for line in said if line.startswith("::error ")]
    assert len(shown) == 10
    assert shown[-1] == "::error title=claudemock::and 4 more; the summary of the step has them all"
    assert sum(line.startswith("::warning file=") for line in said) == 10


def test_github_commands_cannot_be_forged(result: Make) -> None:
    """A text of a request is data: no new line, no new command, no broken table."""
    run = Run(results=[result(actual=NASTY, name="a,b:c")])
    (line,) = annotations(run)
    assert "\n" not in line
    assert line.startswith("::error file=app.py,line=9,title=R01 a%2Cb%3Ac::")
    assert "100%25 %0D%0A::error::forged" in line
    (row,) = (line for line in step_summary(run).splitlines() if line.startswith("| error"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 7
    assert "<script>" not in row
    assert r"\`x\` \[a\](b)" in row


@pytest.mark.parametrize("form", ["html", "junit", "sarif", "json", "jsonl"])
def test_nothing_a_request_says_breaks_a_report(result: Make, form: str) -> None:
    """Every format stays well-formed."""
    told = {"method": "POST", "path": "/v1/messages", "status": 200, "caller": "app.py:9", "body": {NASTY: [NASTY]}}
    made = result(actual=NASTY + "\x00\x1b", location=NASTY, caller=NASTY)
    made = TestResult(test=NASTY, findings=made.findings, compared={"exch_1": told, "exch_2": told})
    text = render(Run(results=[made]), form)
    if form == "html":
        assert "<script" not in text
        assert "default-src 'none'" in text  # and no browser would run one
    elif form == "junit":
        ET.fromstring(text)
    else:
        assert [json.loads(line) for line in (text.splitlines() if form == "jsonl" else [text])]


def test_junit_names_tests_as_pytest_does() -> None:
    """So that tools which show both put them side by side."""
    names = ("tests/a/test_b.py::test_c[x::y/z.py]", "tests/test_b.py::TestC::test_d", "test_e.py::test_f")
    suite = ET.fromstring(render(Run(results=[TestResult(test=name) for name in names]), "junit"))[0]
    assert [(case.get("classname"), case.get("name")) for case in suite] == [
        ("tests.a.test_b", "test_c[x::y/z.py]"),
        ("tests.test_b.TestC", "test_d"),
        ("test_e", "test_f"),
    ]


@pytest.mark.parametrize(
    ("known", "place"),
    [
        ({"caller": "src/app.py:12"}, ("src/app.py", 12)),
        ({"caller": None, "source": "logs/journal.jsonl:3"}, ("logs/journal.jsonl", 3)),
        ({"caller": None, "source": "logs/journal.json item:3"}, ("logs/journal.json", None)),
        ({"caller": None, "source": "x.har: log.entries.4"}, ("x.har", None)),
        ({"caller": None, "source": "cassette.yaml#2"}, ("cassette.yaml", None)),
        ({"caller": None}, ("tests/test_a.py", 3)),
    ],
)
def test_the_place_to_point_at(result: Make, known: dict[str, str], place: tuple[str, int | None]) -> None:
    """The user's line, the recording's, or the test."""
    made = result(**known)
    assert place_of(made, made.findings[0]) == place


def test_sarif_places_are_uris(result: Make) -> None:
    """A blank or a percent sign in a path is escaped, as the format asks."""
    log = json.loads(render(Run(results=[result(caller="my app/100%.py:7")]), "sarif"))
    (place,) = log["runs"][0]["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "my%20app/100%25.py"


def test_sarif_fingerprints_stay_when_lines_move(result: Make) -> None:
    """Or every edit above a call would open the same alert again."""
    logs = [json.loads(render(Run(results=[result(caller=caller)]), "sarif")) for caller in ("app.py:9", "app.py:90")]
    first, second = (log["runs"][0]["results"][0]["partialFingerprints"] for log in logs)
    assert first == second


@pytest.mark.parametrize("width", [60, 80, 110])
def test_texts_fit_the_terminal(result: Make, width: int) -> None:
    """What is prose is wrapped; nothing of it is lost."""
    words = [f"word{n}" for n in range(30)]
    made = result(actual=" ".join(words))
    shown = render_failure(made.findings, (), width)
    assert max(map(len, shown.splitlines())) <= width
    assert [word for word in shown.split() if word.startswith("word")] == words
    below = [line for line in render_run(Run(results=[made]), width) if line.startswith(" ")]
    assert max(map(len, below)) <= width
    assert len(below) <= 3
