"""Schemas without a value, and schemas made to hang a server: both end soon, with a value or an honest failure."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from claudemock.engine.generate import UnsatisfiableSchema, generate

Schema = dict[str, Any]


def closed(**properties: Any) -> Schema:
    """An object that has exactly these properties."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


IMPOSSIBLE: list[tuple[Schema, str, str]] = [
    ({"type": "integer", "minimum": 3, "maximum": 2}, "$", "minimum"),
    ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, "$", "minimum"),
    ({"type": "integer", "multipleOf": 10, "minimum": 11, "maximum": 19}, "$", "multipleOf"),
    (
        closed(a={"type": "array", "items": {"type": "string", "minLength": 3, "maxLength": 2}, "minItems": 1}),
        "$.a[0]",
        "minLength",
    ),
    (closed(a={"enum": []}), "$.a", "enum"),
    (closed(a={"type": "string", "enum": [1, 2]}), "$.a", "enum"),
    (closed(a=False), "$.a", "false"),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "$", "type"),
    ({"type": "object", "required": ["a"], "maxProperties": 0}, "$", "maxProperties"),
    ({"type": "object", "properties": {}, "additionalProperties": False, "minProperties": 1}, "$", "minProperties"),
    ({"type": "object", "required": ["abc"], "propertyNames": {"maxLength": 2}}, "$", "propertyNames"),
    ({"type": "array", "items": {"type": "boolean"}, "minItems": 3, "uniqueItems": True}, "$", "uniqueItems"),
    ({"type": "string", "pattern": "^a{5}$", "maxLength": 4}, "$", "pattern"),
    ({"type": "string", "pattern": r"^(a)\1$"}, "$", "pattern"),
    ({"type": "string", "pattern": "("}, "$", "pattern"),
    (closed(a={"$ref": "#/$defs/Missing"}), "$.a", "$ref"),
    (closed(a={"$ref": "https://example.com/schema.json"}), "$.a", "$ref"),
    ({"$ref": "#/hidden", "hidden": {"type": 17}}, "$", "$ref"),
    ({"not": {}}, "$", "not"),
    (closed(a={"$dynamicRef": "#node"}), "$", "$dynamicRef"),
    ({"type": "object", "required": ["a"], "unevaluatedProperties": False}, "$.a", "false"),
    ({"type": "object", "properties": {"a": "no schema"}}, "$", "draft 2020-12"),
]


@pytest.mark.parametrize(("schema", "path", "keyword"), IMPOSSIBLE)
def test_the_failure_names_place_and_keyword(schema: Schema, path: str, keyword: str) -> None:
    """Whoever wrote an impossible schema is told where it is impossible."""
    with pytest.raises(UnsatisfiableSchema) as caught:
        generate(schema, b"")
    assert (caught.value.path, caught.value.keyword) == (path, keyword)


def _doubling(keyword: str, leaf: Any) -> Schema:
    """A short document in which following every reference takes 2**40 steps."""
    levels = {f"D{i}": {keyword: [{"$ref": f"#/$defs/D{i + 1}"}] * 2} for i in range(40)}
    return {"$ref": "#/$defs/D0", "$defs": {**levels, "D40": leaf}}


def _nested(depth: int) -> Schema:
    schema: Schema = {"type": "string"}
    for _ in range(depth):
        schema = closed(a=schema)
    return schema


