"""Reports: the same findings in every format, from one process or from many."""

import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"

SECRET = "sk-ant-api03-" + "x" * 40
TEST = f"""
    import app
    from claudemock import tool_use

    def test_lost(claude):
        claude.reply(tool_use("get_weather", city="Oslo"), optional=True)
        body = app.first("my key is {SECRET} and " + "a long story " * 40)
        served = app.send(body)
        body["messages"].append({{"role": "assistant", "content": served["content"]}})
        body["messages"].append({{"role": "user", "content": "Well?"}})
        app.send(body)

    def test_fine(claude):
        claude.reply("hello")
        assert app.ask("?") == "hello"

    def test_unused(claude):
        claude.reply("<unused & \\x00>")
"""
FORMATS = ("text", "json", "jsonl", "junit", "sarif", "github", "html")


@pytest.fixture
def reports(run: Run, pytester: pytest.Pytester) -> dict[str, str]:
    """One run, in every format."""
    options = [f"--claude-report={form}:reports/out.{form}" for form in FORMATS]
    run(TEST, *options).assert_outcomes(passed=1, failed=2)
    return {form: Path(pytester.path / f"reports/out.{form}").read_text("utf-8") for form in FORMATS}


def test_no_report_holds_a_secret(reports: dict[str, str]) -> None:
    """Nor whole prompts: pieces of them, unless asked otherwise."""
    for text in reports.values():
        assert SECRET not in text
        assert "a long story " * 20 not in text


def test_json(reports: dict[str, str]) -> None:
    """One object with findings in the binding shape, verdicts, and every test."""
    told = json.loads(reports["json"])
    (finding,) = told["findings"]
    assert {"rule", "severity", "verdict", "title", "expected", "actual", "location", "exchanges", "fix"} <= set(
        finding
    )
    assert (finding["rule"], finding["test"], finding["caller"]) == ("R01", "test_it.py::test_lost", "app.py:9")
    assert told["verdicts"]["R01"] == "violation"
    assert [test["test"].partition("::")[2] for test in told["tests"]] == ["test_fine", "test_lost", "test_unused"]
    assert told["tests"][2]["problems"][0]["kind"] == "unused-reply"


def test_json_lines(reports: dict[str, str]) -> None:
    """One finding or problem a line, with its requests."""
    finding, problem = map(json.loads, reports["jsonl"].splitlines())
    assert finding["requests"]["exch_2"]["body"]["messages"][2]["content"] == "Well?"
    assert problem["kind"] == "unused-reply"


def test_junit(reports: dict[str, str]) -> None:
    """A case for each test, properties for findings, failures for errors; well-formed whatever a reply says."""
    suite = ET.fromstring(reports["junit"])[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    lost = next(case for case in suite if case.get("name") == "test_lost")
    properties = {each.get("name"): each.get("value") for each in lost.iter("property")}
    assert str(properties["claude.R01"]).startswith("error: no tool_result")
    assert lost.find("failure") is not None


def test_sarif(reports: dict[str, str]) -> None:
    """What code scanning needs: rules, levels, fingerprints, and the user's line."""
    log = json.loads(reports["sarif"])
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "R01"
    assert result["level"] == "error"
    assert len(result["partialFingerprints"]["claudemock/v1"]) == 16
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "app.py"}, "region": {"startLine": 9}}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"].partition(":")[0] for step in steps] == ["exch_1", "exch_2"]


def test_github_annotations(reports: dict[str, str]) -> None:
    """One line each, at the user's line, with what GitHub would misread escaped."""
    finding, problem = reports["github"].splitlines()
    assert finding.startswith("::error file=app.py,line=9,title=R01 tool-result-missing::no tool_result")
    assert problem.startswith("::error file=test_it.py,line=")


