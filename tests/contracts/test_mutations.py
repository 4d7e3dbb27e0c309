"""The smallest changes that break a contract's good example are caught by that contract, at its full severity."""

from typing import Any

import pytest

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import RANK
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import judge
from tests.contracts.damages import put, rebuilt, value_at, whole_of
from tests.contracts.judging import prompts
from tests.contracts.mutations import MUTATIONS, Edits, Mutation

CONTRACTS = {contract.id: contract for contract in ALL}


def mutated(exchanges: list[Exchange], edits: Edits) -> list[Exchange]:
    """The exchanges after the edits, made one after the other."""
    root: dict[str, Any] = {"all": [whole_of(exchange) for exchange in exchanges]}
    for written, change in edits.items():
        place = ("all", *(int(key) if key.isdecimal() else key for key in written.split(".") if key))
        put(root, place, change(value_at(root, place)) if callable(change) else change)
    return [rebuilt(whole) for whole in root["all"]]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.rule}-{mutation.says}")
def test_what_breaks_a_good_example_is_caught(mutation: Mutation) -> None:
    """A rule that lets a small change of its own example pass would let a program's bug pass."""
    contract = CONTRACTS[mutation.rule]
    exchanges = mutated(contract.good.exchanges(), mutation.edits)
    report = judge(exchanges, oracles=mutation.oracles or contract.good.oracles, prompts=prompts())
    assert report.broken == ()
    gravest = max((RANK[finding.severity] for finding in report.of(mutation.rule)), default=-1)
    assert gravest >= RANK[mutation.least or contract.severity]


def test_every_contract_has_a_mutation() -> None:
    """A new contract says what breaks its good example."""
    assert {mutation.rule for mutation in MUTATIONS} == set(CONTRACTS)
