"""Drill sessions: what is refused, what is compared, what is told, and that nothing is left behind."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from claudemock_contracts.drills.plan import Drill, DrillError, load_drill, load_drills
from claudemock_contracts.drills.report import table
from claudemock_contracts.drills.run import drill
from claudemock_contracts.drills.session import Options, session
from claudemock_contracts.drills.verdict import Result
from tests.drills.programs import program
from tests.meta.serving import checkout_environment

BURST = Drill(name="burst", title="t", why="w", faults=[{"fault": "overloaded", "times": 2}], passes=["survived"])


def options(command: list[str], *drills: Drill, **more: Any) -> Options:
    """A session of these drills."""
    return Options(command=command, drills=drills or [BURST], settings={}, **more)


def run(asked: Options) -> list[Result]:
    """Its results."""
    with session(asked) as opened:
        return list(opened.results(opened.baseline()))


def cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`claudemock drill` as a user runs it."""
    command = [sys.executable, "-m", "claudemock", "drill", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=checkout_environment())


def test_a_command_that_retries_survives(tmp_path: Path) -> None:
    """Attempts, waste and the verdict are measured on the wire."""
    (result,) = run(options(program(tmp_path, "print(ask('Hello', retries=5))")))
    assert (result.verdict, result.passed, result.measured.attempts) == ("survived", True, 3)
    assert (result.wasted_requests, result.wasted_dollars) == (2, 0.0)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("print(ask('Hello'))", "failed cleanly"),
        ("try:\n    print(ask('Hello'))\nexcept SystemExit:\n    print('no answer')", "gave a wrong answer"),
        ("try:\n    ask('Hello')\nexcept SystemExit:\n    pass\nprint('It is sunny.')", "gave a wrong answer"),
        ("try:\n    print(ask('Hello'))\nexcept SystemExit:\n    os.kill(os.getpid(), 9)", "crashed"),
        ("try:\n    print(ask('Hello'))\nexcept SystemExit:\n    time.sleep(60)", "hung"),
    ],
)
def test_verdicts(tmp_path: Path, text: str, verdict: str) -> None:
    """Each way to end has a name of its own."""
    patient = BURST.model_copy(update={"seconds": 2 if verdict == "hung" else 60})
    (result,) = run(options(program(tmp_path, text), patient))
    assert (result.verdict, result.passed) == (verdict, False)
    assert result.reasons == [f"{verdict}; what passes is: survived"]


NOTHING_CAME = ["no whole answer of the model reached it, and yet it ended with status 0"]


@pytest.mark.parametrize(
    ("replies", "verdict", "notes"),
    [
        ([], "survived", ["only 1 of the 2 whole answers of the model reached it, and yet it ended with status 0"]),
        (
            [{"text": "No.", "stop_reason": "max_tokens", "times": 2}],
            "gave a wrong answer",
            NOTHING_CAME,
        ),
    ],
)
def test_an_answer_that_is_not_the_models(
    tmp_path: Path, replies: list[dict[str, Any]], verdict: str, notes: list[str]
) -> None:
    """Who says the same whatever comes is found out: with no answer at all it is wrong, with fewer it is noted."""
    text = """
    for question in ("Hello", "Bye"):
        try:
            ask(question)
        except SystemExit:
            pass
    print("It is sunny.")
    """
    faults = [] if replies else [{"fault": "overloaded"}]
    made_up = BURST.model_copy(update={"faults": faults, "replies": replies})
    (result,) = run(options(program(tmp_path, text), made_up))
    assert (result.verdict, result.notes) == (verdict, notes)
    assert ("burst: " + notes[0] in table([result])) is (verdict == "survived")


def test_a_silence_that_was_sat_out_has_happened(tmp_path: Path) -> None:
    """A fault that ends only with its client counts, although the server notices a little later."""
    silent = BURST.model_copy(update={"faults": [{"fault": "stall"}], "seconds": 1})
    (result,) = run(options(program(tmp_path, "print(ask('Hello'))"), silent))
    assert (result.verdict, result.measured.requests) == ("hung", 1)