def test_github_itself(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """In GitHub's runners annotations are printed and the step's summary is written."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    result = run(TEST)
    result.stdout.fnmatch_lines(["::error file=app.py,line=9,title=R01 tool-result-missing::*"])
    summary = Path(pytester.path / "summary.md").read_text("utf-8")
    assert "| error | R01 tool-result-missing | 1 | app.py:9 | no tool\\_result" in summary


def test_html(reports: dict[str, str]) -> None:
    """A page that needs nothing else, with the two requests side by side and everything escaped."""
    page = reports["html"]
    assert "http://" not in page.partition("<body>")[0]
    assert "exch_1: POST /v1/messages → 200 from app.py:9" in page
    assert '<td class="new">' in page
    assert "&lt;unused &amp;" in page
    assert "<unused" not in page


def test_prompts_can_be_left_out_altogether(run: Run, pytester: pytest.Pytester) -> None:
    """`claude_redact = hashes` shows no text of a prompt in the requests."""
    run(TEST, "--claude-report=html:out.html", ini="claude_redact = hashes")
    page = Path(pytester.path / "out.html").read_text("utf-8")
    assert "a long story" not in page
    assert "characters, " in page


def test_the_terminal_can_have_any_format(run: Run) -> None:
    """`-` is the terminal."""
    run(TEST, "--claude-report=github:-").stdout.fnmatch_lines(["::error file=app.py,*"])


def test_pytests_own_junit_file_has_the_findings(run: Run, pytester: pytest.Pytester) -> None:
    """As properties of the test's case."""
    run(TEST, "--junitxml=own.xml")
    names = {each.get("name") for each in ET.parse(pytester.path / "own.xml").iter("property")}
    assert "claude.R01" in names


def test_code_flows_need_no_other_report(run: Run, pytester: pytest.Pytester) -> None:
    """The lines that made the compared requests are in a SARIF file by itself."""
    run(TEST, "--claude-report=sarif:out.sarif")
    (result,) = json.loads(Path(pytester.path / "out.sarif").read_text())["runs"][0]["results"]
    assert len(result["codeFlows"][0]["threadFlows"][0]["locations"]) == 2


def test_a_report_that_cannot_be_written_is_said(run: Run, pytester: pytest.Pytester) -> None:
    """The run ends as wrong usage; what else was asked for is written."""
    pytester.makefile(".txt", taken="")
    result = run("def test_one(claude): ...", "--claude-report=json:taken.txt/x.json", "--claude-report=html:out.html")
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["error    the report json cannot be written: *taken.txt*"])
    assert Path(pytester.path / "out.html").exists()


def test_a_report_is_written_where_no_test_is_watched(run: Run, pytester: pytest.Pytester) -> None:
    """Or what is read after the run would be the last run's; only collecting is no run."""
    run("def test_one(): ...", "--claude-report=json:out.json").assert_outcomes(passed=1)
    assert json.loads(Path(pytester.path / "out.json").read_text())["tests"] == []
    run("def test_one(): ...", "--claude-report=json:other.json", "--collect-only")
    assert not Path(pytester.path / "other.json").exists()


@pytest.mark.parametrize("columns", ["60", "100"])
def test_the_terminals_width_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    """What a failing test says fits, so that a narrow terminal does not break it again."""
    monkeypatch.setenv("COLUMNS", columns)
    lines = run(TEST).outlines
    said = [line for line in lines if line.startswith(("  contract", "  expected", "  actual", "  fix", " " * 12))]
    assert len(said) > 8
    assert max(map(len, said)) <= int(columns)


def test_xdist(run_apart: Run, pytester: pytest.Pytester) -> None:
    """Each worker has a server of its own; results, reports and the lock come together in one place."""
    result = run_apart(
        """
        import os
        import pytest
        import app
        from claudemock import tool_use

        @pytest.mark.parametrize("n", range(6))
        def test_many(claude, n):
            claude.reply(f"answer {n}")
            assert app.ask("?") == f"answer {n}"
            print("worker", os.environ["PYTEST_XDIST_WORKER"], claude.base_url)

        def test_lost(claude):
            claude.reply(tool_use("get_weather", city="Oslo"))
            app.loses_a_result()
        """,
        "-p",
        "xdist.plugin",
        "-n",
        "2",
        "--dist",
        "load",
        "--claude-report=json:out.json",
        "--claude-lock=lock.json",
        "-rP",
    )
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(
        ["error    R01  tool-result-missing *1x  app.py:*", "* 1 error, * 8 exchanges in 7 tests, *"]
    )
    assert len(json.loads(Path(pytester.path / "out.json").read_text())["tests"]) == 7
    assert len(json.loads(Path(pytester.path / "lock.json").read_text())["tests"]) == 7
    ports = {line.split()[1]: line.split()[2].split("/")[2] for line in result.outlines if line.startswith("worker gw")}
    assert len(ports) == len(set(ports.values())) == 2


def test_quiet_runs_stay_quiet(run: Run) -> None:
    """One line when all is well, nothing at all when no test is watched."""
    result = run("def test_one(claude): ...")
    assert sum("contracts" in line for line in result.outlines) == 2
    result = run("def test_one(): ...")
    result.stdout.no_fnmatch_line("*claude*")
    assert os.environ.get("ANTHROPIC_BASE_URL") is None
