"""Every sample program does what its docstring says, before any contract looks at it."""

from itertools import count

import pytest

from claudemock.control.client import MockServer
from tests.clients.corpus import Case, lacking, load, run_case
from tests.clients.verdicts import LEAST, scores, uncovered

CASES = list(load())
_numbers = count(1)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_sample_runs(case: Case, root: MockServer) -> None:
    """It talks to the mock, uses up its script, and ends as it says."""
    claude = root.scope(f"sample-{next(_numbers)}")
    if missing := lacking(case, claude):
        pytest.skip(f"the mock has no {', '.join(missing)} yet")
    outcome = run_case(case, claude)
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


def test_the_contracts_find_the_bugs_and_nothing_else(root: MockServer) -> None:
    """Recall and precision on the corpus; the message is the table of what went wrong."""
    result = scores(CASES, root)
    assert min(result.recall, result.precision) >= LEAST, f"\n{result.table()}"


@pytest.mark.xfail(reason="families of contracts are still being written")
def test_every_bug_has_a_contract() -> None:
    """No sample is left out of the scores because nobody looks for its bug."""
    assert uncovered(CASES) == []
