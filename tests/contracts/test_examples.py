"""Every contract's own two examples, and what all contracts have in common."""

import pytest

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import Report, judge
from claudemock_contracts.transcript import Prompts

contracts = pytest.mark.parametrize("contract", ALL, ids=lambda contract: f"{contract.id}-{contract.name}")


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    """One catalogue and one estimator for all."""
    return Prompts()


def judged(example: Example, prompts: Prompts) -> Report:
    """An example before all contracts."""
    report = judge(example.exchanges(), oracles=example.oracles, prompts=prompts)
    assert report.broken == ()
    return report


@contracts
def test_the_good_example_passes(contract: Contract, prompts: Prompts) -> None:
    """It exercises its contract, keeps it, and is no error to any other contract."""
    report = judged(contract.good, prompts)
    assert report.of(contract.id) == ()
    assert report.verdicts[contract.id] == "pass"
    assert report.errors == ()


@contracts
def test_the_bad_example_is_caught(contract: Contract, prompts: Prompts) -> None:
    """It breaks its contract at the contract's full severity, and says where, what and how to put it right."""
    findings = judged(contract.bad, prompts).of(contract.id)
    assert contract.severity in {finding.severity for finding in findings}
    for finding in findings:
        assert finding.expected
        assert finding.actual
        assert finding.fix
        assert finding.exchanges


def test_ids_and_names_are_unique() -> None:
    """A name in a user's settings means one contract."""
    assert len({contract.id for contract in ALL}) == len(ALL)
    assert len({contract.name for contract in ALL}) == len(ALL)


@contracts
def test_texts_are_sentences(contract: Contract) -> None:
    """What people read is written for them."""
    assert contract.title[0].isupper()
    assert not contract.title.endswith(".")
    for sentence in (contract.why, contract.fix, contract.good.says, contract.bad.says):
        assert sentence[0].isupper() or sentence[0] in "`'\"0123456789"
        assert sentence.endswith(".")
