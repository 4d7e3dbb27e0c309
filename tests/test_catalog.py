"""The catalogue: its data is whole and consistent, and names resolve as the API resolves them."""

import dataclasses
import json
import typing
from typing import Any, Literal

import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS
from anthropic.types.anthropic_beta_param import AnthropicBetaParam
from anthropic.types.model import Model as SdkModel
from hypothesis import given
from hypothesis import strategies as st

from claudemock.catalog import Catalog, Model
from claudemock.fixtures import fixture
from claudemock.wire.version import FIELDS, TYPES

CATALOG = Catalog.load()
EACH_MODEL = pytest.mark.parametrize("model", CATALOG.models, ids=lambda model: model.id)
COLUMNS = tuple(column.name for column in dataclasses.fields(Model))


def literals(union: Any) -> set[str]:
    """The literal strings of a `Union[str, Literal[…]]`, as the SDK writes open lists."""
    return {name for part in typing.get_args(union) if part is not str for name in typing.get_args(part)}


def shipped(name: str) -> dict[str, Any]:
    """One data file, as it is shipped."""
    data: dict[str, Any] = json.loads(fixture("catalog", f"{name}.json").read_bytes())
    return data


# The data


def test_every_row_states_every_column() -> None:
    """No column of a shipped model is a silent default of the code."""
    for row in shipped("models")["models"]:
        assert tuple(row) == COLUMNS, row["id"]


@EACH_MODEL
def test_every_column_says_how_it_is_known(model: Model) -> None:
    """Each value carries one of the explained confidence marks and a source."""
    marks = shipped("models")["marks"]
    assert set(model.provenance) == set(COLUMNS) - {"provenance"}
    for column, source in model.provenance.items():
        mark, _, words = source.partition("] ")
        assert mark.removeprefix("[") in marks, (column, source)
        assert words, column


def test_every_beta_version_and_factor_says_how_it_is_known() -> None:
    """Provenance is not only for models."""
    for entries in (CATALOG.betas, CATALOG.versions, CATALOG.price_factors):
        assert [name for name, entry in entries.items() if not entry.provenance.startswith("[")] == []
    assert all(beta.effect for beta in CATALOG.betas.values())


def test_no_name_means_two_models() -> None:
    """Ids and aliases are one name space, and the index holds all of it."""
    names = [name for model in CATALOG.models for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))
    assert set(names) == set(CATALOG.by_name)


def test_newest_first() -> None:
    """The order of GET /v1/models."""
    dates = [model.created_at for model in CATALOG.models]
    assert dates == sorted(dates, reverse=True)


@EACH_MODEL
def test_prices_make_sense(model: Model) -> None:
    """Reading the cache is cheaper than input, writing it dearer, and every prompt length has one price."""
    assert model.prices
    for row in model.prices:
        assert 0 < row.read <= row.input <= row.write_5m <= row.write_1h
        assert row.input < row.output
    for since, speed in {(row.since, row.speed) for row in model.prices}:
        bounds = [row.up_to_tokens for row in model.prices if (row.since, row.speed) == (since, speed)]
        assert bounds[-1] is None
        assert None not in bounds[:-1]


@EACH_MODEL
def test_columns_agree_with_each_other(model: Model) -> None:
    """Facts that follow from other facts of the same model."""
    assert (model.deprecated_at is None) == (model.lifecycle == "active")
    assert model.retires_at is None or model.lifecycle != "active"
    assert model.retires_at is not None or model.lifecycle != "retired"
    assert model.effort_default in model.effort if model.effort else model.effort_default is None
    assert model.disabled_effort_max is None or model.thinking & {"disabled", "between_tools"}
    assert model.thinking_default == "off" or model.thinking & {"adaptive", "between_tools"}
    assert "disabled" in model.thinking or model.thinking_default == "on"
    assert model.max_output <= model.context_window <= model.max_input_tokens
    assert model.max_output_extended is None or model.max_output_extended > model.max_output
    assert model.min_cache_tokens <= model.context_window
    assert model.line is None or model.line in model.id
    assert model.tokenizer in {"claude-3", "claude-4-7"}