def test_an_answer_without_end_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command prints is bounded by bytes too, not by time alone."""
    monkeypatch.setattr("claudemock_contracts.drills.command._MOST", 100_000)
    endless = "print(ask('Hello'))\nwhile os.environ['CLAUDEMOCK_DRILL'] != 'baseline':\n    print('x' * 99)"
    slow = BURST.model_copy(update={"faults": [{"fault": "delay", "seconds": 0.001}]})
    (result,) = run(options(program(tmp_path, endless), slow, timeout=60))
    assert (result.verdict, result.notes) == ("hung", ["ended because it printed too much"])
    with pytest.raises(DrillError, match=r"^the command printed without end without any failure:\n"):
        run(options(program(tmp_path, "while True:\n    print('x' * 99)"), timeout=60))


@pytest.mark.parametrize(
    ("text", "timeout", "message"),
    [
        ("print('Hello')", 60, "the command made no request to the mock: it has to honour ANTHROPIC_BASE_URL"),
        (
            "ask('x'); sys.exit('I never work')",
            60,
            "the command ended with status 1 without any failure:\nI never work",
        ),
        ("ask('x'); time.sleep(60)", 1, "the command did not end in time without any failure"),
    ],
)
def test_a_command_that_fails_by_itself_is_not_drilled(tmp_path: Path, text: str, timeout: float, message: str) -> None:
    """The error says what is wrong, with the command's own words."""
    with pytest.raises(DrillError) as caught:
        run(options(program(tmp_path, text), timeout=timeout))
    assert str(caught.value).startswith(message)


def test_a_command_that_is_not_there() -> None:
    """The system's own reason."""
    with pytest.raises(DrillError, match=r"the command cannot be started: .*no-such-command"):
        run(options(["no-such-command"]))


def test_what_varies_by_itself_is_not_compared(tmp_path: Path) -> None:
    """Lines that differ between two runs without a failure, ids, and what the mock derives from the request."""
    text = "print(time.time_ns())\nprint(ask('Hello', retries=5))\nprint('done')"
    (result,) = run(options(program(tmp_path, text)))
    assert result.verdict == "survived"


def test_a_failure_that_never_happens(tmp_path: Path) -> None:
    """Not exercised: no failure, unless the drill was asked for by name."""
    stream = BURST.model_copy(update={"name": "stream", "faults": [{"fault": "error_event"}]})
    command = program(tmp_path, "print(ask('Hello'))")
    (result,) = run(options(command, stream))
    assert (result.verdict, result.passed, result.required) == ("not exercised", False, False)
    (result,) = run(options(command, stream, named=frozenset({"stream"})))
    assert result.required
    said: list[str] = []
    assert drill(options(command, stream), said.append, said.append) == 0
    assert drill(options(command, stream, named=frozenset({"stream"})), said.append, said.append) == 1


