"""What is wrong with options, marks and allowances is said where it stands."""

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"


def test_an_allowance_of_nothing_fails_where_it_stands(run: Run) -> None:
    """At the test's own line, at once: neither at its end nor somewhere in the plugin."""
    result = run(
        """
        def test_one(claude):
            claude.allow("R999", reason="why not")

        def test_two(claude):
            claude.fault("overladed")
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*ValueError: allow('R999'): there is no contract 'R999'; *", "test_it.py:2: ValueError"]
    )
    result.stdout.fnmatch_lines(
        ["*'overladed' is not a fault; did you mean overloaded?*", "test_it.py:5: ControlError"]
    )
    result.stdout.no_fnmatch_line("*client.py*")


@pytest.mark.parametrize("what", ["baseline", "lock"])
def test_an_update_needs_a_file(run: Run, what: str) -> None:
    """Without one the option did nothing, and nobody noticed."""
    result = run("def test_one(claude): ...", f"--claude-update-{what}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR or result.parseoutcomes().get("errors") == 1
    output = result.stdout.str() + result.stderr.str()
    assert f"--claude-update-{what}: there is no file to update; name it with --claude-{what}" in output


@pytest.mark.parametrize(
    ("test", "option", "place"),
    [
        ("def test_one(claude): ...", "--claude-severity=R999=error", "claude_allow, claude_severity"),
        ("def test_one(claude): ...", "--claude-allow=R999=why not", "claude_allow, claude_severity"),
        ("import pytest\n@pytest.mark.claude(contracts=['R999'])\ndef test_one(): ...", "-q", "*pytest.mark.claude"),
    ],
)
def test_a_name_that_is_no_contract_says_where_it_stands(run: Run, test: str, option: str, place: str) -> None:
    """In an option, or in a mark."""
    run(test, option).stdout.fnmatch_lines([f"claudemock: {place}: there is no contract 'R999'; *"])
