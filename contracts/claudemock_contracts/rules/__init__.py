"""All contracts. Each family's module has a tuple `CONTRACTS`; they are put together here, literally."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.rules import caching, tool_results, tools

ALL: tuple[Contract, ...] = tuple(
    sorted((*tools.CONTRACTS, *tool_results.CONTRACTS, *caching.CONTRACTS), key=lambda contract: int(contract.id[1:]))
)
"""Every contract, by number."""