def test_a_drill_the_server_refuses(tmp_path: Path) -> None:
    """The error names the drill and what is wrong in it."""
    wrong = BURST.model_copy(update={"faults": [{"fault": "overlaoded"}]})
    said: list[str] = []
    status = drill(options(program(tmp_path, "print(ask('Hello'))"), wrong), said.append, said.append)
    assert status == 2
    assert said[-1].startswith(
        "claudemock: burst: faults.0.fault: 'overlaoded' is not a fault; did you mean overloaded?"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: t\nwhy: w\n", "passes: Field required"),
        ("title: t\nwhy: w\npasses: [won]\n", "passes.0: Input should be 'survived'"),
        ("title: t\nwhy: w\npasses: [survived]\nfault: []\n", "fault: Extra inputs are not permitted"),
        ("title: t\nwhy: w\npasses: [survived]\nadmits: '('\n", "admits: Value error, '(' is not a regular expression"),
        ("title: [\n", "mine.yaml:2:1: not YAML: expected the node content"),
        ("- 1\n", "a drill is an object with title, why, passes"),
    ],
)
def test_a_wrong_drill_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With its name and the place in it."""
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DrillError) as caught:
        load_drill(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert message in str(caught.value)


def test_an_unknown_drill() -> None:
    """The error lists those there are."""
    with pytest.raises(DrillError, match=r"no drill is called 'nothing'\. Drills are bad-request-not-retried, "):
        load_drills(["nothing"])
    with pytest.raises(DrillError, match=r"'refusals'; did you mean refusal\? Drills are "):
        load_drills(["refusals"])
    with pytest.raises(DrillError, match=r"^none\.yaml: cannot be read: No such file or directory$"):
        load_drills(["none.yaml"])


def test_drills_have_names_of_their_own(tmp_path: Path) -> None:
    """One that is asked for twice is run once; two of one name are refused."""
    assert [each.name for each in load_drills(["refusal", "refusal"])] == ["refusal"]
    mine = tmp_path / "refusal.yaml"
    mine.write_text("title: t\nwhy: w\nfaults: [{fault: overloaded}]\npasses: [survived]\n", encoding="utf-8")
    with pytest.raises(DrillError, match="two drills are called 'refusal'"):
        load_drills(["refusal", str(mine)])


def test_a_command_may_read(tmp_path: Path) -> None:
    """Each run reads the same standard input from its start."""
    given = tmp_path / "question.txt"
    given.write_text("Hello", encoding="utf-8")
    command = program(tmp_path, "question = input()\nask(question, retries=5)\nprint(question)")
    (result,) = run(options(command, stdin=given))
    assert (result.verdict, result.ran.stdout) == ("survived", "Hello\n")
    with pytest.raises(DrillError, match=r"cannot be started: .*none.txt"):
        run(options(command, stdin=tmp_path / "none.txt"))


def test_what_waits_longest_begins_first(tmp_path: Path) -> None:
    """Where several run at once, so that all are done sooner."""
    told: list[tuple[str, float, dict[str, Any]]] = [
        ("none", 0, {"fault": "overloaded", "times": 5}),
        ("limited", 0.5, {"fault": "rate_limited", "retry_after": 0.5}),
        ("late", 1, {"fault": "delay", "seconds": 1}),
        ("silent", float("inf"), {"fault": "stall"}),
    ]
    drills = [BURST.model_copy(update={"name": name, "faults": [fault], "seconds": 2}) for name, _, fault in told]
    assert [drill.longest_wait for drill in drills] == [seconds for _, seconds, _ in told]
    begun = tmp_path / "begun"
    text = f"open({str(begun)!r}, 'a').write(os.environ['CLAUDEMOCK_DRILL'] + ' ')\nask('Hello', retries=5)"
    run(options(program(tmp_path, text), *drills, jobs=2))
    began = begun.read_text().split()
    assert (began[:2], set(began[2:4]), set(began[4:])) == (["baseline"] * 2, {"silent", "late"}, {"limited", "none"})


def test_the_command_line_writes_reports(tmp_path: Path) -> None:
    """A drill of one's own; table, JSON, JUnit and exit status agree."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "title: too much\nwhy: because\nfaults: [{fault: overloaded, times: null}]\npasses: [survived]\n",
        encoding="utf-8",
    )
    command = program(tmp_path, "print(ask('Hello', retries=3))")
    reports = ["--json", str(tmp_path / "r.json"), "--junit", str(tmp_path / "r.xml")]
    done = cli("--drill", str(mine), "--drill", "overload-burst", *reports, "--", *command)
    assert done.returncode == 1, done.stderr
    assert "mine: failed cleanly in" in done.stderr
    assert "mine: too much\n  because\n  - failed cleanly; what passes is: survived" in done.stdout
    assert done.stdout.rstrip().endswith("1 passed, 1 failed")
    told = json.loads((tmp_path / "r.json").read_text())
    assert [(each["drill"], each["verdict"], each["attempts"]) for each in told["drills"]] == [
        ("mine", "failed cleanly", 4),
        ("overload-burst", "survived", 3),
    ]
    assert told["passed"] is False
    suite = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert suite.attrib["failures"] == "1"
    assert [case.attrib["name"] for case in suite] == ["mine", "overload-burst"]
    assert suite.find("testcase/failure") is not None


def test_any_output_can_be_reported(tmp_path: Path) -> None:
    """The JUnit file is XML whatever the command prints: control characters, no characters, markup."""
    text = (
        r"ask('Hello', 3); sys.stdout.buffer.write(b'\x00\x1b[31m\xff\xef\xbf\xbe\xef\xbf\xbf]]><a>& \xf0\x9f\x8e\xbf')"
    )
    report = tmp_path / "r.xml"
    said: list[str] = []
    assert drill(options(program(tmp_path, text)), said.append, said.append, junit=report) == 0
    told = ElementTree.parse(report).findtext("testcase/system-out")
    assert told == "\ufffd\ufffd[31m\ufffd\ufffd\ufffd]]><a>& \U0001f3bf"


