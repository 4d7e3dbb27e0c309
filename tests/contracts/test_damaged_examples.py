"""No damage to real conversations makes the judges stumble: any node of any example, replaced by anything."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claudemock_contracts.examples import Example
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import judge
from tests.contracts.damages import GONE, damaged, parts_of, paths, put, value_at
from tests.contracts.judging import prompts
from tests.contracts.test_strange_traffic import JSON

MOST_EXCHANGES = 12
ODD = st.sampled_from([GONE, "\ud800", 10**400, -1, [["a"]]])
EXAMPLES = [
    example
    for contract in ALL
    for example in (contract.good, contract.bad)
    if 0 < len(example.exchanges()) <= MOST_EXCHANGES
]


def damage(exchange: Exchange, draw: st.DataObject) -> Exchange:
    """The exchange with one to three nodes gone, strange, or like another node of it."""
    parts = parts_of(exchange)
    for _ in range(draw.draw(st.integers(1, 3))):
        places = list(paths(parts))
        place = draw.draw(st.sampled_from(places))
        other = value_at(parts, draw.draw(st.sampled_from(places)))
        put(parts, place, draw.draw(ODD | st.just(other) | JSON))
    return damaged(exchange, parts)


@given(st.sampled_from(EXAMPLES), st.data())
def test_no_damage_makes_a_rule_stumble(example: Example, draw: Any) -> None:
    """What is nearly right reaches deeper into the rules than what is made up altogether."""
    exchanges = example.exchanges()
    number = draw.draw(st.integers(0, len(exchanges) - 1))
    exchanges[number] = damage(exchanges[number], draw)
    report = judge(exchanges, oracles=example.oracles, prompts=prompts())
    assert report.broken == ()
