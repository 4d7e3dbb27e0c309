"""Values generated for schemas are valid by an independent validator, deterministic, and sensible."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from claudemock.engine.generate import UnsatisfiableSchema, generate

Schema = dict[str, Any]


def closed(**properties: Any) -> Schema:
    """An object that has exactly these properties."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def valid(value: Any, schema: Schema) -> bool:
    """What the `jsonschema` library says, formats included."""
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(value)


NODE = {
    "type": "object",
    "properties": {
        "value": {"type": "integer"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
    },
    "required": ["value", "children", "next"],
}
KEYWORDS: dict[str, Schema] = {
    "list of types": {"type": ["string", "null", "integer"]},
    "enum": {"enum": ["a", 2, None, {"x": 1}]},
    "enum narrowed": {"type": "string", "enum": [1, "a", "bcd", "ef"], "minLength": 2},
    "const": {"const": {"a": [1]}},
    **{name: {"type": "string", "format": name} for name in ("date-time", "date", "time", "duration", "email", "uuid")},
    **{name: {"type": "string", "format": name} for name in ("uri", "hostname", "ipv4", "ipv6", "regex")},
    "format and length": {"type": "string", "format": "email", "maxLength": 40, "minLength": 5},
    "unknown format": {"type": "string", "format": "telegram"},
    "pattern": {"type": "string", "pattern": r"^[A-Z]{3}-\d{4}$"},
    "pattern with choice": {"type": "string", "pattern": "^(foo|bar)+baz?$"},
    "pattern and length": {"type": "string", "pattern": "^[a-z]+$", "minLength": 12, "maxLength": 14},
    "pattern unanchored": {"type": "string", "pattern": r"\S", "minLength": 10},
    "pattern looking ahead": {"type": "string", "pattern": r"^(?=.*[A-Z])(?=.*\d)(?!.*\s).{8,}$"},
    "pattern with word edge": {"type": "string", "pattern": r"\bfoo\b", "minLength": 9},
    "pattern of an email": {"type": "string", "pattern": r"^[^\s@]+@[^\s@]+\.[a-z]{2,}$"},
    "two patterns": {"allOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"pattern": "^.{4}$"}]},
    "length": {"type": "string", "minLength": 40, "maxLength": 42},
    "no length": {"type": "string", "maxLength": 0},
    "range": {"type": "integer", "minimum": 5, "maximum": 9},
    "open range": {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
    "broken bounds": {"type": "integer", "minimum": 1.5, "maximum": 2.5},
    "negative": {"type": "integer", "maximum": -1000},
    "large": {"type": "integer", "minimum": 10**30},
    "larger than floats": {"type": "number", "minimum": 10**400},
    "between large": {"type": "number", "exclusiveMinimum": 9007199254740993, "maximum": 9007199254740995},
    "multiple": {"type": "integer", "multipleOf": 7, "minimum": 50},
    "multiple of a fraction": {"type": "integer", "multipleOf": 2.5, "minimum": 3},
    "number multiple": {"type": "number", "multipleOf": 0.25, "minimum": 1.1, "maximum": 1.3},
    "cents": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 10},
    "two multiples": {"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "minimum": 1},
    "number between": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e-9},
    "number above all": {"type": "number", "exclusiveMinimum": 1.7e308},
    "items": {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 4},
    "unique from few": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
    "unique booleans": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True},
    "unique cities": {"type": "array", "items": {"type": "string"}, "minItems": 20, "uniqueItems": True},
    "unique in a range": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 9},
        "minItems": 10,
        "uniqueItems": True,
    },
    "unique numbers and booleans": {
        "type": "array",
        "items": {"enum": [0, 1, False, True]},
        "minItems": 4,
        "uniqueItems": True,
    },
    "cut at a space": closed(title={"type": "string", "minLength": 10, "maxLength": 10}),
    "contains counted elsewhere": {
        "type": "array",
        "items": {"enum": [5, 6, 7, 8]},
        "minContains": 0,
        "allOf": [{"contains": {"const": 5}}],
    },
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 90}, "minContains": 2},
    "contains at most": {"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 1}, "maxContains": 1},
    "contains in a tuple": {
        "type": "array",
        "prefixItems": [{"type": "integer"}],
        "items": False,
        "contains": {"minimum": 5},
    },
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2},
    "pattern properties": {
        "type": "object",
        "patternProperties": {"^x-": {"type": "integer"}},
        "additionalProperties": False,
        "minProperties": 1,
    },
    "property names": {"type": "object", "propertyNames": {"pattern": "^[A-Z]+$"}, "minProperties": 2},
    "few properties": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
        "maxProperties": 1,
    },
    "required undefined": {"type": "object", "required": ["a", "b"]},
    "dependent": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}},
        "required": ["a"],
        "dependentRequired": {"a": ["b"], "b": ["c"]},
    },
    "dependent schema": {
        "type": "object",
        "properties": {"card": {"type": "integer"}},
        "required": ["card"],
        "dependentSchemas": {"card": {"properties": {"owner": {"type": "string"}}, "required": ["owner"]}},
    },
    "old dependencies": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "dependencies": {"a": ["b"], "b": {"required": ["c"]}},
    },
    "reference": {"$ref": "#/$defs/A", "$defs": {"A": closed(x={"type": "integer"})}},
    "old definitions": {
        **closed(p={"$ref": "#/definitions/P"}),
        "definitions": {"P": {"type": "string", "minLength": 3}},
    },
    "pointer": {**closed(a={"type": "integer"}, b={"$ref": "#/properties/a"})},
    "escaped pointer": {**closed(p={"$ref": "#/$defs/a~1b%20c"}), "$defs": {"a/b c": {"const": 4}}},
    "anchor": {**closed(p={"$ref": "#q"}), "$defs": {"Q": {"$anchor": "q", "type": "integer"}}},
    "reference to its own id": {
        **closed(p={"$ref": "https://example.com/s.json#/$defs/Q"}, q={"$ref": "s.json#q"}),
        "$id": "https://example.com/s.json",
        "$defs": {"Q": {"$anchor": "q", "type": "integer"}},
    },
    "reference to an id inside": {
        **closed(p={"$ref": "https://example.com/q.json"}, q={"$ref": "q.json#"}),
        "$id": "https://example.com/s.json",
        "$defs": {"Q": {"$id": "q.json", "type": "integer"}},
    },
    "one of open objects": {
        "oneOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"b": {"type": "integer"}}},
            {"$ref": "#/$defs/C"},
        ],
        "$defs": {"C": {"type": "object", "properties": {"a": {"type": "integer"}, "c": {"type": "null"}}}},
    },
    "reference with more": {**closed(p={"$ref": "#/$defs/S", "maxLength": 2}), "$defs": {"S": {"type": "string"}}},
    "recursive": {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}},
    "recursive root": {"type": "object", "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}},
    "any of": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    "any of required": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "one of overlapping": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]},
    "one of by kind": {"oneOf": [closed(k={"const": "a"}, x={"type": "integer"}), closed(k={"const": "b"})]},
    "all of": {"allOf": [closed(a={"type": "integer"}), {"properties": {"a": {"minimum": 7}}}]},
    "all of open": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"properties": {"b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "all of tight": {"type": "integer", "allOf": [{"minimum": 3}, {"maximum": 4}, {"multipleOf": 2}]},
    "all of tuples": {
        "type": "array",
        "allOf": [{"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, {"items": {"minimum": 1000}}],
        "minItems": 2,
    },
    "not const": {"type": "integer", "minimum": 0, "maximum": 1, "not": {"const": 0}},
    "not both": {"type": "object", "properties": {"a": {}, "b": {}}, "not": {"required": ["a", "b"]}},
    "not a type": {"not": {"type": ["string", "object"]}},
    "if then else": {
        "type": "object",
        "properties": {"k": {"enum": ["x", "y"]}, "v": {}},
        "required": ["k"],
        "if": {"properties": {"k": {"const": "x"}}},
        "then": {"properties": {"v": {"type": "integer"}}, "required": ["v"]},
        "else": {"properties": {"v": {"type": "string"}}, "required": ["v"]},
    },
    "nullable of OpenAPI": {"type": "string", "nullable": True},
    "anything": closed(a=True, b={}),
    "never, but optional": {"type": "object", "properties": {"a": False, "b": {"enum": []}}},
    "no type": {"properties": {"a": {"type": "string"}}, "required": ["a"]},
    "no type, impossible array": {"minItems": 10**9},
    "unevaluated": {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "allOf": [{"properties": {"b": {"type": "string"}}}],
        "unevaluatedProperties": False,
    },
    "optional recursion everywhere": {
        "$ref": "#/$defs/M0",
        "$defs": {
            f"M{i}": {"type": "object", "properties": {f"p{j}": {"$ref": f"#/$defs/M{j}"} for j in range(8)}}
            for i in range(8)
        },
    },
}


@pytest.mark.parametrize("case", KEYWORDS)
def test_every_keyword_is_satisfied(case: str) -> None:
    """Each keyword, alone and with its usual companions, gives valid values for many seeds."""
    schema = KEYWORDS[case]
    for seed in range(30):
        value = generate(schema, str(seed).encode())
        assert valid(value, schema), value


TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 20),
        "maxLength": st.integers(20, 60),
        "description": st.sampled_from(["A city", "", "Anything"]),
    },
)
PATTERNS = st.sampled_from(
    [r"^\d{4}-\d\d$", "^[a-z_]+$", "colou?r", "^(?:[01]\\d|2[0-3]):[0-5]\\d$", r"^\+?[1-9]\d{6,14}$"]
)
FORMATS = st.sampled_from(["date-time", "date", "email", "uri", "uuid", "ipv4"])
INTEGERS = st.builds(
    lambda low, spread, step: {"type": "integer", "minimum": low, "maximum": low + spread, "multipleOf": step},
    st.integers(-1000, 1000),
    st.integers(10, 500),
    st.integers(1, 10),
)
NUMBERS = st.builds(
    lambda low, spread: {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + spread},
    st.floats(-1e6, 1e6),
    st.floats(0.001, 1e6),
)
LEAVES: st.SearchStrategy[Schema] = st.one_of(
    TEXTS,
    PATTERNS.map(lambda pattern: {"type": "string", "pattern": pattern}),
    FORMATS.map(lambda name: {"type": "string", "format": name}),
    INTEGERS,
    NUMBERS,
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"const": 7}, {"type": ["string", "null"]}]),
    st.lists(st.sampled_from(["a", "b", 1, None, True]), min_size=1, unique_by=repr).map(lambda some: {"enum": some}),
)
NAMES = st.sampled_from(["city", "count", "startDate", "user_email", "x", "items", "query", "options", "id"])


