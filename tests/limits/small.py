"""Limits small enough to be reached, and models that share them."""

from claudemock.catalog import Catalog, Model
from claudemock.engine.limits import HeaderPairs
from claudemock.engine.tiers import Family, FastLimit, Limit, Tier

CATALOG = Catalog.load()
OPUS = CATALOG.by_name["claude-opus-4-8"]
OPUS_SISTER = CATALOG.by_name["claude-opus-4-7"]
SONNET = CATALOG.by_name["claude-sonnet-5"]
COUNTING = CATALOG.by_name["claude-3-5-haiku-20241022"]  # cache reads count
MODELS: dict[str, Model] = {model.id: model for model in (OPUS, OPUS_SISTER, SONNET, COUNTING)}
ORGANIZATION = "ce669383-80a8-43c4-bbb1-fbfcc2e806e9"

SMALL = Limit(requests=50, input_tokens=30_000, output_tokens=8_000)
TIER = Tier(
    name="small",
    per="organization",
    families=(
        Family(name="opus", begins=("claude-opus",), limit=SMALL, fast=FastLimit(input_tokens=9_000, output_tokens=0)),
        Family(
            name="haiku",
            begins=("claude-3-5-haiku",),
            limit=Limit(requests=5, input_tokens=7_000, output_tokens=1_000),
            fast=FastLimit(input_tokens=1_000, output_tokens=1_000),
            counts_cache_reads=True,
        ),
        Family(name="other", begins=("",), limit=SMALL, fast=FastLimit(input_tokens=3_000, output_tokens=2_000)),
    ),
    endpoints={"count_tokens": 7, "batches": 3, "files": 2},
    queued_batch_requests=10,
)


def named(headers: HeaderPairs) -> dict[str, str]:
    """Headers by name, without what all names begin with."""
    return {name.decode().removeprefix("anthropic-"): value.decode() for name, value in headers}
