"""The shipped limits are the documented ones, and every model of the catalogue has a place in them."""

import json

import pytest

from claudemock.engine.tiers import TierName, load_tier
from claudemock.fixtures import fixture
from tests.limits.small import CATALOG

TIERS: tuple[TierName, ...] = ("start", "build", "scale")


@pytest.mark.parametrize(
    "name, opus, fable, endpoints, queued",
    [
        ("start", (1_000, 2_000_000, 400_000), (1_000, 500_000, 100_000), (2_000, 1_000, 500), 200_000),
        ("build", (5_000, 5_000_000, 1_000_000), (2_000, 1_500_000, 300_000), (4_000, 2_000, 500), 300_000),
        ("scale", (10_000, 10_000_000, 2_000_000), (4_000, 4_000_000, 800_000), (8_000, 4_000, 500), 500_000),
    ],
)
def test_documented_numbers(
    name: TierName,
    opus: tuple[int, int, int],
    fable: tuple[int, int, int],
    endpoints: tuple[int, int, int],
    queued: int,
) -> None:
    """Requests, input and output tokens a minute, by hand from the rate limits page."""
    tier = load_tier(name)
    limits = [tier.family(model).limit for model in ("claude-opus-5-5", "claude-fable-5-2")]
    assert [(limit.requests, limit.input_tokens, limit.output_tokens) for limit in limits] == [opus, fable]
    assert (tier.endpoints["count_tokens"], tier.endpoints["batches"], tier.endpoints["files"]) == endpoints
    assert tier.queued_batch_requests == queued


@pytest.mark.parametrize(
    "model, family",
    [
        ("claude-opus-5-5", "opus-5.5"),
        ("claude-opus-5", "opus-5"),
        ("claude-opus-4-8", "opus-4.x"),
        ("claude-opus-4-5-20251101", "opus-4.x"),
        ("claude-sonnet-5-5", "sonnet-5.5"),
        ("claude-sonnet-5", "sonnet-5"),
        ("claude-sonnet-4-5-20250929", "sonnet-4.x"),
        ("claude-fable-5-1", "fable-5.x"),
        ("claude-fable-5", "fable-5.x"),
        ("claude-haiku-4-5-20251001", "haiku-4.5"),
        ("claude-2.1", "other"),
    ],
)
def test_families(model: str, family: str) -> None:
    """Who shares a limit with whom."""
    assert load_tier("start").family(model).name == family


def test_every_active_model_is_named() -> None:
    """A new model must be put in a family, or it would share the last one unnoticed."""
    tier = load_tier("start")
    assert [
        model.id for model in CATALOG.models if model.lifecycle == "active" and tier.family(model.id).name == "other"
    ] == []


@pytest.mark.parametrize("name", TIERS)
def test_token_limits_are_multiples_of_a_thousand(name: TierName) -> None:
    """As all recorded ones are; remaining is rounded to thousands, so it could not be right otherwise."""
    for family in load_tier(name).families:
        numbers = [family.limit.input_tokens, family.limit.output_tokens, family.fast.input_tokens]
        assert [number % 1_000 for number in (*numbers, family.fast.output_tokens)] == [0] * 4


def test_only_haiku_3_5_counts_cache_reads() -> None:
    """The documented exception."""
    assert [family.name for family in load_tier("scale").families if family.counts_cache_reads] == ["haiku-3.5"]


def test_overrides_name_families() -> None:
    """A misspelt family in a tier would be ignored."""
    data = json.loads(fixture("tiers.json").read_bytes())
    names = {family["name"] for family in data["families"]}
    assert all(row["families"].keys() <= names for row in data["tiers"].values())
    assert all(family["provenance"] for family in data["families"])
