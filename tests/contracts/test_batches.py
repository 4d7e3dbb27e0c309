"""The rules on batches: what looks wrong and is right, and the smallest changes that make right wrong."""

from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import Step, ask, fails, http, reply, wait
from claudemock_contracts.oracles import Oracles, Outcome, Sleep
from claudemock_contracts.rules.batch_examples import BATCHES, ONE, create, download, missed, poll, row, shown
from tests.contracts.judging import finding, report, transcript

OSLO, ROME, BONN = (row(city.lower(), f"How warm is {city}?") for city in ("Oslo", "Rome", "Bonn"))
TEXTS = {"oslo": "4 °C in Oslo.", "rome": "18 °C in Rome.", "bonn": "9 °C in Bonn."}
ROWS = [("rome", TEXTS["rome"]), ("bonn", TEXTS["bonn"]), ("oslo", TEXTS["oslo"])]
MADE, ENDED = create(OSLO, ROME, BONN), poll("ended", succeeded=3)
RUNNING = poll(processing=3)
WHOLE = Oracles(complete=True)
REAL = Oracles(real_time=True)
FAILED = [("rome", TEXTS["rome"]), ("bonn", None), ("oslo", TEXTS["oslo"])]
PART = poll("ended", succeeded=2, errored=1)


def returned(value: Any) -> Oracles:
    """The program gave this back."""
    return Oracles(outcomes=[Outcome(kind="returned", value=value)])


def raised(error: str, **told: Any) -> Oracles:
    """The program ended with this."""
    return Oracles(outcomes=[Outcome(kind="raised", error=error)], **told)


def kinds(rule: str, *steps: Step, oracles: Oracles | None = None) -> list[str]:
    """The kinds of a rule's findings."""
    return [each.kind for each in report(*steps, oracles=oracles).of(rule)]


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ((MADE,), "never polled"),
        ((MADE, RUNNING), "given up"),
        ((MADE, RUNNING, ENDED), "ended, not fetched"),
        ((MADE, ENDED, download(ROWS, ended="client_gone")), "fetched in part"),
        ((MADE, ENDED, download(ROWS)), None),
        ((MADE, http("POST", f"{BATCHES}/{ONE}/cancel", response=shown("canceling"))), None),
        ((MADE, poll("ended", expired=3)), None),
        ((create(OSLO, status=400),), None),
    ],
)
def test_how_far_a_batch_got(steps: tuple[Step, ...], kind: str | None) -> None:
    """Each state is named; without a word of the test it stays undecided."""
    assert kinds("R48", *steps, oracles=WHOLE) == ([kind] if kind else [])
    alone = report(*steps)
    assert alone.of("R48") == ()
    assert [each.kind for each in alone.inconclusive if each.rule == "R48"] == ([kind] if kind else [])


@pytest.mark.parametrize(
    "oracles", [Oracles(complete=True, collected_elsewhere=True), Oracles(complete=True, handed_over=frozenset({ONE}))]
)
def test_another_program_collects(oracles: Oracles) -> None:
    """A program that only submits says so, or shows that the id was handed over."""
    assert report(MADE, oracles=oracles).verdicts["R48"] == "pass"


def test_a_program_that_saw_the_end_and_returned() -> None:
    """It polled to the end by itself, so it was its own to collect."""
    assert kinds("R48", MADE, RUNNING, ENDED, oracles=returned("done")) == ["ended, not fetched"]


def test_what_is_asked_again_while_the_batch_goes_on() -> None:
    """Its work was done twice and paid for twice; once cancelled, collected or somebody else's, it was not."""
    directly = (ask("How warm is Oslo?"), reply(TEXTS["oslo"]))
    assert kinds("R48", MADE, RUNNING, *directly) == ["asked again"]
    assert kinds("R48", MADE, RUNNING, ask("How warm is Paris?"), reply("20 °C.")) == []
    assert kinds("R48", *directly, MADE, RUNNING) == []
    cancelled = http("POST", f"{BATCHES}/{ONE}/cancel", response=shown("canceling"))
    assert kinds("R48", MADE, RUNNING, cancelled, *directly) == []
    assert kinds("R48", MADE, RUNNING, *directly, oracles=Oracles(collected_elsewhere=True)) == []
    listed = http("GET", BATCHES, response={"data": [shown()], "has_more": False})
    (undecided,) = [each for each in report(MADE, listed).inconclusive if each.rule == "R48"]
    assert "seen in a list while it was in progress" in undecided.actual