@pytest.mark.parametrize("name", ["claude-opus-4-7", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"])
def test_the_models_of_the_brief_are_active(name: str) -> None:
    """These are the ones the project was asked for."""
    model = CATALOG.resolve(name, "current")
    assert model is not None
    assert model.lifecycle == "active"


def test_version_rules() -> None:
    """Only 2026-10-21 takes parameters and placements away; only 2023-01-01 has unnamed events."""
    assert list(CATALOG.versions) == ["2026-10-21", "2023-06-01", "2023-01-01"]
    newest = CATALOG.versions["2026-10-21"]
    assert newest.removed_fields == ("temperature", "top_p", "top_k")
    assert len(newest.removed_placements) == 2
    others = [version for name, version in CATALOG.versions.items() if name != "2026-10-21"]
    assert not any(version.removed_fields or version.removed_placements for version in others)
    assert [name for name, version in CATALOG.versions.items() if not version.named_events] == ["2023-01-01"]


# The installed SDK and the wire layer


def test_every_beta_of_the_sdk_is_known() -> None:
    """A client that sends any header its SDK knows is not refused."""
    assert literals(AnthropicBetaParam) - set(CATALOG.betas) == set()


def test_every_model_of_the_sdk_is_served() -> None:
    """What the SDK completes in an editor answers."""
    assert {name for name in literals(SdkModel) if CATALOG.resolve(name, "current") is None} == set()


def test_every_served_model_is_in_the_sdk() -> None:
    """Nothing is served that the API does not have."""
    served = {name for name, model in CATALOG.by_name.items() if model.lifecycle != "retired"}
    assert served - literals(SdkModel) == set()


def test_the_sdk_and_the_catalogue_agree_on_what_is_deprecated() -> None:
    """The models the SDK warns of are the deprecated and retired ones here."""
    assert {name for name in DEPRECATED_MODELS if CATALOG.by_name[name].lifecycle == "active"} == set()
    still_served = {name for name, model in CATALOG.by_name.items() if model.lifecycle == "deprecated"}
    assert still_served - set(DEPRECATED_MODELS) == set()


def test_the_wire_layer_and_the_catalogue_agree_on_what_a_beta_opens() -> None:
    """Two places say which header opens what: the one that decides, and the one that `claudemock models` prints."""
    gates = [*FIELDS.items(), *TYPES.items()]
    decided = {(beta, opened) for opened, gate in gates for beta in gate.betas}
    told = {(beta.name, opened) for beta in CATALOG.betas.values() for opened in beta.fields}
    assert decided == told


# Names


@EACH_MODEL
def test_ids_and_aliases_resolve(model: Model) -> None:
    """`known` serves the whole catalogue, `current` all but the retired, and `any` prefers what is known."""
    for name in (model.id, *model.aliases):
        assert CATALOG.resolve(name, "known") is model
        assert CATALOG.resolve(name, "any") is model
        assert CATALOG.resolve(name, "current") is (None if model.lifecycle == "retired" else model)
        assert CATALOG.response_model(name) == model.id


@pytest.mark.parametrize("mode", ["current", "known"])
@pytest.mark.parametrize("name", ["", "claude", "claude-haiku-4-5-20251001 ", "Claude-Opus-5", "claude-opus-4"])
def test_near_misses_are_not_models(name: str, mode: Literal["current", "known"]) -> None:
    """Names are exact: no trimming, no case folding, no prefixes."""
    assert CATALOG.resolve(name, mode) is None


@given(name=st.text(max_size=60))
def test_any_name_gets_a_lenient_stand_in(name: str) -> None:
    """`any` refuses nothing that some model accepts, and answers under the name that was asked for."""
    model = CATALOG.resolve(name, "any")
    assert model is not None
    assert CATALOG.response_model(name) == model.id
    if name not in CATALOG.by_name:
        assert model.id == name
        for other in CATALOG.models:
            assert model.context_window >= other.context_window
            assert model.max_output >= other.max_output
            assert model.thinking >= other.thinking
            assert set(model.effort) >= {model.effort_default, *other.effort}
        assert model.prices
        assert model.prefill


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("claude-opus-9", "claude-opus-5-5"),
        ("claude-opus-4-6-20990101", "claude-opus-4-6"),
        ("anthropic/claude-haiku-4.5", "claude-haiku-5-5"),
        ("claude-3-5-haiku@20241022", "claude-3-5-haiku-20241022"),
        ("My-HAIKU", "claude-haiku-5-5"),
        ("gpt-4o", "claude-sonnet-5-5"),
    ],
)
def test_a_stand_in_is_like_its_nearest_model(name: str, like: str) -> None:
    """Tokenizer, prices and cache minimum come from the line in the name."""
    stand_in, model = CATALOG.resolve(name, "any"), CATALOG.by_name[like]
    assert stand_in is not None
    assert (stand_in.line, stand_in.tokenizer, stand_in.prices) == (model.line, model.tokenizer, model.prices)
    assert stand_in.min_cache_tokens == model.min_cache_tokens
    assert stand_in.effort_default == (model.effort_default or "high")


# Prices


@pytest.mark.parametrize(
    ("name", "tokens", "on", "speed", "expected"),
    [
        ("claude-haiku-5-5", 100_000, None, "standard", (0.10, 0.50, 0.01)),
        ("claude-haiku-5-5", 100_001, None, "standard", (0.50, 2.50, 0.05)),
        ("claude-sonnet-5-5", 10, "2026-10-06", "standard", (2, 10, 0.20)),
        ("claude-sonnet-5-5", 10, "2026-10-07", "standard", (2, 10, 0.10)),
        ("claude-sonnet-5-5", 10, "2026-10-08T00:00:00Z", "standard", (2, 10, 0.10)),
        ("claude-sonnet-5-5", 10, "2020-01-01", "standard", (2, 10, 0.20)),
        ("claude-opus-5-5", 10, None, "fast", (8, 40, 0.40)),
        ("claude-opus-4-6", 10, None, "fast", (5, 25, 0.50)),
        ("claude-opus-4-6", 200_001, "2026-03-01", "standard", (10, 37.5, 1.0)),
    ],
)
def test_price(name: str, tokens: int, on: str | None, speed: str, expected: tuple[float, float, float]) -> None:
    """The price depends on the prompt's length, the date and the speed."""
    row = CATALOG.by_name[name].price(tokens, on=on, speed=speed)
    assert row is not None
    assert (row.input, row.output, row.read) == expected


def test_a_model_without_prices_has_none() -> None:
    """A user's own model may have no price; that is not zero."""
    assert dataclasses.replace(CATALOG.models[0], prices=()).price(10) is None
