"""Overriding the catalogue: what a user changes is merged column by column, and a mistake is explained."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.catalog import Catalog, Model, Price

CATALOG = Catalog.load()
COLUMNS = tuple(column.name for column in dataclasses.fields(Model))
PRICE = {"since": "2027-01-01", "input": 1, "output": 2, "write_5m": 1, "write_1h": 1, "read": 1}
JSON = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))


def refusal(overrides: Mapping[str, Any]) -> ValueError | None:
    """What loading the catalogue with these overrides complains of."""
    try:
        Catalog.load(overrides)
    except ValueError as error:
        return error
    return None


def test_overrides_merge_column_by_column() -> None:
    """One changed column changes nothing else, and says that it was changed."""
    catalog = Catalog.load({"models": {"claude-opus-5": {"min_cache_tokens": 1024}}})
    was, now = CATALOG.by_name["claude-opus-5"], catalog.by_name["claude-opus-5"]
    assert now.min_cache_tokens == 1024
    assert "settings" in now.provenance["min_cache_tokens"]
    assert dataclasses.replace(now, min_cache_tokens=was.min_cache_tokens, provenance=was.provenance) == was
    assert [model for model in catalog.models if model != now] == [model for model in CATALOG.models if model != was]


def test_overrides_take_aliases_lists_and_prices() -> None:
    """Values come as JSON has them."""
    price = {"since": "2027-01-01", "input": 1, "output": 2.5, "write_5m": 1, "write_1h": 1, "read": 0}
    change = {"thinking": ["adaptive"], "effort": ["low"], "prices": [price], "effort_default": None}
    model = Catalog.load({"models": {"claude-haiku-4-5": change}}).by_name["claude-haiku-4-5-20251001"]
    assert model.thinking == {"adaptive"}
    assert model.effort == ("low",)
    assert model.prices == (Price(since="2027-01-01", input=1, output=2.5, write_5m=1, write_1h=1, read=0),)
    assert model.effort_default is None


def test_a_new_model_copies_a_known_one() -> None:
    """The catalogue need not be released anew for every model."""
    change = {"like": "claude-haiku-4-5", "created_at": "2027-01-01T00:00:00Z", "aliases": ["haiku-latest"]}
    catalog = Catalog.load({"models": {"claude-haiku-6": change}})
    model = catalog.resolve("haiku-latest", "current")
    assert model is catalog.models[0]
    assert model.id == model.display_name == "claude-haiku-6"
    assert model.prices == CATALOG.by_name["claude-haiku-4-5"].prices


def test_new_betas_and_versions() -> None:
    """A header the catalogue does not know yet can be let through."""
    catalog = Catalog.load({"betas": {"new-2027-01-01": {"fields": ["new"]}}, "versions": {"2027-01-01": {}}})
    assert catalog.betas["new-2027-01-01"].fields == ("new",)
    assert catalog.versions["2027-01-01"].named_events
    assert "new-2027-01-01" not in CATALOG.betas


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"model": {}}, ["catalog", "'model'", "did you mean 'models'?"]),
        ({"prices": {}}, ["'prices'", "use one of models, betas, versions"]),
        ({"models": []}, ["models: []", "a mapping"]),
        ({"models": {"claude-opus-5": 7}}, ["models.claude-opus-5: 7", "a mapping"]),
        ({"models": {"claude-opus-5": {"min_cache": 1}}}, ["models.claude-opus-5", "did you mean 'min_cache_tokens'?"]),
        ({"models": {"claude-opus-5": {"id": "x"}}}, ["models.claude-opus-5", "there is no 'id'"]),
        ({"models": {"claude-opus-5": {"min_cache_tokens": "1"}}}, ["claude-opus-5.min_cache_tokens: '1'", "number"]),
        ({"models": {"claude-opus-5": {"min_cache_tokens": True}}}, ["min_cache_tokens: True", "a whole number"]),
        ({"models": {"claude-opus-5": {"max_output": -1}}}, ["max_output: -1", "0 or more"]),
        ({"models": {"claude-opus-5": {"max_output": None}}}, ["max_output: None", "a whole number"]),
        ({"models": {"claude-opus-5": {"prefill": 1}}}, ["prefill: 1", "true or false"]),
        ({"models": {"claude-opus-5": {"line": 5}}}, ["line: 5", "text"]),
        ({"models": {"claude-opus-5": {"lifecycle": "old"}}}, ["lifecycle: 'old'", "active, deprecated, retired"]),
        ({"models": {"claude-opus-5": {"effort": "low"}}}, ["effort: 'low'", "a list"]),
        ({"models": {"claude-opus-5": {"effort": ["low", "hi"]}}}, ["effort.1: 'hi'", "one of low"]),
        ({"models": {"claude-opus-5": {"prices": [{}]}}}, ["prices.0: {}", "since, input", "up_to_tokens"]),
        ({"models": {"claude-opus-5": {"aliases": ["claude-haiku-5-5"]}}}, ["'claude-haiku-5-5'", "already names"]),
        ({"models": {"claude-opus-6": {}}}, ["models.claude-opus-6", "no such model", '"like": "claude-opus-']),
        ({"models": {"x": {"like": "claude-opus-55"}}}, ["models.x", "'claude-opus-55'", '"claude-opus-5-5"']),
        ({"betas": {"b": {"fields": [1]}}}, ["betas.b.fields.0: 1", "text"]),
        ({"versions": {"v": {"named_event": False}}}, ["versions.v", "did you mean 'named_events'?"]),
    ],
)
def test_wrong_overrides_say_where_what_and_how(overrides: Mapping[str, Any], told: list[str]) -> None:
    """A typing mistake in the settings is found at start, and put right without reading code."""
    assert [part for part in told if part not in str(refusal(overrides))] == []


@pytest.mark.parametrize(
    ("price", "told"),
    [(PRICE | {"input": "1"}, "prices.0.input: '1'"), (PRICE | {"reading": 1}, "prices.0"), (3, "prices.0: 3")],
)
def test_wrong_prices_say_where(price: object, told: str) -> None:
    """The place inside a price is named too."""
    with pytest.raises(ValueError, match=told):
        Catalog.load({"models": {"claude-opus-5": {"prices": [price]}}})


@given(model=st.sampled_from(CATALOG.models), column=st.sampled_from(COLUMNS), value=JSON)
def test_any_override_is_taken_or_explained(model: Model, column: str, value: object) -> None:
    """Whatever a settings file holds, the answer is a catalogue or a `ValueError` that names the column."""
    overrides = {"models": {model.id: {column: value}}}
    error = refusal(overrides)
    if error is None:
        taken = getattr(Catalog.load(overrides).by_name[model.id], column)
        assert taken == (type(taken)(value) if isinstance(value, list) else value)
    else:
        assert column in str(error)
        assert model.id in str(error)


def test_the_catalogue_cannot_be_changed() -> None:
    """Servers in one process share the entries, so none may write to them."""
    model: Any = CATALOG.models[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.prefill = True
    mappings: tuple[Any, ...] = (CATALOG.betas, CATALOG.versions, CATALOG.by_name, model.provenance)
    for mapping in mappings:
        with pytest.raises(TypeError):
            mapping["x"] = mapping
    assert hash(model) == hash(Catalog.load().models[0])