def test_results_are_gone_after_29_days() -> None:
    """On the scope's clock: a download that late finds nothing; one in time, or another one, does."""
    late = (MADE, ENDED, wait(30 * 86400), download(ROWS, status=404))
    assert kinds("R48", *late) == ["too late"]
    assert kinds("R48", MADE, ENDED, download(ROWS), wait(30 * 86400), download(ROWS, status=404)) == []


def test_nobody_looked_for_half_a_day() -> None:
    """A batch that runs is looked at in time; one that has ended may wait."""
    assert kinds("R48", MADE, wait(13 * 3600), RUNNING, ENDED, download(ROWS)) == ["unwatched"]
    assert kinds("R48", MADE, wait(11 * 3600), RUNNING, ENDED, wait(13 * 3600), download(ROWS)) == []


def test_only_ones_own_batches() -> None:
    """A collector that looks at the batches of others has none of its own to lose."""
    assert report(RUNNING, ENDED, oracles=WHOLE).verdicts["R48"] == "not-exercised"


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (list(TEXTS.values()), "pass"),
        ([TEXTS["oslo"], None, TEXTS["bonn"]], "pass"),
        ([{"id": name, "text": text} for name, text in ROWS], "pass"),
        (TEXTS, "pass"),
        ({f"How warm is {name.title()}?": text for name, text in ROWS}, "pass"),
        ([text for _, text in ROWS], "violation"),
        ([{"answer": text} for _, text in ROWS], "violation"),
        (dict(zip(TEXTS, (text for _, text in ROWS), strict=True)), "violation"),
        ([{"id": name, "text": text} for name, (_, text) in zip(TEXTS, ROWS, strict=True)], "violation"),
        ([{"city": name.title(), "text": text} for name, text in ROWS], "pass"),
        ([{"city": name.title(), "text": text} for name, (_, text) in zip(TEXTS, ROWS, strict=True)], "violation"),
        ([{"topic": "How warm", "text": text} for text in TEXTS.values()], "pass"),
        ({"warmest": "rome", "mean": 10.3}, "not-exercised"),
        (3, "not-exercised"),
    ],
)
def test_how_results_are_joined(value: Any, verdict: str) -> None:
    """By id in whatever shape is right; by position is not; a sum shows nothing."""
    assert report(MADE, ENDED, download(ROWS), oracles=returned(value)).verdicts["R49"] == verdict


def test_results_in_the_order_of_the_requests_prove_nothing() -> None:
    """There position and id agree."""
    steps = (MADE, ENDED, download(list(TEXTS.items())))
    assert report(*steps, oracles=returned(list(TEXTS.values()))).verdicts["R49"] == "not-exercised"


