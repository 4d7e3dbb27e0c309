"""The sample programs do what their docstrings say, and the contracts find their bugs and nothing else."""

import pytest

from claudemock.control.client import MockServer
from tests.clients.corpus import Case, load
from tests.clients.verdicts import LEAST, Runs, scores, uncovered

CASES = list(load())


@pytest.fixture(scope="module")
def runs(root: MockServer) -> Runs:
    """What came of the samples, each run when it is first asked for."""
    return Runs(root)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_sample_runs(case: Case, runs: Runs) -> None:
    """It talks to the mock, uses up its script, and ends as it says."""
    outcome = runs.outcome(case)
    if outcome is None:
        pytest.skip(f"the mock lacks some of {', '.join(case.needs)}")
    if case.raises:
        assert type(outcome.error).__name__ in case.raises
    else:
        assert outcome.error is None, repr(outcome.error)
        assert outcome.answer is not None
    assert len(outcome.exchanges) > 0
    assert outcome.unused == []


def test_the_corpus_is_balanced() -> None:
    """Half of it is right and half is wrong, in no fewer than forty programs."""
    programs = {case.name: case.rule for case in CASES}
    wrong = sum(rule is not None for rule in programs.values())
    assert len(programs) >= 44
    assert 0.4 <= wrong / len(programs) <= 0.6


@pytest.mark.timeout(300)
def test_the_contracts_find_the_bugs_and_nothing_else(runs: Runs) -> None:
    """Recall and precision on the corpus; the message is the table of what went wrong."""
    result = scores(CASES, runs.outcome)
    assert min(result.recall, result.precision) >= LEAST, f"\n{result.table()}"


def test_every_bug_has_a_contract() -> None:
    """No sample is left out of the scores because nobody looks for its bug."""
    assert uncovered(CASES) == []