@pytest.mark.parametrize(("jobs", "hinted"), [(1, True), (2, False)])
def test_a_long_session_says_how_it_gets_shorter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int, hinted: bool
) -> None:
    """Who waited long for one drill after the other learns of `--jobs`; who uses it does not."""
    monkeypatch.setattr("claudemock_contracts.drills.run._LONG", 0.0)
    said: list[str] = []
    drill(options(program(tmp_path, "print(ask('Hello', 3))"), jobs=jobs), lambda _: None, said.append)
    assert said[-1].endswith("; --jobs 4 runs four at a time") == hinted


def test_results_that_cannot_be_written(tmp_path: Path) -> None:
    """Said at once where it can be known, and in any case without a traceback."""
    said: list[str] = []
    asked = options(program(tmp_path, "print(ask('Hello', 3))"))
    assert drill(asked, said.append, said.append, json=tmp_path / "none" / "r.json") == 2
    assert said == [
        f"claudemock: {tmp_path / 'none' / 'r.json'} cannot be written: there is no folder {tmp_path / 'none'}"
    ]
    assert drill(asked, said.append, said.append, junit=tmp_path) == 2
    assert said[-1].startswith("claudemock: the results cannot be written: ")


def test_wrong_calls_end_with_2(tmp_path: Path) -> None:
    """A drill that is not there, a command that is not there, no command."""
    assert cli("--drill", "none", "--", "true").returncode == 2
    assert cli("--drill", "overload-burst", "--", str(tmp_path / "none")).returncode == 2
    assert cli().returncode == 2


SLEEPER = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
print(ask("Hello"))
if os.environ["CLAUDEMOCK_DRILL"] == "baseline":
    sys.exit()
open("{pids}", "w").write(f"{{os.getpid()}} {{child.pid}}")
time.sleep(120)
"""


def alive(pid: int) -> bool:
    """Whether a process runs, zombies aside."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize(
    ("numbers", "first"),
    [
        ([signal.SIGINT], ""),
        ([signal.SIGTERM], ""),
        ([signal.SIGINT, signal.SIGINT], "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    ],
    ids=["ctrl-c", "terminated", "ctrl-c twice"],
)
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, numbers: list[signal.Signals], first: str) -> None:
    """Neither the command nor what it started survives Ctrl-C, not even those that are deaf to being asked."""
    pids = tmp_path / "pids"
    command = program(tmp_path, first + SLEEPER.format(pids=pids))
    mine = tmp_path / "mine.yaml"
    mine.write_text("title: t\nwhy: w\nfaults: [{fault: delay, seconds: 0.001}]\npasses: [survived]\n")
    asked = [sys.executable, "-m", "claudemock", "drill", "--drill", str(mine), "--", *command]
    with subprocess.Popen(
        asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=checkout_environment()
    ) as process:
        while not (pids.exists() and pids.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.3)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "stopped: 0 of 1 drills had ended" in errors
    started = [int(pid) for pid in pids.read_text().split()]
    assert [pid for pid in started if alive(pid)] == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("more", ["", ", start_new_session=True"], ids=["of its group", "a daemon"])
def test_children_end_with_their_command(tmp_path: Path, more: str) -> None:
    """What a command leaves running in the background is ended too, wherever it hides."""
    text = f"""
    import subprocess
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"]{more})
    open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
    print(ask("Hello", retries=5))
    """
    run(options(program(tmp_path, text)))
    pid = int((tmp_path / "pid").read_text())
    assert not alive(pid)


def test_virtual_time_in_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python command sleeps for hours in no time, on the scope's clock; its own sitecustomize still runs."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import builtins\nbuiltins.customized = 'yes'\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    text = """
    import asyncio
    print(ask("Hello", retries=1), customized)
    if os.environ["CLAUDEMOCK_DRILL"] != "baseline":
        asyncio.run(asyncio.sleep(7200))
    """
    limited = [{"fault": "rate_limited", "retry_after": 3600}]
    slow = BURST.model_copy(update={"faults": limited, "obeys_retry_after": True, "virtual_time": True})
    (result,) = run(options(program(tmp_path, text), slow, timeout=60))
    assert (result.verdict, result.reasons) == ("survived", [])
    (wait,) = result.measured.waits
    assert wait.asked == 3600
    assert wait.waited >= 3600