def test_joining_needs_the_value() -> None:
    """Without it nothing is known."""
    assert report(MADE, ENDED, download(ROWS)).verdicts["R49"] == "inconclusive"


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ([TEXTS["oslo"], TEXTS["rome"]], "violation"),
        ({"oslo": TEXTS["oslo"], "rome": TEXTS["rome"]}, "violation"),
        ([TEXTS["oslo"], TEXTS["rome"], None], "pass"),
        ({"oslo": TEXTS["oslo"], "rome": TEXTS["rome"], "bonn": None}, "pass"),
        ({"good": [TEXTS["oslo"], TEXTS["rome"]], "failed": ["bonn"]}, "pass"),
        ("2 answers", "inconclusive"),
        (None, "inconclusive"),
        ({"answers": [TEXTS["oslo"], TEXTS["rome"]], "failed": 1}, "pass"),
        ([TEXTS["oslo"], TEXTS["rome"], "unanswered (errored)", "total: 3", "mean: 11"], "pass"),
    ],
)
def test_what_becomes_of_a_row_that_failed(value: Any, verdict: str) -> None:
    """A place kept for it, or its id among the failures, is a word; its absence is not."""
    assert report(MADE, PART, download(FAILED), oracles=returned(value)).verdicts["R50"] == verdict


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ([{"city": "Oslo", "warm": 4}, {"city": "Rome", "warm": 18}], "violation"),
        (
            [{"city": c, "warm": w, "unit": "C", "source": "Claude"} for c, w in (("Oslo", 4), ("Rome", 18))],
            "violation",
        ),
        ({"Oslo": {"city": "Oslo", "warm": 4}, "Rome": {"city": "Rome", "warm": 18}, "missing": ["bonn"]}, "pass"),
        ([{"city": "Oslo", "warm": 4}], "inconclusive"),
        ([4, 18], "violation"),
    ],
)
def test_answers_that_are_json_are_known_when_they_are_parsed(value: Any, verdict: str) -> None:
    """A program that keeps what the answers say, and not their text, loses rows as well."""
    told = [("rome", '{"city": "Rome", "warm": 18}'), ("bonn", None), ("oslo", '{"city":"Oslo","warm":4}')]
    assert report(MADE, PART, download(told), oracles=returned(value)).verdicts["R50"] == verdict


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("AttributeError: 'MessageBatchErroredResult' object has no attribute 'message'", "crash"),
        ("KeyError: 'message'", "crash"),
        ("BatchFailed: 1 of 3 rows", None),
    ],
)
def test_an_exception_about_a_row_that_failed(error: str, kind: str | None) -> None:
    """One's own is a word; one of the language is a crash."""
    found = report(MADE, PART, download(FAILED), oracles=raised(error))
    assert [each.kind for each in found.of("R50")] == ([kind] if kind else [])
    assert found.verdicts["R50"] == ("violation" if kind else "pass")


def test_a_tally_shows_no_rows() -> None:
    """Equal answers that were counted are there once."""
    same = [("rome", "warm"), ("bonn", None), ("oslo", "warm")]
    found = report(MADE, PART, download(same), oracles=returned({"warm": 2}))
    assert found.verdicts["R50"] == "inconclusive"
    for value in ({"rome": "warm", "oslo": "warm"}, ["warm", "warm"]):
        assert report(MADE, PART, download(same), oracles=returned(value)).verdicts["R50"] == "violation"


INVOICES = {"rome": '{"number": "A-1", "total": 107}', "oslo": '```json\n{"number": "A-2", "total": 114}\n```'}


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ([{"number": "A-1", "total": 107}, {"total": 114, "number": "A-2"}], "violation"),
        ([("A-1", 107), ("A-2", 114)], "violation"),
        ({"A-2": 114, "A-1": 107}, "violation"),
        ([107, 114], "violation"),
        ([107, 114, None], "pass"),
        ({"totals": [107, 114], "errors": 1}, "pass"),
        ({"totals": [107, 114], "of": 3}, "pass"),
        ({"totals": [107, 114], "bonn": "?"}, "pass"),
        ({"sum": 221}, "inconclusive"),
        ([107], "inconclusive"),
    ],
)
def test_rows_that_are_kept_as_what_they_mean(value: Any, verdict: str) -> None:
    """An answer of JSON is known by its values, in whatever shape the program keeps them."""
    rows = [("rome", INVOICES["rome"]), ("bonn", None), ("oslo", INVOICES["oslo"])]
    assert report(MADE, PART, download(rows), oracles=returned(value)).verdicts["R50"] == verdict


def test_an_id_inside_of_another_is_not_named() -> None:
    """`r1` is no word on itself where only `r12` is returned."""
    made = create(*(row(name, f"How warm is it at {name}?") for name in ("r1", "r12")))
    rows = [("r12", "9 °C at r12."), ("r1", None)]
    steps = (made, poll("ended", succeeded=1, errored=1), download(rows))
    assert report(*steps, oracles=returned({"r12": "9 °C at r12."})).verdicts["R50"] == "violation"
    logged = replace(returned({"r12": "9 °C at r12."}), output_texts=["WARNING r1 errored"])
    assert report(*steps, oracles=logged).verdicts["R50"] == "pass"
    assert report(*steps, oracles=returned({"r12": "9 °C at r12.", "bad": "r1: no"})).verdicts["R50"] == "pass"


