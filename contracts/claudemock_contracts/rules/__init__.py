"""All contracts. Each family's module has a tuple `CONTRACTS`; they are put together here, literally."""

from itertools import chain

from claudemock_contracts.contract import Contract
from claudemock_contracts.rules import (
    batches,
    caching,
    caching_use,
    content,
    cost,
    cost_advice,
    requests,
    retries,
    retries_effects,
    server_tools,
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
    content.CONTRACTS,
    cost.CONTRACTS,
    cost_advice.CONTRACTS,
    requests.CONTRACTS,
    retries.CONTRACTS,
    retries_effects.CONTRACTS,
    server_tools.CONTRACTS,
    stops.CONTRACTS,
    streaming.CONTRACTS,
    thinking.CONTRACTS,
    tool_results.CONTRACTS,
    tool_turns.CONTRACTS,
    tools.CONTRACTS,
)

ALL: tuple[Contract, ...] = tuple(sorted(chain(*_FAMILIES), key=lambda contract: int(contract.id[1:])))
"""Every contract, by number."""
