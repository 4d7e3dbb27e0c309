"""Which findings fail a test, and every way to say that one does not."""

import json
from pathlib import Path

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"

LOSES = """
    import pytest
    import app
    from claudemock import tool_use

    {mark}
    def test_lost(claude):
        {first}
        claude.reply(tool_use("get_weather", city="Oslo"))
        app.loses_a_result()
"""
MARKS = {
    "@pytest.mark.claude(contracts='off')": 0,
    "@pytest.mark.claude(contracts='warn')": 0,
    "@pytest.mark.claude(contracts=['R02'])": 0,
    "@pytest.mark.claude(contracts=['tools'])": 1,
    "@pytest.mark.claude(severity={'R01': 'warning'})": 0,
    "@pytest.mark.claude(severity={'tools': 'off'})": 0,
    "@pytest.mark.claude(severity={'tools': 'off', 'R01': 'error'})": 1,
    "@pytest.mark.claude(allow=['R01: it is a test'])": 0,
    "@pytest.mark.claude(allow=[('tool-result-missing', 'it is a test')])": 0,
    "@pytest.mark.claude(allow={'R01': 'it is a test'})": 0,
    "@pytest.mark.claude(allow=['R02: another rule'])": 1,
}
OPTIONS: dict[tuple[str, ...], int] = {
    ("--claude-contracts=warn",): 0,
    ("--claude-contracts=off",): 0,
    ("--claude-severity=R01=note",): 0,
    ("--claude-allow=R01=why not",): 0,
    ("--claude-allow=R01 *::test_lost=why not",): 0,
    ("--claude-allow=R01 *::test_other=why not",): 1,
    ("--claude-strict",): 1,
}


def loses(mark: str = "", first: str = "") -> str:
    """A test whose agent loses a tool result."""
    return LOSES.format(mark=mark, first=first)


def test_a_broken_contract_fails_and_explains_itself(run: Run) -> None:
    """Somebody who has never seen the tool reads what was expected, what came, where, and what to do."""
    result = run(loses())
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "claudemock: R01 tool-result-missing",
            "error  R01 tool-result-missing",
            "  contract  Every tool call is answered by one tool_result*",
            "  expected  *",
            "  actual    no tool_result for 'toolu_*' (get_weather)*",
            "  called    at app.py:*",
            "  where     messages.1.content.0 of request exch_2, compared with exch_1",
            "  fix       *",
            '  or        if it is meant: claude.allow("R01", reason="…")',
            "*claude contracts*",
            "error    R01  tool-result-missing *1x  app.py:*",
            "FAILED test_it.py::test_lost - Failed: claudemock: R01 tool-result-missing",
        ]
    )
    result.stdout.no_fnmatch_line("*All traceback entries are hidden*")


@pytest.mark.parametrize("mark", MARKS)
def test_marks(run: Run, mark: str) -> None:
    """What a test says about itself."""
    run(loses(mark)).assert_outcomes(failed=MARKS[mark], passed=1 - MARKS[mark])


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_options(run: Run, options: tuple[str, ...]) -> None:
    """What the command line says about all tests."""
    run(loses(), *options).assert_outcomes(failed=OPTIONS[options], passed=1 - OPTIONS[options])


def test_ini_values(run: Run) -> None:
    """What the configuration file says, with the command line over it."""
    ini = "claude_severity =\n    R01 = warning\nclaude_contracts = error\n"
    result = run(loses(), ini=ini)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["warning  R01  tool-result-missing*"])
    run(loses(), "--claude-strict", ini=ini).assert_outcomes(failed=1)
    run(loses(), "--claude-contracts=off", "--claude-strict", ini=ini).assert_outcomes(passed=1)


def test_allowing_in_the_test_itself(run: Run) -> None:
    """With a reason, by the fixture."""
    run(loses(first="claude.allow('R01', reason='it is a test')")).assert_outcomes(passed=1)


def test_unused_allowances_are_told_of(run: Run) -> None:
    """Those of the test, of its marks, and of the run; and those that give no reason."""
    result = run(
        loses("@pytest.mark.claude(allow=['R01', 'R10: not needed'])", "claude.allow('R21', reason='neither')"),
        "--claude-allow=R33=nobody",
        "--claude-allow=R34 *::other=not run",
    )
    result.assert_outcomes(passed=1)
    for line in (
        "unused *R10 (not needed) in test_it.py::test_lost*",
        "unused *R21 (neither) in *",
        "unused *R33 (nobody); take*",
        "allowed  R01 without a reason*",
    ):
        result.stdout.fnmatch_lines([line])
    result.stdout.no_fnmatch_line("*R34*")


