"""All contracts. Each family's module has a tuple `CONTRACTS`; they are put together here, literally."""

from itertools import chain

from claudemock_contracts.contract import Contract
from claudemock_contracts.rules import (
    caching,
    caching_use,
    retries,
    retries_effects,
    stops,
    streaming,
    tool_results,
    tool_turns,
    tools,
)

_FAMILIES = (
    caching.CONTRACTS,
    caching_use.CONTRACTS,
    retries.CONTRACTS,
    retries_effects.CONTRACTS,
    stops.CONTRACTS,
    streaming.CONTRACTS,
    tool_results.CONTRACTS,
    tool_turns.CONTRACTS,
    tools.CONTRACTS,
)

ALL: tuple[Contract, ...] = tuple(sorted(chain(*_FAMILIES), key=lambda contract: int(contract.id[1:])))
"""Every contract, by number."""
