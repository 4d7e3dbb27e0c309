"""All contracts. Each family's module has a tuple `CONTRACTS`; they are put together here, literally."""

from itertools import chain

from claudemock_contracts.contract import Contract
from claudemock_contracts.rules import (
    batches,
    caching,
    caching_use,
    cost,
    cost_advice,
    retries,
    retries_effects,
    stops,
    streaming,
    thinking,
    tool_results,
    tool_turns,
    tools,
)

_FAMILIES = (
    batches.CONTRACTS,
    caching.CONTRACTS,
    caching_use.CONTRACTS,
    cost.CONTRACTS,
    cost_advice.CONTRACTS,
    retries.CONTRACTS,
    retries_effects.CONTRACTS,
    stops.CONTRACTS,
    streaming.CONTRACTS,
    thinking.CONTRACTS,
    tool_results.CONTRACTS,
    tool_turns.CONTRACTS,
    tools.CONTRACTS,
)

ALL: tuple[Contract, ...] = tuple(sorted(chain(*_FAMILIES), key=lambda contract: int(contract.id[1:])))
"""Every contract, by number."""