def _arrays(items: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    bounds = st.tuples(st.integers(0, 3), st.integers(3, 6))
    return st.builds(
        lambda item, size: {"type": "array", "items": item, "minItems": size[0], "maxItems": size[1]}, items, bounds
    )


def _objects(members: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    def build(properties: Schema, count: int, rest: bool | Schema) -> Schema:
        required = [*properties][:count]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": rest}

    rests = st.one_of(st.booleans(), members)
    return st.builds(build, st.dictionaries(NAMES, members, max_size=5), st.integers(0, 5), rests)


def _combined(members: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.one_of(
        st.lists(members, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
        members.map(lambda member: {"anyOf": [member, {"type": "null"}], "default": None}),
        members.map(lambda member: {"allOf": [member]}),
        members.map(lambda member: {"oneOf": [closed(kind={"const": "a"}, of=member), closed(kind={"const": "b"})]}),
        members.map(lambda member: {"$ref": "#/$defs/D", "description": "a reference", "unused": member}),
    )


REALISTIC = st.recursive(
    LEAVES, lambda members: st.one_of(_arrays(members), _objects(members), _combined(members)), max_leaves=12
)


@given(_objects(REALISTIC), LEAVES, st.binary(max_size=4))
@settings(max_examples=150, deadline=None)
def test_satisfiable_schemas_get_a_valid_value(schema: Schema, definition: Schema, seed: bytes) -> None:
    """Schemas as tools have them always get a value, a valid one, and the same one again."""
    document = {**schema, "$defs": {"D": definition}}
    value = generate(document, seed)
    assert valid(value, document)
    assert generate(json.loads(json.dumps(document)), seed) == value


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 20),
    st.sampled_from(["a", "Oslo", "", 1.5, 1.0]),
    st.just([1]),
    st.just({}),
)
SIZES = st.integers(0, 4)
BOUNDS = st.one_of(st.integers(-20, 60), st.sampled_from([0.5, -1.5, 10.0]))
TYPES = st.sampled_from(["string", "integer", "number", "object", "array", "boolean", "null"])
SOME_NAMES = st.lists(NAMES, max_size=3, unique=True)


def _anything(schemas: st.SearchStrategy[Any], *, without: str = "") -> st.SearchStrategy[Schema]:
    several = st.lists(schemas, min_size=1, max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=3, unique=True)),
        "enum": st.lists(VALUES, min_size=1, max_size=4),
        "const": VALUES,
        "default": VALUES,
        "pattern": st.sampled_from(["^[a-z]+$", r"\d+", "^.{2,5}$", "^(a|b)*$", "[^a]", "^$"]),
        "multipleOf": st.sampled_from([1, 2, 7, 0.5, 0.1, 2.5]),
        "uniqueItems": st.booleans(),
        "required": SOME_NAMES,
        "properties": st.dictionaries(NAMES, schemas, max_size=4),
        "patternProperties": st.dictionaries(st.sampled_from(["^x", "t", "^[a-z]+$"]), schemas, min_size=1, max_size=2),
        "dependentRequired": st.dictionaries(NAMES, SOME_NAMES, min_size=1, max_size=2),
        "dependentSchemas": st.dictionaries(NAMES, schemas, min_size=1, max_size=2),
        "$ref": st.just("#/$defs/D"),
        **dict.fromkeys(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"], BOUNDS),
        **dict.fromkeys(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"], SIZES),
        **dict.fromkeys(["minContains", "maxContains"], SIZES),
        **dict.fromkeys(["items", "contains", "additionalProperties", "propertyNames", "not", "if", "then"], schemas),
        **dict.fromkeys(["unevaluatedItems", "unevaluatedProperties"], schemas),
        **dict.fromkeys(["allOf", "anyOf", "oneOf", "prefixItems"], several),
    }
    chosen = st.lists(st.sampled_from(sorted(keywords.keys() - {without})), max_size=5, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: keywords[name] for name in names}))


TRIVIAL: st.SearchStrategy[Any] = st.one_of(st.booleans(), st.just({}))
ANY_SCHEMA = st.recursive(TRIVIAL, _anything, max_leaves=10)
# A definition without references: the validator does not survive a schema that leads back to itself.
ANY_DEFINITION = st.recursive(TRIVIAL, lambda schemas: _anything(schemas, without="$ref"), max_leaves=6)


@given(_anything(ANY_SCHEMA), ANY_DEFINITION, st.binary(max_size=2))
@settings(max_examples=300, deadline=None)
def test_any_schema_gives_a_valid_value_or_an_honest_failure(schema: Schema, definition: Any, seed: bytes) -> None:
    """Whatever keywords meet, the answer is valid or `UnsatisfiableSchema`, never something wrong or another error."""
    document = {**schema, "$defs": {"D": definition}}
    try:
        value = generate(document, seed)
    except UnsatisfiableSchema:
        return
    assert Draft202012Validator(document).is_valid(value), value