def test_what_is_sent_again() -> None:
    """The row that failed alone, by batch or by itself, is right; the whole batch is not."""
    begin = (MADE, PART, download(FAILED))
    again = create(BONN, batch="msgbatch_2")
    assert report(*begin, again).verdicts["R50"] == "pass"
    alone = ask("How warm is Bonn?", model="claude-opus-4-8", max_tokens=512)
    assert report(*begin, alone, reply(TEXTS["bonn"])).verdicts["R50"] == "pass"
    assert kinds("R50", *begin, create(OSLO, ROME, BONN, batch="msgbatch_2")) == ["all again"]


def test_rows_the_client_cancelled_itself() -> None:
    """They are no surprise."""
    line = '{"custom_id": "oslo", "result": {"type": "canceled"}}'
    cancel = http("POST", f"{BATCHES}/{ONE}/cancel", response=shown("canceling"))
    fetch = http("GET", f"{BATCHES}/{ONE}/results", response=f"{line}\n{line.replace('oslo', 'rome')}\n")
    assert report(MADE, cancel, ENDED, fetch).verdicts["R50"] == "not-exercised"
    assert report(MADE, ENDED, fetch).verdicts["R50"] == "inconclusive"


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([OSLO, row("oslo", "?")], "duplicate custom_id"),
        ([row("", "?")], "custom_id"),
        ([row("a b", "?")], "custom_id"),
        ([row("ä", "?")], "custom_id"),
        ([row("x\n", "?")], "custom_id"),
        ([row("x" * 65, "?")], "custom_id"),
        ([{"params": {}}], "custom_id"),
        ([row("a", "?", stream=True)], "params.stream"),
        ([row("a", "?", speed="fast")], "params.speed"),
        ([row("a", "?", max_tokens=0)], "params.max_tokens"),
        ([row("a", "?", stream=False), row("x" * 64, "?"), row("A-1_b", "?")], None),
    ],
)
def test_what_a_row_may_be(rows: list[dict[str, Any]], kind: str | None) -> None:
    """Ids of plain characters, each once, and nothing that batches cannot do."""
    found = report(create(*rows))
    assert [each.kind for each in found.of("R51")] == ([kind] if kind else [])
    assert found.verdicts["R51"] == ("violation" if kind else "pass")


def test_too_many_rows() -> None:
    """100,000 are a batch, one more is none."""
    many = [{"custom_id": str(number)} for number in range(100_001)]
    assert kinds("R51", create(*many[:-1])) == []
    assert kinds("R51", create(*many)) == ["too many rows"]


def polled(pause: float, times: int = 5) -> tuple[Step, ...]:
    """A batch looked at this often."""
    return (MADE, *[step for _ in range(times) for step in (wait(pause), RUNNING)], ENDED, download(ROWS))


@pytest.mark.parametrize(("pause", "hasty"), [(0.1, True), (0.8, True), (1.0, False), (60.0, False)])
def test_the_pace_of_polls(pause: float, hasty: bool) -> None:
    """Less than a second is hasty, where times are those of real use."""
    found = report(*polled(pause), oracles=REAL)
    assert [each.kind for each in found.of("R52")] == (["hasty"] if hasty else [])


def test_pauses_that_grow() -> None:
    """Short ones that double are soon long; short ones that stay short, or shrink, are not."""

    def pauses(*seconds: float) -> list[str]:
        steps = [step for pause in seconds for step in (wait(pause), RUNNING)]
        return kinds("R52", MADE, *steps, oracles=REAL)

    assert pauses(9, 0.02, 0.04, 0.08, 0.16, 0.3) == []
    assert pauses(9, 0.02, 0.03, 0.02, 0.03, 0.02) == ["hasty"]
    assert pauses(9, 0.3, 0.16, 0.08, 0.04, 0.02) == ["hasty"]