def test_wrong_options_are_usage_errors(run: Run) -> None:
    """And say what would be right."""
    for option, text in {
        "--claude-severity=R01=fatal": "*RULE=LEVEL*error, warning, note, off*",
        "--claude-report=pdf:x": "*FORMAT:PATH*sarif*",
        "--claude-allow=R01": "*RULE = REASON*",
    }.items():
        result = run(loses(), option, "--claude-all")
        assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stdout.str()
        result.stderr.fnmatch_lines([text])


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("models = ancient", "claude_server: models = 'ancient': one of current, known, any"),
        ("padding = no", "claude_server: padding = 'no': must be of type bool"),
        ("colour = red", "claude_server: there is no setting 'colour'. There are *models*"),
    ],
)
def test_wrong_settings_of_the_server_are_said(run: Run, said: str, answer: str) -> None:
    """In one line instead of a traceback, and never ignored."""
    result = run("def test_one(claude): ...", ini=f"claude_server = {said}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"claudemock: {answer}"])
    result.stdout.no_fnmatch_line("*Error*")


def test_a_baseline_takes_over_what_is_there(run: Run, pytester: pytest.Pytester) -> None:
    """Findings of today do not fail; one that is new does."""
    run(loses(), "--claude-baseline=known.json", "--claude-update-baseline").assert_outcomes(failed=1)
    known = json.loads((pytester.path / "known.json").read_text())
    assert len(known["fingerprints"]) == 1
    result = run(loses(), "--claude-baseline=known.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["* 0 findings (1 in the baseline), *"])
    new = loses().replace("test_lost", "test_another")
    run(new, "--claude-baseline=known.json").assert_outcomes(failed=1)


def test_watched_tools_tell_swapped_results(run: Run) -> None:
    """Only who knows what the tools returned can tell; they are replaced wherever the product has them."""
    product = """
        import app

        def get_weather(city):
            return {"Oslo": "cold", "Rome": "warm"}[city]

        TABLE = {"get_weather": get_weather}

        def agent(swapped):
            body = app.first()
            served = app.send(body)["content"]
            outputs = [TABLE[call["name"]](**call["input"]) for call in served]
            outputs = outputs[::-1] if swapped else outputs
            results = [{"type": "tool_result", "tool_use_id": call["id"], "content": output}
                       for call, output in zip(served, outputs)]
            body["messages"] += [{"role": "assistant", "content": served}, {"role": "user", "content": results}]
            return app.send(body)
    """
    result = run(
        """
        import pytest
        import product
        from claudemock import tool_use

        REAL = product.get_weather

        @pytest.mark.parametrize("swapped", [False, True])
        def test_tools(claude, swapped):
            claude.watch_tools(product.get_weather)
            claude.reply(tool_use("get_weather", city="Oslo"), tool_use("get_weather", city="Rome"))
            claude.reply("Rome is warmer.")
            product.agent(swapped)

        def test_put_back():
            assert product.get_weather is REAL is product.TABLE["get_weather"]
        """,
        product=product,
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["error  R21 tool-result-misattributed*", "*what the watched tools returned*"])


def test_watched_tools_of_every_kind(run: Run) -> None:
    """Async functions, methods, functions under another name, and tools that raise."""
    result = run(
        """
        import asyncio
        import pytest

        class Agent:
            def look(self, city):
                return "seen " + city

        async def fetch(url):
            return "page"

        def fails(**arguments):
            raise ValueError("no such city")

        def test_kinds(claude):
            agent = Agent()
            look = claude.watch_tools(agent.look)
            assert agent.look("Oslo") == look("Oslo") == "seen Oslo"
            read, broken = claude.watch_tools(read=fetch, get_weather=fails)
            assert asyncio.run(fetch("x")) == "page"
            with pytest.raises(ValueError, match="no such city"):
                broken(city="Nowhere")
            runs = claude._tools.runs
            assert [(run.name, dict(run.input), run.output, run.error) for run in runs] == [
                ("look", {"city": "Oslo"}, "seen Oslo", None),
                ("look", {"city": "Oslo"}, "seen Oslo", None),
                ("read", {"url": "x"}, "page", None),
                ("get_weather", {"city": "Nowhere"}, None, "no such city"),
            ]
        """
    )
    result.assert_outcomes(passed=1)


def test_drills_run_a_test_once_for_each(run: Run) -> None:
    """A drill by its name, a fault by its; a name that is neither fails with what there is."""
    result = run(
        """
        import anthropic, pytest, unittest

        def say():
            messages = [{"role": "user", "content": "?"}]
            return anthropic.Anthropic().messages.create(
                model="claude-opus-4-8", max_tokens=9, messages=messages).content[0].text

        @pytest.mark.claude_drill("overload-burst", "rate_limited retry_after_ms=1", "overloaded retry_after_ms=1")
        def test_survives(claude):
            with claude.clock.virtual():
                claude.reply("still here")
                assert say() == "still here"
                assert claude.exchanges.statuses[0] in (429, 529)

        @pytest.mark.claude_drill("no-such-drill")
        def test_unknown(claude): ...

        @pytest.mark.claude_drill("overloaded")
        class TestCase(unittest.TestCase):
            def test_cannot(self): ...
        """
    )
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["*no drill is called 'no-such-drill'. Drills are *overload-burst*"])
    result.stdout.fnmatch_lines(["*claude_drill works for functions*"])


def test_parallel_tools_finish_out_of_order_in_the_drill_for_it(run: Run) -> None:
    """The first of several calls at the same time finishes last, so that results put together by position are wrong."""
    result = run(
        """
        from concurrent.futures import ThreadPoolExecutor
        import pytest

        @pytest.mark.claude(allow_unused_replies=True)
        @pytest.mark.claude_drill("tools-parallel-slow-first")
        def test_order(claude):
            ended = []
            def tool(n):
                return n
            def run(watched, n):
                watched(n)
                ended.append(n)
            watched = claude.watch_tools(tool)
            with ThreadPoolExecutor(2) as pool:
                first = pool.submit(run, watched, 1)
                second = pool.submit(run, watched, 2)
            assert ended == [2, 1]
        """
    )
    result.assert_outcomes(passed=1)


def test_the_lock(run: Run, pytester: pytest.Pytester) -> None:
    """What a test sends is written down, and a change that nobody announced fails with a diff."""
    test = """
        import app
        def test_shape(claude):
            system = [{{"type": "text", "text": "rules {rules}", "cache_control": {{"type": "ephemeral"}}}}]
            for _ in range({count}):
                app.ask("?", model="{model}", system=system)
    """
    old = test.format(rules=1, count=1, model="claude-opus-4-8")
    new = test.format(rules=2, count=2, model="claude-haiku-4-5")
    result = run(old, "--claude-lock=claude.lock.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["lock     1 new test added to claude.lock.json"])
    lock = Path(pytester.path / "claude.lock.json")
    written = lock.read_text()
    run(old, "--claude-lock=claude.lock.json").assert_outcomes(passed=1)
    assert lock.read_text() == written
    result = run(new, "--claude-lock=claude.lock.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "claudemock: lock changed",
            "*requests: POST /v1/messages: 1 became 2",
            "*models: claude-haiku-4-5: 0 became 2",
            "*models: claude-opus-4-8: 1 became 0",
            "*prefixes: - system.0 *",
            "*prefixes: + system.0 *",
            "*--claude-update-lock*",
            "error    lock changed in *",
        ]
    )
    assert lock.read_text() == written
    run(new, "--claude-lock=claude.lock.json", "--claude-update-lock").assert_outcomes(passed=1)
    run(new, "--claude-lock=claude.lock.json").assert_outcomes(passed=1)


def test_the_lock_keeps_what_did_not_run_and_takes_nothing_unfinished(run: Run, pytester: pytest.Pytester) -> None:
    """A part of the tests leaves the others' entries alone, and a test that failed half way has no shape yet."""
    test = """
        import pytest
        import app

        @pytest.mark.parametrize("name", ["one", "two", "half"])
        def test_shape(claude, name):
            app.ask(name)
            assert {half} or name != "half"
            app.ask("again")
    """
    lock = Path(pytester.path / "lock.json")
    result = run(test.format(half=False), "--claude-lock=lock.json")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["lock     2 new tests added to lock.json"])
    known = json.loads(lock.read_text())["tests"]
    result = run(test.format(half=True), "--claude-lock=lock.json", "--claude-update-lock", "-k", "half")
    result.assert_outcomes(passed=1, deselected=2)
    now = json.loads(lock.read_text())["tests"]
    assert {name: now[name] for name in known} == known
    assert now["test_it.py::test_shape[half]"]["requests"] == {"POST /v1/messages": 2}
    run(test.format(half=True), "--claude-lock=lock.json").assert_outcomes(passed=3)


def test_a_test_that_sends_nothing_any_more_can_be_locked_so(run: Run) -> None:
    """Updating the lock is always enough to go on."""
    sends, silent = "import app\ndef test_it(claude): app.ask('?')", "def test_it(claude): ..."
    run(sends, "--claude-lock=lock.json").assert_outcomes(passed=1)
    result = run(silent, "--claude-lock=lock.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*requests: POST /v1/messages: 1 became 0"])
    run(silent, "--claude-lock=lock.json", "--claude-update-lock").assert_outcomes(passed=1)
    run(silent, "--claude-lock=lock.json").assert_outcomes(passed=1)
