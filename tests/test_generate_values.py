"""Generated values: the same everywhere for one seed, sensible, and close to what the schema suggests."""

import json

from claudemock.engine.generate import generate
from claudemock.fixtures import fixture
from tests.test_generate import KEYWORDS, closed


def test_the_same_seed_gives_the_same_value_everywhere() -> None:
    """A pinned value: a change of platform, Python or code that changes generated values has to be noticed."""
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "nights": {"type": "integer", "minimum": 1, "maximum": 14},
            "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{2}$"},
            "price": {"type": "number"},
        },
        "required": ["city", "nights", "code", "price"],
    }
    assert generate(schema, b"seed") == PINNED


PINNED = {"city": "Nairobi", "nights": 2, "code": "CI37", "price": 258.44}


def test_seeds_vary_what_the_schema_leaves_open() -> None:
    """Different seeds give different values, so that two calls of a tool are not the same call."""
    schema = closed(city={"type": "string"}, count={"type": "integer"}, ok={"type": "boolean"})
    assert len({json.dumps(generate(schema, bytes([seed]))) for seed in range(20)}) > 10


def test_names_and_descriptions_suggest_values() -> None:
    """A reader of a test's output sees a city where a city was asked for."""
    table = json.loads(fixture("generate.json").read_text("utf-8"))
    cities = next(entry["values"] for entry in table["texts"] if "city" in entry["names"])
    schema = closed(
        city={"type": "string"},
        departureCity={"type": "string"},
        cities={"type": "array", "items": {"type": "string"}, "minItems": 1},
        to={"type": "string", "description": "The city to travel to"},
        zzz={"type": "string"},
    )
    value = generate(schema, b"1")
    assert {value["city"], value["departureCity"], value["to"], *value["cities"]} <= set(cities)
    assert "zzz" in value["zzz"]
    years = {generate(closed(year={"type": "integer"}), bytes([seed]))["year"] for seed in range(20)}
    assert years <= set(range(2020, 2027))


def test_a_known_value_is_preferred_where_it_matches_the_pattern() -> None:
    """A pattern does not turn a country code into noise."""
    value = generate(closed(country_code={"type": "string", "pattern": "^[A-Z]{2}$"}), b"")
    assert value["country_code"] in {"NO", "IT", "JP", "PE", "KE", "CA"}


def test_examples_and_defaults_are_used_where_they_are_valid() -> None:
    """What the author of a schema offers is better than anything invented; a default of null says only `optional`."""
    schema = closed(
        a={"type": "string", "default": "from default"},
        b={"type": "string", "examples": ["from examples"], "default": "not this"},
        c={"type": "integer", "default": "not an integer"},
        d={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        e={"type": ["integer", "null"], "default": None},
    )
    values = [generate(schema, bytes([seed])) for seed in range(20)]
    assert {value["a"] for value in values} == {"from default"}
    assert {value["b"] for value in values} == {"from examples"}
    assert all(isinstance(value["c"], int) for value in values)
    assert any(value["d"] is not None for value in values)
    assert any(value["e"] is not None for value in values)


def test_optional_properties_are_usually_there() -> None:
    """Optional properties are exercised, and so is their absence; nullable ones are sometimes null."""
    schema = {"type": "object", "properties": {"limit": {"type": ["integer", "null"]}}}
    values = [generate(schema, bytes([seed])) for seed in range(200)]
    present = [value["limit"] for value in values if "limit" in value]
    assert 120 < len(present) < 195
    assert 0 < present.count(None) < 60


def test_recursive_definitions_are_entered_once() -> None:
    """A tree gets children, whose children are left out: nobody wants to read more."""
    for seed in range(30):
        value = generate(KEYWORDS["recursive"], bytes([seed]))
        assert all(child["children"] == [] and child["next"] is None for child in value["children"])


def test_a_part_of_a_document_is_generated_with_the_document_as_root() -> None:
    """References are looked up in `root` when the schema is only a part of it."""
    document = {"$defs": {"Code": {"const": "X1"}}}
    assert generate(closed(code={"$ref": "#/$defs/Code"}), b"", root=document) == {"code": "X1"}


def test_a_format_that_does_not_fit_is_let_go() -> None:
    """A format only annotates; lengths bind."""
    schema = {"type": "string", "format": "date-time", "minLength": 3, "maxLength": 10}
    assert all(3 <= len(generate(schema, bytes([seed]))) <= 10 for seed in range(20))