def test_a_few_quick_polls_are_none() -> None:
    """Under five polls nothing is said."""
    assert kinds("R52", *polled(0.1, 3), oracles=REAL) == []


def test_patched_sleeps() -> None:
    """What the program asked for counts; where that is not known, nothing does."""
    begin = transcript(*polled(0.0)).exchanges
    sleeps = [Sleep(at=each.ended_at or 0.0, seconds=60.0) for each in begin]
    watched = report(*polled(0.0), oracles=Oracles(sleeps=sleeps))
    assert watched.of("R52") == ()
    assert report(*polled(0.0), oracles=Oracles(sleeps=[])).verdicts["R52"] == "warning"
    for told in (Oracles(), Oracles(sleeps_hidden=True)):
        found = report(*polled(0.0), oracles=told)
        assert found.verdicts["R52"] == "inconclusive"
    assert report(*polled(0.01)).verdicts["R52"] == "warning"
    assert report(*polled(0.01), oracles=Oracles(sleeps_hidden=True)).verdicts["R52"] == "inconclusive"


def test_the_sdk_polls_before_a_download() -> None:
    """`batches.results()` asks for the address first; that look is not the program's."""

    def numbered(step: Step) -> Step:
        def played(scene: Any) -> None:
            scene.headers = {"x-stainless-retry-count": "0"}
            step(scene)

        return played

    quick = [numbered(step) for _ in range(4) for step in (wait(60), RUNNING)]
    steps = (MADE, *quick, wait(60), numbered(ENDED), numbered(ENDED), download(ROWS))
    assert report(*steps, oracles=REAL).of("R52") == ()


def test_results_before_the_end() -> None:
    """The API refuses them, which is an error; after the end they are right."""
    found = finding("R52", MADE, RUNNING, download(ROWS, status=400), ENDED, download(ROWS))
    assert (found.kind, found.verdict) == ("too early", "violation")
    assert kinds("R52", MADE, ENDED, download(ROWS, status=404), download(ROWS)) == []


@pytest.mark.parametrize("code", [404, 429, 500, 529])
def test_a_poll_that_fails_in_passing(code: int) -> None:
    """Looked at again it is nothing; given up, a running batch is lost."""
    assert kinds("R52", MADE, missed(code), wait(60), ENDED, download(ROWS)) == []
    assert kinds("R52", MADE, missed(code), oracles=raised("NotFoundError: no")) == ["gave up"]
    assert report(MADE, missed(code)).verdicts["R52"] == "inconclusive"


def test_a_poll_that_fails_for_good() -> None:
    """No permission does not pass."""
    assert kinds("R52", MADE, missed(403), oracles=raised("PermissionDeniedError: no")) == []


@pytest.mark.parametrize(
    ("steps", "oracles", "verdict"),
    [
        ((MADE, RUNNING), raised("KeyboardInterrupt: "), "warning"),
        ((MADE,), raised("CancelledError: "), "warning"),
        ((MADE, RUNNING), raised("KeyboardInterrupt: ", handed_over=frozenset({ONE})), "pass"),
        ((MADE, RUNNING), raised("KeyboardInterrupt: ", collected_elsewhere=True), "pass"),
        ((MADE, ENDED), raised("KeyboardInterrupt: "), "not-exercised"),
        ((MADE, RUNNING), raised("ValueError: x"), "not-exercised"),
        ((MADE, RUNNING), returned("later"), "not-exercised"),
    ],
)
def test_a_program_that_is_stopped(steps: tuple[Step, ...], oracles: Oracles, verdict: str) -> None:
    """It cancels what runs, or leaves the id to somebody."""
    assert report(*steps, oracles=oracles).verdicts["R53"] == verdict


def test_a_failed_creation_is_no_batch() -> None:
    """There is nothing to collect, cancel or poll."""
    found = report(ask("Hi"), fails(529), create(OSLO, status=529), oracles=raised("KeyboardInterrupt: "))
    assert {found.verdicts[rule] for rule in ("R48", "R49", "R50", "R52", "R53")} == {"not-exercised"}
