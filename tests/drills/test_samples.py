"""The sample agents under every drill: the robust one passes, the naive one gets the verdicts it deserves."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from claudemock_contracts.drills.plan import load_drills
from claudemock_contracts.drills.run import drill
from claudemock_contracts.drills.session import Options, session
from claudemock_contracts.drills.verdict import Result
from tests.meta.sources import ROOT

SAMPLES = ROOT / "examples"
REQUIRED = (
    "overload-burst overload-outage rate-limited-1 rate-limited-20 rate-limited-70 rate-limited-date spend-cap "
    "request-too-large bad-request-not-retried server-error proxy-502 connection-reset slow-first-byte "
    "stream-error-midway stream-cut stream-truncated stream-stall unknown-events batch-expires batch-partial-failure "
    "tools-parallel-slow-first thinking-budget-exhausted max-tokens-cut refusal pause-turn context-window"
)
# the verdict, and whether it passes
NAIVE = {
    "bad-request-not-retried": ("failed cleanly", True),
    "batch-expires": ("gave a wrong answer", False),
    "batch-partial-failure": ("gave a wrong answer", False),
    "connection-reset": ("failed cleanly", False),
    "context-window": ("gave a wrong answer", False),
    "max-tokens-cut": ("gave a wrong answer", False),
    "overload-burst": ("failed cleanly", False),
    "overload-outage": ("failed cleanly", True),
    "pause-turn": ("gave a wrong answer", False),
    "proxy-502": ("failed cleanly", False),
    "rate-limited-1": ("survived", False),
    "rate-limited-20": ("survived", False),
    "rate-limited-70": ("survived", False),
    "rate-limited-date": ("survived", False),
    "refusal": ("gave a wrong answer", False),
    "request-too-large": ("failed cleanly", True),
    "server-error": ("failed cleanly", False),
    "slow-first-byte": ("survived", True),
    "spend-cap": ("failed cleanly", True),
    "stream-cut": ("failed cleanly", True),
    "stream-error-midway": ("gave a wrong answer", False),
    "stream-stall": ("hung", False),
    "stream-truncated": ("gave a wrong answer", False),
    "thinking-budget-exhausted": ("gave a wrong answer", False),
    "tools-parallel-slow-first": ("gave a wrong answer", False),
    "unknown-events": ("failed cleanly", False),
}
CLEANLY = {"bad-request-not-retried", "context-window", "overload-outage", "refusal", "request-too-large", "spend-cap"}


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What runs a sample: Python, with the SDK imported once for all runs where processes can be forked."""
    if not hasattr(os, "fork"):
        yield [sys.executable]
        return
    quick = [sys.executable, "-S", "-E", str(Path(__file__).with_name("forking.py"))]
    path = str(tmp_path_factory.mktemp("forking") / "socket")
    with subprocess.Popen([sys.executable, quick[-1], path], stdin=subprocess.PIPE) as process:
        while not Path(path).exists():
            assert process.poll() is None
            time.sleep(0.02)
        yield [*quick, path]
        process.communicate(b"\n")


def options(interpreter: list[str], sample: str, **given_up: float) -> Options:
    """All drills over one sample, sleeping without waiting; `given_up` after so many seconds, by the drill's name."""
    drills = [
        each.model_copy(update={"seconds": given_up.get(each.name.replace("-", "_"), each.seconds)})
        for each in load_drills()
    ]
    return Options(
        command=[*interpreter, str(SAMPLES / sample)],
        drills=drills,
        virtual_time=True,
        jobs=8,
        settings={"scripts": [SAMPLES / "replies.yaml"]},
    )


def results(asked: Options) -> dict[str, Result]:
    """The results by drill."""
    with session(asked) as opened:
        found = list(opened.results(opened.baseline()))
    return {result.drill.name: result for result in found}


def test_every_drill_is_there() -> None:
    """The drills that users are promised, each a file."""
    assert {each.name for each in load_drills()} >= set(REQUIRED.split())


@pytest.mark.timeout(300)
def test_the_naive_agent_gets_the_verdicts_it_deserves(interpreter: list[str]) -> None:
    """Crashes, half answers, wrong answers, hangs and hammering are told apart, each for its own reason."""
    found = results(options(interpreter, "naive.py", stream_stall=3))
    # on a busy machine an immediate retry may be a second late: then it has waited for as long as it was told to
    (wait,) = found["rate-limited-1"].measured.waits
    deserved = NAIVE | {"rate-limited-1": ("survived", wait.obeyed)}
    assert {name: (result.verdict, result.passed) for name, result in found.items()} == deserved
    for name in ("rate-limited-20", "rate-limited-70", "rate-limited-date"):
        assert found[name].reasons[0].startswith("came back after ")
    assert found["overload-burst"].notes == ["ended by an uncaught exception"]
    assert found["refusal"].notes[0].startswith("line 1 was ")
    assert found["max-tokens-cut"].wasted_dollars > 0


@pytest.mark.timeout(300)
def test_the_robust_agent_passes_every_drill(interpreter: list[str], tmp_path: Path) -> None:
    """All pass and the exit status says so; waiting is obeyed to the second, and little is wasted."""
    said: list[str] = []
    status = drill(options(interpreter, "robust.py"), said.append, said.append, json=tmp_path / "results.json")
    assert status == 0, "\n".join(said)
    found = {each["drill"]: each for each in json.loads((tmp_path / "results.json").read_text())["drills"]}
    assert {name for name, each in found.items() if each["verdict"] == "failed cleanly"} == CLEANLY
    assert {name for name, each in found.items() if each["verdict"] == "survived"} == set(NAIVE) - CLEANLY
    assert found["overload-burst"]["requests_wasted"] == 2
    (wait,) = found["rate-limited-70"]["waits"]
    assert wait["asked"] == 70
    assert wait["obeyed"]
