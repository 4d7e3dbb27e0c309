"""The `claude` fixture: what a test can arm and read, and what it is told when it forgets something."""

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"


def test_the_documented_example(run: Run) -> None:
    """Scripted replies, a fault, virtual time and the exchanges, with the official SDK as the product."""
    result = run(
        """
        import anthropic
        from claudemock import tool_use

        def agent(question):
            client, messages = anthropic.Anthropic(), [{"role": "user", "content": question}]
            schema = {"type": "object", "properties": {"city": {"type": "string"}}}
            tool = {"name": "get_weather", "input_schema": schema}
            while True:
                said = client.messages.create(
                    model="claude-opus-4-8", max_tokens=99, tools=[tool], messages=messages)
                if said.stop_reason != "tool_use":
                    return said.content[0].text
                results = [{"type": "tool_result", "tool_use_id": call.id, "content": "4 °C"} for call in said.content]
                messages += [{"role": "assistant", "content": said.content}, {"role": "user", "content": results}]

        def test_agent(claude):
            claude.reply(tool_use("get_weather", city="Oslo"), tool_use("get_weather", city="Rome"))
            claude.reply("4 °C in Oslo, 18 °C in Rome.")
            claude.fault("overloaded", times=1)
            with claude.clock.virtual():
                assert agent("Oslo or Rome?").startswith("4 °C")
            assert claude.exchanges.statuses == [529, 200, 200]
            assert claude.findings == ()
        """
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*claude contracts*", "* contracts exercised, 0 findings, * in 1 test, *"])


def test_every_binding_name_is_there(run: Run) -> None:
    """What the design promises under a name exists under it, and works."""
    result = run(
        """
        import pytest
        from app import ask

        def test_names(claude):
            assert claude.base_url.startswith("http://127.0.0.1:")
            assert claude.key(workspace="research").startswith(claude.api_key + ".")
            claude.when(contains="weather").reply("4 °C")
            assert ask("the weather?") == "4 °C"
            assert claude.exchanges.requests[0]["model"] == "claude-opus-4-8"
            assert claude.costs["total"]["requests"] == 1
            before = claude.clock.now
            assert claude.clock.advance(60) > before
            assert list(claude.batches) == []
            assert claude.files.add("a.txt", "text")["filename"] == "a.txt"
            claude.reset()
            assert len(claude.exchanges) == 0
            with pytest.raises(ValueError, match="say why"):
                claude.allow("R01", reason=" ")
        """
    )
    result.assert_outcomes(passed=1)


def test_the_environment_is_the_tests_and_no_longer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of other kinds are out of the way during the test, and all is as it was afterwards."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-mine")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token")
    monkeypatch.setenv("ANTHROPIC_API_URL", "https://gateway.example")
    monkeypatch.setenv("NO_PROXY", "example.com")
    result = run(
        """
        import os

        def test_watched(claude):
            assert os.environ["ANTHROPIC_BASE_URL"] == os.environ["ANTHROPIC_API_URL"] == claude.base_url
            assert os.environ["ANTHROPIC_API_KEY"] == claude.api_key
            assert "ANTHROPIC_AUTH_TOKEN" not in os.environ
            assert os.environ["NO_PROXY"] == "example.com,127.0.0.1,localhost"

        def test_not_watched():
            assert os.environ["ANTHROPIC_API_KEY"] == "sk-ant-api03-mine"
            assert os.environ["ANTHROPIC_AUTH_TOKEN"] == "token"
            assert "ANTHROPIC_BASE_URL" not in os.environ
            assert os.environ["NO_PROXY"] == "example.com"
        """
    )
    result.assert_outcomes(passed=2)