HOSTILE: dict[str, Callable[[], Schema]] = {
    "doubling allOf": lambda: _doubling("allOf", {"type": "string"}),
    "doubling anyOf": lambda: _doubling("anyOf", {"type": "string"}),
    "doubling anyOf in vain": lambda: _doubling("anyOf", False),
    "doubling oneOf": lambda: _doubling("oneOf", {"type": "string"}),
    "choices in vain": lambda: {
        "type": "integer",
        "allOf": [{"anyOf": [{"minimum": i}, {"maximum": -i}]} for i in range(1, 60)],
        "not": {},
    },
    "a billion items": lambda: {"type": "array", "minItems": 10**9},
    "items in items": lambda: {"type": "array", "minItems": 9999, "items": {"type": "array", "minItems": 9999}},
    "a billion characters": lambda: {"type": "string", "minLength": 10**9},
    "long items": lambda: {"type": "array", "minItems": 500, "items": {"type": "string", "minLength": 10**6}},
    "a billion properties": lambda: {"type": "object", "minProperties": 10**9},
    "many to contain": lambda: {"type": "array", "contains": {"const": 5}, "minContains": 10**9},
    "ten thousand properties": lambda: {
        "type": "object",
        "properties": {f"p{i}": {"type": "string"} for i in range(10_000)},
    },
    "ten thousand required": lambda: closed(**{f"p{i}": {"type": "integer"} for i in range(10_000)}),
    "a reference to itself": lambda: {"$ref": "#"},
    "references in a circle": lambda: {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}},
    },
    "not itself": lambda: {"not": {"$ref": "#"}},
    "any of itself": lambda: {"anyOf": [{"$ref": "#"}]},
    "endless child": lambda: {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    "endless children": lambda: {"type": "array", "items": {"$ref": "#"}, "minItems": 2},
    "a long way": lambda: {
        "$ref": "#/$defs/D0",
        "$defs": {f"D{i}": {"$ref": f"#/$defs/D{i + 1}"} for i in range(3000)} | {"D3000": {}},
    },
    "deep": lambda: _nested(3000),
    "a catastrophic pattern": lambda: {"type": "string", "pattern": "^(a+)+$", "minLength": 5000},
    "a catastrophic pattern in vain": lambda: {
        "type": "string",
        "pattern": "^a+$",
        "minLength": 40,
        "not": {"pattern": "^(a|a)*$"},
    },
    "a catastrophic look ahead": lambda: {"type": "string", "pattern": "^(?=(((a+)+)+)+b)(a|b)+$", "minLength": 60},
    "a huge repetition": lambda: {"type": "string", "pattern": "^((a?){1000}){1000}$"},
    "many groups": lambda: {"type": "string", "pattern": "(" * 5000},
    "a hundred thousand options": lambda: {"enum": list(range(100_000)), "minimum": 99_999},
    "thousands of choices": lambda: {
        "anyOf": [{"type": "string", "minLength": i, "maxLength": 0} for i in range(1, 4000)]
    },
    "many anchors": lambda: {
        **closed(**{f"p{i}": {"$ref": f"#n{i}"} for i in range(3000)}),
        "$defs": {f"d{i}": {"$anchor": f"n{i}", "type": "integer"} for i in range(3000)},
    },
    "many looks": lambda: {"type": "string", "pattern": "^" + "(?=.*a)(?=.*b)" * 300 + ".{900}$"},
    "looks behind": lambda: {
        "type": "string",
        "minLength": 900,
        "pattern": "((?<=.*)a)*$",
        "not": {"pattern": "^((?<=.*)a)*b$"},
    },
    "many patterns": lambda: {
        "type": "object",
        "patternProperties": {f"^(a|b|ab)*c{i}d$": {} for i in range(300)},
        "minProperties": 300,
    },
    "many unlike texts": lambda: {
        "type": "array",
        "uniqueItems": True,
        "minItems": 3000,
        "items": {"type": "string", "pattern": "^[ab]{12}$"},
    },
    "many options in vain": lambda: {
        "type": "array",
        "minItems": 2000,
        "items": {"type": "integer"},
        "not": {"contains": {"enum": [f"x{i}" for i in range(5000)]}},
    },
    "a wide class": lambda: {
        "type": "string",
        "pattern": "^[" + "".join(chr(0x4E00 + 2 * i) for i in range(3000)) + "a]{3000}$",
    },
}


@contextmanager
def at_most(calls: int) -> Iterator[None]:
    """Fails where more functions are called than that: a measure of work which is the same on every machine."""
    made = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    former = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(former)
    assert made <= calls, made


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_schemas_end_soon(case: str) -> None:
    """No schema hangs the server or eats its memory: there is a value of bounded size, or an honest failure."""
    schema = HOSTILE[case]()
    try:
        with at_most(2_500_000):
            value = generate(schema, b"")
    except UnsatisfiableSchema:
        return
    assert len(json.dumps(value)) < 5_000_000
