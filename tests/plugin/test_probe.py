"""Drift probes: what leaks into a cached prefix, found without waiting for it to show."""

import pytest

from tests.plugin.conftest import Run

pytest_plugins = "pytester"

PRODUCT = """
import datetime, itertools, os, random, tempfile, time, uuid
from datetime import date, datetime as moment
import app

numbers = itertools.count(1)
TEXTS = {
    "steady": lambda: "You are a helpful assistant.",
    "now": lambda: f"It is {datetime.datetime.now().isoformat()}.",
    "imported": lambda: f"It is {moment.now().isoformat()}.",
    "epoch": lambda: f"It is {time.time()}.",
    "today": lambda: f"Today is {date.today()}.",
    "uuid": lambda: f"session {uuid.uuid4()}",
    "random": lambda: f"You are number {random.random()}.",
    "counter": lambda: f"request {next(numbers)}",
    "folder": lambda: f"You work in {tempfile.gettempdir()}/work.",
    "set": lambda: "You know " + ", ".join({"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"}),
}

def send(kind, marked=True):
    system = {"type": "text", "text": TEXTS[kind]()}
    if marked:
        system["cache_control"] = {"type": "ephemeral"}
    return app.ask("hello", system=[system])

def steady(): send("steady")
def now(): send("now")
def imported(): send("imported")
def epoch(): send("epoch")
def today(): send("today")
def random_uuid(): send("uuid")
def chance(): send("random")
def counter(): send("counter")
def folder(): send("folder")
def words(): send("set")
def unmarked(): send("now", marked=False)
"""


@pytest.mark.parametrize(
    ("function", "because", "severity"),
    [
        ("now", "the time of day", "error"),
        ("imported", "the time of day", "error"),
        ("epoch", "the time of day", "error"),
        ("today", "the date", "note"),
        ("random_uuid", "random numbers", "error"),
        ("chance", "random numbers", "error"),
        ("counter", "every run", "error"),
        ("folder", "the folder for temporary files", "error"),
        ("words", "the hash seed", "error"),
        ("unmarked", "the time of day", "note"),
    ],
)
def test_what_leaks_is_found_and_why(run: Run, function: str, because: str, severity: str) -> None:
    """Each circumstance is told from the others; in a marked prefix it fails the test."""
    result = run(
        f"""
        import product

        def test_probe(claude):
            (leak,) = claude.drift_probe(product.{function}).leaks
            assert (leak.because, leak.location) == ({because!r}, "system.0.text")
            assert len(claude.exchanges) == 0
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(failed=severity == "error", passed=severity == "note")
    result.stdout.fnmatch_lines([f"{severity} * R02 *cache-prefix-drift*" if severity == "note" else "error  R02 *"])


def test_nothing_leaks_from_a_steady_prompt(run: Run) -> None:
    """And what was tried is told, with what could not be."""
    result = run(
        """
        import product

        def test_steady(claude):
            probe = claude.drift_probe(product.steady)
            assert probe.leaks == ()
            assert "the hash seed" in probe.tried
            assert str(probe).startswith("nothing leaks; tried every run")

        def test_local_function(claude):
            probe = claude.drift_probe(lambda: product.steady())
            assert probe.leaks == ()
            (reason,) = probe.not_tried
            assert reason.startswith("the hash seed: the function is not at the top of a module")
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=2)


def test_scripted_replies_are_served_in_every_run(run: Run) -> None:
    """So that an agent is led through its tools; the test's own requests are counted apart."""
    result = run(
        """
        import datetime
        import app
        from claudemock import tool_use

        def agent():
            body = app.first()
            served = app.send(body)
            result = {"type": "tool_result", "tool_use_id": served["content"][0]["id"], "content": "4 °C",
                      "cache_control": {"type": "ephemeral"}}
            body["messages"] += [{"role": "assistant", "content": served["content"]},
                                 {"role": "user", "content": [result]}]
            return app.send(body)

        def test_agent(claude):
            claude.reply(tool_use("get_weather", city="Oslo"))
            claude.reply("Cold.")
            assert claude.drift_probe(agent).leaks == ()
            assert agent()["content"][0]["text"] == "Cold."
            assert len(claude.exchanges) == 2
        """
    )
    result.assert_outcomes(passed=1)


def test_a_leak_can_be_allowed(run: Run) -> None:
    """As any finding."""
    result = run(
        """
        import product

        def test_allowed(claude):
            claude.allow("cache-prefix-drift", reason="the prompt is for one request only")
            assert claude.drift_probe(product.now).leaks
        """,
        product=PRODUCT,
    )
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*unused*")


def test_the_clock_and_chance_are_put_back(run: Run) -> None:
    """Also when the function raises."""
    result = run(
        """
        import datetime, os, random, tempfile, time
        import pytest

        BEFORE = (datetime.datetime, datetime.date, time.time, time.strftime, os.urandom, tempfile.tempdir)

        def fails():
            assert datetime.datetime.now().year == 2026
            assert isinstance(datetime.datetime.now(), datetime.datetime)
            raise RuntimeError("no")

        def test_restored(claude):
            random.seed(5)
            state = random.getstate()
            with pytest.raises(RuntimeError, match="no"):
                claude.drift_probe(fails)
            now = (datetime.datetime, datetime.date, time.time, time.strftime, os.urandom, tempfile.tempdir)
            assert now == BEFORE
            assert random.getstate() == state
        """
    )
    result.assert_outcomes(passed=1)
