"""Usage tiers: what an organization may send in a minute, by model family and endpoint. Data: `fixtures/tiers.json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from claudemock.fixtures import fixture

TierName = Literal["start", "build", "scale"]
Endpoint = Literal["count_tokens", "batches", "files"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one family may use in a minute: requests, uncached input tokens, output tokens."""

    requests: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FastLimit:
    """The tokens a family may use in a minute with `speed: "fast"`, beside its `Limit`. 0: no fast access."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Models that draw on the same limits: those whose id begins with one of `begins`."""

    name: str
    begins: tuple[str, ...]
    limit: Limit
    fast: FastLimit
    counts_cache_reads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One tier's limits. `endpoints` are requests in a minute; `per` says who shares a limit."""

    name: str
    per: Literal["organization", "workspace"]
    families: tuple[Family, ...]
    endpoints: Mapping[Endpoint, int]
    queued_batch_requests: int

    def family(self, model: str) -> Family:
        """The family a model id belongs to; the last one takes every id."""
        return next(family for family in self.families if model.startswith(family.begins))


def load_tier(name: TierName) -> Tier:
    """The shipped limits of one tier. Raises `KeyError` for a tier that does not exist."""
    data = json.loads(fixture("tiers.json").read_bytes())
    row = data["tiers"][name]
    return Tier(
        name=name,
        per=data["per"],
        families=tuple(_family(family, row) for family in data["families"]),
        endpoints=row["endpoints"],
        queued_batch_requests=row["queued_batch_requests"],
    )


def _family(family: Mapping[str, Any], row: Mapping[str, Any]) -> Family:
    return Family(
        name=family["name"],
        begins=tuple(family["begins"]),
        limit=Limit(**row["families"].get(family["name"], row["messages"])),
        fast=FastLimit(**row["fast"]),
        counts_cache_reads=family.get("counts_cache_reads", False),
    )