def test_unused_replies_fail_and_say_how_not_to(run: Run) -> None:
    """A test that scripts more than the code asks for has not seen what it meant to see."""
    result = run(
        """
        import pytest
        from app import ask

        def test_unused(claude):
            claude.reply("one")
            claude.reply("two", times=3)
            assert ask("?") == "one"
            assert ask("?") == "two"

        def test_unused_rule(claude):
            claude.when(contains="weather").reply("4 °C")

        def test_optional(claude):
            claude.reply("one", optional=True)

        @pytest.mark.claude(allow_unused_replies=True)
        def test_allowed(claude):
            claude.reply("one")
        """
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(
        [
            "claudemock: unused reply",
            '*"two": asked for 1 of 3 times',
            "*claude.reply(…, optional=True)*",
            "*never asked for (for requests that match {'contains': 'weather'})*",
        ]
    )


def test_unscripted_requests_fail_where_something_is_scripted(run: Run) -> None:
    """An answer the mock made up is no answer the test meant; a test that scripts nothing takes what comes."""
    result = run(
        """
        import pytest
        from app import ask

        def test_beyond(claude):
            claude.reply("one")
            ask("first")
            ask("second")

        @pytest.mark.claude(allow_unscripted=True)
        def test_allowed(claude):
            claude.reply("one")
            ask("first")
            ask("second")

        def test_nothing_scripted(claude):
            ask("first")
        """
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(['*exch_* from app.py:*: "second"*', "*allow_unscripted=True*"])


def test_a_fault_that_never_happens_is_reported(run: Run) -> None:
    """As a warning; with `--claude-strict` it fails the test."""
    test = """
        def test_fault(claude):
            claude.fault("overloaded")
    """
    result = run(test)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["warning * unfired fault in test_it.py::test_fault", "* overloaded never happened*"])
    run(test, "--claude-strict").assert_outcomes(failed=1)


def test_a_journal_too_small_for_a_test_says_so(run: Run) -> None:
    """What the contracts did not see they cannot judge, and whoever reads their verdict is told."""
    test = """
        from app import ask

        def test_long(claude):
            for number in range(9):
                ask(f"{number} " + "word " * 2000)
    """
    result = run(test, ini="claude_server = journal_bytes = 50000")
    result.assert_outcomes(passed=1)
    told = [
        "warning * journal full in test_it.py::test_long",
        "*the first * of the test's 9 exchanges*",
        "*journal_bytes=*",
    ]
    result.stdout.fnmatch_lines(told)


def test_the_tests_own_failure_comes_first(run: Run) -> None:
    """What the contracts say explains a failure; it does not replace it, in pytest's tests and in unittest's."""
    result = run(
        """
        import unittest
        import pytest

        def test_own(claude):
            claude.reply("one")
            assert 1 == 2

        class TestCase(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _claude(self, claude):
                self.claude = claude

            def test_own(self):
                self.claude.reply("one")
                self.assertEqual(3, 4)
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *assert 1 == 2", "*claude contracts*", "claudemock: unused reply"])
    result.stdout.fnmatch_lines(["E *AssertionError: 3 != 4", "*claude contracts*", "claudemock: unused reply"])
    result.stdout.fnmatch_lines(["FAILED *::test_own - *assert 1 == 2*"])


def test_skips_expected_failures_and_broken_fixtures_stay_what_they_are(run: Run) -> None:
    """The plugin adds nothing to a test that did not run, and a contract failure can be expected."""
    result = run(
        """
        import pytest

        @pytest.fixture
        def broken(claude):
            raise RuntimeError("no database")

        def test_skipped(claude):
            claude.reply("one")
            pytest.skip("not here")

        @pytest.mark.xfail(strict=True, reason="known")
        def test_expected(claude):
            claude.reply("one")

        def test_error(broken):
            pass
        """
    )
    result.assert_outcomes(skipped=1, xfailed=1, errors=1)


def test_what_fixtures_do_at_the_end_counts(run: Run) -> None:
    """What fixtures of the test may still put right is judged after them; what is certain fails the test at once."""
    result = run(
        """
        import pytest
        from app import ask, loses_a_result
        from claudemock import tool_use

        @pytest.fixture
        def agent(claude):
            yield
            ask("bye")

        def test_used_by_the_fixture(claude, agent):
            claude.reply("bye")

        def test_unused_all_the_same(claude, agent):
            claude.reply("bye")
            claude.reply("and again")

        def test_already_certain(claude, agent):
            claude.reply(tool_use("get_weather", city="Oslo"))
            loses_a_result()
            claude.reply("bye")
        """
    )
    result.assert_outcomes(passed=2, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_unused_all_the_same*", "claudemock: unused reply"])


def test_an_expected_error_must_come(run: Run) -> None:
    """`expect_error` holds the error, and fails when the program swallows the failure."""
    result = run(
        """
        import anthropic

        def call():
            client = anthropic.Anthropic(max_retries=0)
            client.messages.create(model="claude-opus-4-8", max_tokens=9, messages=[{"role": "user", "content": "?"}])

        def test_raises(claude):
            claude.fault("overloaded")
            with claude.expect_error():
                call()

        def test_swallows(claude):
            with claude.expect_error():
                pass
        """
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *no error was raised; the program took the failure for success"])


def test_the_same_test_gets_the_same_answers(run: Run) -> None:
    """Ids depend on the test and its seed, not on the order or number of tests."""
    test = """
        import pytest
        from app import first, send

        @pytest.mark.parametrize("n", [{order}])
        def test_other(claude, n):
            send(first())

        @pytest.mark.claude(seed=7)
        def test_seeded(claude):
            print("seeded", send(first())["id"])
    """
    ids = []
    for order in ("1, 2", "2"):
        result = run(test.format(order=order), "-rP")
        result.assert_outcomes(passed=len(order.split(",")) + 1)
        ids.append([line for line in result.outlines if line.startswith("seeded")])
    assert ids[0] == ids[1] != []


def test_a_mark_that_says_nothing_known_is_an_error(run: Run) -> None:
    """A misspelt argument would silently do nothing."""
    result = run(
        """
        import pytest

        @pytest.mark.claude(contract=["R01"])
        def test_misspelt(claude): ...

        @pytest.mark.claude(contracts=["R999"])
        def test_no_such_rule(claude): ...
        """
    )
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*pytest.mark.claude has no argument 'contract'; it has allow, *"])
    result.stdout.fnmatch_lines(["*there is no contract 'R999'*"])


def test_open_streams_do_not_hold_up_the_end(run_apart: Run) -> None:
    """A test that leaves a stream unread ends at once, and so does the run."""
    result = run_apart(
        """
        import anthropic

        def test_stream(claude):
            claude.reply("word " * 50, pacing={"tokens_per_second": 1})
            client = anthropic.Anthropic()
            stream = client.messages.create(
                model="claude-opus-4-8", max_tokens=99, stream=True, messages=[{"role": "user", "content": "?"}])
            next(iter(stream))
            test_stream.kept = stream
        """,
        "-W",
        "ignore",
    )
    result.assert_outcomes(passed=1)
    assert result.duration < 60  # the stream alone would take longer


def test_the_server_of_the_session_serves_other_programs(run: Run) -> None:
    """`claude_server` is one server for all tests, with scopes for whoever wants them."""
    result = run(
        """
        import json, subprocess, sys
        PROGRAM = '''
        import json, sys, urllib.request
        body = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": "?"}]}
        headers = {"x-api-key": sys.argv[2], "anthropic-version": "2023-06-01", "content-type": "application/json"}
        request = urllib.request.Request(sys.argv[1] + "/v1/messages", json.dumps(body).encode(), headers)
        print(json.load(urllib.request.urlopen(request))["content"][0]["text"])
        '''.replace("\\n        ", "\\n")

        def test_other_program(claude_server):
            scope = claude_server.scope("other")
            scope.reply("from outside")
            out = subprocess.run([sys.executable, "-c", PROGRAM, scope.base_url, scope.api_key], capture_output=True)
            assert out.stdout.decode().strip() == "from outside"
            test_other_program.server = claude_server

        def test_the_same(claude_server):
            assert claude_server is test_other_program.server
        """
    )
    result.assert_outcomes(passed=2)
