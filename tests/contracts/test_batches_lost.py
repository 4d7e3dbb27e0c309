"""Batches that nobody came for: which are lost, and which may be somebody else's."""

from dataclasses import replace
from typing import Any

import pytest

from claudemock_contracts.examples import Example, Step, ask, reply, wait
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.rules.batch_examples import ONE, create, download, poll, row
from claudemock_contracts.run import judge
from tests.contracts.judging import prompts, report

OSLO, PARIS = row("oslo", "How warm is Oslo?"), row("paris", "How warm is Paris?")
MADE, RUNNING = create(OSLO), poll(processing=1)


def returned(value: Any) -> Oracles:
    """The program gave this back."""
    return Oracles(outcomes=[Outcome(kind="returned", value=value)])


def raised(error: str) -> Oracles:
    """The program ended with this."""
    return Oracles(outcomes=[Outcome(kind="raised", error=error)])


TWO = "msgbatch_2"
SECOND = create(PARIS, batch=TWO)
CAME = (poll("ended", TWO, succeeded=1), download([("paris", "20 °C.")], TWO))
DONE = returned({"paris": "20 °C."})


def fate(*steps: Step, oracles: Oracles | None = None) -> list[tuple[str, str]]:
    """What is said of batches that nobody came for."""
    found = report(*steps, oracles=oracles)
    return [(each.kind, each.verdict) for each in (*found.findings, *found.inconclusive) if each.rule == "R48"]


@pytest.mark.parametrize(
    ("steps", "oracles"),
    [
        pytest.param((MADE, RUNNING, create(OSLO, batch=TWO), *CAME), DONE, id="submitted again, then collected"),
        pytest.param((MADE, SECOND, *CAME), DONE, id="two halves, one forgotten"),
        pytest.param((SECOND, wait(5), MADE, *CAME), DONE, id="the other half forgotten"),
        pytest.param((MADE, SECOND, *CAME), None, id="a test that tells nothing"),
        pytest.param((MADE, RUNNING, SECOND, *[poll(batch=TWO)] * 2, *CAME), DONE, id="passed over"),
    ],
)
def test_a_client_that_collects_others_loses_this_one(steps: tuple[Step, ...], oracles: Oracles | None) -> None:
    """It collects what it makes, so nobody else does: a batch made no later is lost, not handed over."""
    assert [verdict for _, verdict in fate(*steps, oracles=oracles)] == ["violation"]


@pytest.mark.parametrize(
    ("steps", "oracles"),
    [
        pytest.param((MADE,), DONE, id="alone"),
        pytest.param((SECOND, wait(7200), MADE, *CAME), DONE, id="that of two hours ago, and the new one"),
        pytest.param((SECOND, *CAME, MADE), DONE, id="the next one"),
        pytest.param((MADE, SECOND, *CAME), returned({"waits": [ONE]}), id="its id is given back"),
        pytest.param((MADE, SECOND, *CAME), Oracles(output_texts=[f"left: {ONE}"]), id="its id is printed"),
        pytest.param((MADE, SECOND, *CAME), raised("KeyboardInterrupt: "), id="stopped before"),
        pytest.param((MADE, SECOND, RUNNING, *CAME), DONE, id="looked at in the same round"),
        pytest.param((MADE, SECOND, poll(batch=TWO), RUNNING, *CAME), DONE, id="looked at in the last round"),
        pytest.param((MADE, create(OSLO, batch=TWO)), DONE, id="sent twice, and collected elsewhere"),
    ],
)
def test_a_batch_that_may_be_somebody_elses(steps: tuple[Step, ...], oracles: Oracles) -> None:
    """A lone submitter, the newest of a row, one whose id is told: nothing shows that it is lost."""
    assert {verdict for _, verdict in fate(*steps, oracles=oracles)} == {"inconclusive"}


def test_another_client_collects_its_own() -> None:
    """Who collects with another key is another program."""
    theirs = create(PARIS, batch=TWO, headers={"x-api-key": "another"})
    assert fate(MADE, theirs, *CAME, oracles=DONE) == [("never polled", "inconclusive")]


def test_a_recording_may_end_while_the_program_waits() -> None:
    """Read from a file, only a day after its creation a batch is known to have been left."""

    def said_of(*steps: Step) -> list[str]:
        recorded = [replace(each, source="run.har:1") for each in Example("…", *steps).exchanges()]
        found = judge(recorded, prompts=prompts())
        return [each.verdict for each in (*found.findings, *found.inconclusive) if each.rule == "R48"]

    assert said_of(MADE, SECOND, *CAME) == ["inconclusive"]
    assert said_of(MADE, SECOND, *CAME, wait(86400), ask("Hi"), reply("Hi.")) == ["violation"]


@pytest.mark.parametrize(
    ("steps", "oracles", "verdict"),
    [
        ((RUNNING, RUNNING), returned("12 goods"), "warning"),
        ((RUNNING, RUNNING), raised("TimeoutError: not ready"), "warning"),
        ((RUNNING, RUNNING), raised(f"TimeoutError: {ONE} is not ready"), "inconclusive"),
        ((RUNNING, RUNNING), raised("CancelledError: "), "inconclusive"),
        ((RUNNING, RUNNING), None, "inconclusive"),
        ((RUNNING,), returned("submitted"), "inconclusive"),
    ],
)
def test_whoever_waits_means_to_collect(steps: tuple[Step, ...], oracles: Oracles | None, verdict: str) -> None:
    """Several looks, and then the end without the id; one look may only show that it was taken in."""
    assert fate(MADE, *steps, oracles=oracles) == [("given up", verdict)]
