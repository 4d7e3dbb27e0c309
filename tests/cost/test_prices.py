"""What exchanges cost, by hand from the documented price table, and how batch, fast and geo stack."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.catalog import Catalog
from claudemock.engine.cost import PICODOLLARS, Cost, Tokens, cost_of, is_billed, tokens_of

CATALOG = Catalog.load()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
MILLION = 1_000_000
counts = st.integers(0, 2_000_000)


def usage(input_: int = 0, write_5m: int = 0, write_1h: int = 0, read: int = 0, output: int = 0) -> dict[str, Any]:
    """A usage object as the API writes it."""
    return {
        "input_tokens": input_,
        "cache_creation_input_tokens": write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": write_5m, "ephemeral_1h_input_tokens": write_1h},
        "output_tokens": output,
        "service_tier": "standard",
        "inference_geo": "global",
    }


def cost(model: str, used: dict[str, Any], at: float = NOW, **options: Any) -> Cost:
    """The cost, which must be known."""
    found = cost_of(used, CATALOG.by_name[model], at, CATALOG.price_factors, **options)
    assert found is not None
    return found


def dollars(amount: int) -> Decimal:
    """Picodollars, readable."""
    return Decimal(amount) / PICODOLLARS


@pytest.mark.parametrize(
    "model, prices",
    [  # input, output, 5-minute write, 1-hour write, read; a million tokens of each
        ("claude-fable-5-2", "8 40 10 16 0.20"),
        ("claude-mythos-5-2", "8 40 10 16 0.20"),
        ("claude-haiku-5-5", "0.50 2.50 0.625 1.00 0.05"),
        ("claude-sonnet-5-5", "2 10 2.50 4 0.10"),
        ("claude-opus-5-5", "4 20 5 8 0.20"),
        ("claude-fable-5-1", "10 50 12.50 20 0.25"),
        ("claude-mythos-5-1", "10 50 12.50 20 0.25"),
        ("claude-opus-5", "5 25 6.25 10 0.50"),
        ("claude-sonnet-5", "2 10 2.50 4 0.20"),
        ("claude-fable-5", "10 50 12.50 20 1.00"),
        ("claude-mythos-5", "10 50 12.50 20 1.00"),
        ("claude-opus-4-8", "5 25 6.25 10 0.50"),
        ("claude-opus-4-7", "5 25 6.25 10 0.50"),
        ("claude-opus-4-6", "5 25 6.25 10 0.50"),
        ("claude-sonnet-4-6", "3 15 3.75 6 0.30"),
        ("claude-opus-4-5", "5 25 6.25 10 0.50"),
        ("claude-haiku-4-5", "1 5 1.25 2 0.10"),
        ("claude-sonnet-4-5", "3 15 3.75 6 0.30"),
        ("claude-mythos-preview", "10 50 12.50 20 1.00"),
        ("claude-opus-4-1", "15 75 18.75 30 1.5"),
        ("claude-3-5-haiku-20241022", "0.80 4 1 1.60 0.08"),
    ],
)
def test_every_model(model: str, prices: str) -> None:
    """A million tokens of each kind cost what the price table says, to the last digit."""
    found = cost(model, usage(MILLION, MILLION, MILLION, MILLION, MILLION))
    parts = (found.input, found.output, found.write_5m, found.write_1h, found.read)
    wanted = [Decimal(price) for price in prices.split()]
    assert [dollars(part) for part in parts] == wanted
    assert dollars(found.total) == sum(wanted)
    assert dollars(found.uncached) == 4 * wanted[0] + wanted[1]


def test_worked_example() -> None:
    """Opus 5.5: 12 new, 4,000 written for an hour, 90,000 read, 700 made."""
    found = cost("claude-opus-5-5", usage(12, 0, 4_000, 90_000, 700))
    assert found.to_json() == {
        "input": 0.000048,
        "write_5m": 0.0,
        "write_1h": 0.032,
        "read": 0.018,
        "output": 0.014,
        "web_search": 0.0,
        "total": 0.064048,
        "uncached": 0.390048,
        "saved": 0.326,
    }


@pytest.mark.parametrize("read, price", [(99_999, "0.10"), (100_000, "0.50")])
def test_a_long_prompt_costs_more_as_a_whole(read: int, price: str) -> None:
    """Haiku 5.5 over 100,000 tokens of prompt, read ones counted: the whole request, output too, is dearer."""
    found = cost("claude-haiku-5-5", usage(1, 0, 0, read, 1))
    assert dollars(found.input * MILLION) == Decimal(price)
    assert dollars(found.output * MILLION) == 5 * Decimal(price)


def test_prices_have_dates() -> None:
    """Sonnet 5.5 reads got cheaper on 2026-10-07; before a model's first day its first prices hold."""
    used = usage(read=MILLION)
    days = [datetime(2026, 10, 6, 23, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]
    found = [dollars(cost("claude-sonnet-5-5", used, day.timestamp()).read) for day in days]
    assert found == [Decimal("0.2"), Decimal("0.1"), Decimal("0.2")]
    early = cost("claude-haiku-5-5", usage(read=MILLION), datetime(2025, 1, 1, tzinfo=UTC).timestamp())
    assert dollars(early.read) == Decimal("0.05")


@pytest.mark.parametrize(
    "options, read, output",
    [  # Opus 5.5, a million tokens each: 0.20 and 20, fast 0.40 and 40
        ({}, "0.2", "20"),
        ({"batch": True}, "0.1", "10"),
        ({"geo": "us"}, "0.22", "22"),
        ({"speed": "fast"}, "0.4", "40"),
        ({"batch": True, "geo": "us"}, "0.11", "11"),
        ({"speed": "fast", "geo": "us"}, "0.44", "44"),
        ({"batch": True, "speed": "fast", "geo": "us"}, "0.22", "22"),
    ],
)
def test_factors_stack(options: dict[str, Any], read: str, output: str) -> None:
    """Half in a batch, a tenth more in the US, fast prices: each times the others and times the cache's prices."""
    found = cost("claude-opus-5-5", usage(read=MILLION, output=MILLION), **options)
    assert [dollars(found.read), dollars(found.output)] == [Decimal(read), Decimal(output)]
    one = cost("claude-opus-5-5", usage(read=1, output=1), **options)
    assert (one.read * MILLION, one.output * MILLION) == (found.read, found.output)


def test_the_smallest_price_is_exact() -> None:
    """One token read by Haiku 5.5 in a US batch: 0.01, halved, and a tenth more: 0.0055 millionths of a dollar."""
    found = cost("claude-haiku-5-5", usage(read=1), batch=True, geo="us")
    assert dollars(found.read) == Decimal("0.0000000055")


def test_usage_says_how_it_was_served() -> None:
    """Without options, service_tier, inference_geo and speed of the usage object decide."""
    told = usage(output=MILLION) | {"service_tier": "batch", "inference_geo": "us", "speed": "fast"}
    assert dollars(cost("claude-opus-5-5", told).output) == 22
    assert dollars(cost("claude-opus-5-5", told, batch=False, geo="global", speed="standard").output) == 20


def test_where_options_do_not_apply() -> None:
    """Models before 2026-02-01 have no US price, models without a fast price bill the standard one."""
    used = usage(output=MILLION)
    assert dollars(cost("claude-haiku-4-5", used, geo="us").output) == 5
    assert dollars(cost("claude-opus-4-6", used, geo="us").output) == Decimal("27.5")
    assert dollars(cost("claude-opus-4-6", used, speed="fast").output) == 25


def test_unknown_price() -> None:
    """A model without prices costs nobody knows what, not nothing."""
    model = replace(CATALOG.by_name["claude-opus-5"], prices=())
    assert cost_of(usage(1), model, NOW, CATALOG.price_factors) is None


def test_prompt_length_can_be_given() -> None:
    """A caller that knows better chooses the tier."""
    assert dollars(cost("claude-haiku-5-5", usage(MILLION), prompt_tokens=100_000).input) == Decimal("0.1")


@pytest.mark.parametrize(
    "stop_reason, content, billed",
    [("refusal", [], False), ("refusal", [{"type": "text"}], True), ("end_turn", [], True), ("max_tokens", [], True)],
)
def test_refusal_before_output_is_free(stop_reason: str, content: list[Any], billed: bool) -> None:
    """A refusal after some output, an empty turn and a pre-warm are paid for."""
    assert is_billed({"stop_reason": stop_reason, "content": content}) == billed


def test_all_iterations_are_paid() -> None:
    """The counters beside `iterations` are the last one's; the bill has them all."""
    first, last = usage(100, 10, 20, 5, 7), usage(1, 2, 3, 4, 5)
    assert tokens_of(last | {"iterations": [first, last]}) == Tokens(
        input=101, write_5m=12, write_1h=23, read=9, output=12
    )
    assert tokens_of(last | {"iterations": [first]}) == tokens_of(last)


@pytest.mark.parametrize(
    "used, tokens",
    [
        ({"input_tokens": 3, "output_tokens": 4}, Tokens(input=3, output=4)),
        ({"cache_creation_input_tokens": 9}, Tokens(write_5m=9)),
        (
            {"cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_1h_input_tokens": 4}},
            Tokens(write_5m=5, write_1h=4),
        ),
        ({"input_tokens": "many", "output_tokens": None, "cache_creation": None}, Tokens()),
    ],
)
def test_what_scripts_make_of_usage(used: dict[str, Any], tokens: Tokens) -> None:
    """Counters left out or overridden oddly by a script never break a reply."""
    assert tokens_of(used) == tokens


@given(counts, counts, counts, counts, counts, st.sampled_from(CATALOG.models), st.booleans(), st.booleans())
def test_against_decimal_arithmetic(
    input_: int, short: int, long: int, read: int, output: int, model: Any, batch: bool, us: bool
) -> None:
    """Any usage costs exactly what decimal arithmetic on the catalogue's figures says."""
    found = cost_of(
        usage(input_, short, long, read, output),
        model,
        NOW,
        CATALOG.price_factors,
        batch=batch,
        geo="us" if us else None,
    )
    price = model.price(input_ + short + long + read, on="2026-11-22")
    factor = Decimal("0.5" if batch else 1) * Decimal("1.1" if us and model.created_at >= "2026-02-01" else 1)
    pairs = (
        (input_, price.input),
        (short, price.write_5m),
        (long, price.write_1h),
        (read, price.read),
        (output, price.output),
    )
    assert found is not None
    assert Decimal(found.total) == sum(tokens * Decimal(str(each)) * factor * MILLION for tokens, each in pairs)
    assert math.isclose(found.to_json()["saved"], (found.uncached - found.total) / PICODOLLARS)
