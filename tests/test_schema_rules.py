"""The API's refusals of schemas, word for word, and its acceptance of all others."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from claudemock.engine.schema_rules import check_output_schema, check_tool_schemas
from claudemock.wire.errors import ApiError

Schema = dict[str, Any]
OUTPUT = "output_config.format.schema"
INVALID = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
TEXT = {"type": "string"}
NULLABLE = {"type": ["string", "null"]}


def closed(**properties: Any) -> Schema:
    """An object as strict tools have to declare it."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def optional(count: int) -> Schema:
    """A strict object with so many optional properties."""
    return {**closed(**{f"optional_{i:02}": TEXT for i in range(count)}), "required": []}


def unions(count: int) -> Schema:
    """A strict object with so many nullable properties."""
    return closed(**{f"union_{i:02}": NULLABLE for i in range(count)})


def of_tools(*schemas: Any, strict: bool = True) -> str | None:
    """What the API says to tools with these schemas."""
    try:
        check_tool_schemas([(f"tools.{at}.custom", schema, strict) for at, schema in enumerate(schemas)])
    except ApiError as error:
        return said(error)
    return None


def of_output(schema: Any, location: str = OUTPUT, tools: tuple[Schema, ...] = ()) -> str | None:
    """What the API says to this schema of structured output."""
    try:
        check_output_schema(schema, location, tools)
    except ApiError as error:
        return said(error)
    return None


def said(error: ApiError) -> str:
    """The message of an error that has to be an invalid request."""
    assert (error.status, error.type) == (400, "invalid_request_error")
    return error.message


ANY_TOOL: list[tuple[Any, str]] = [
    (True, ": Input does not match the expected shape."),
    ({"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"}, ".type: Field required"),
    ({"type": "string"}, ".type: Input should be 'object'"),
    ({"type": ["object"]}, ".type: Input should be 'object'"),
    ({"type": None}, ".type: Input should be 'object'"),
    *(
        ({"type": "object", keyword: [TEXT]}, ": input_schema does not support oneOf, allOf, or anyOf at the top level")
        for keyword in ("oneOf", "allOf", "anyOf")
    ),
    ({"type": "object", "properties": {"values": None}}, f": {INVALID}"),
    ({"type": "object", "properties": {"a": {"type": "integer", "exclusiveMinimum": True}}}, f": {INVALID}"),
    ({"type": "object", "required": ["a", "a"]}, f": {INVALID}"),
    ({"type": "object", "properties": {"a": {"type": "array", "items": [TEXT]}}}, f": {INVALID}"),
    ({"type": "object", "properties": {"a": {"anyOf": ["bad"]}}}, f": {INVALID}"),
]


@pytest.mark.parametrize(("schema", "message"), ANY_TOOL)
def test_any_tool_is_refused_with_the_wording_of_the_api(schema: Any, message: str) -> None:
    """What no tool may have, strict or not, is refused at its `input_schema`."""
    assert of_tools(closed(), schema, strict=False) == f"tools.1.custom.input_schema{message}"


TO_A = {"$ref": "#/$defs/A"}
NODE = closed(value=TEXT, next={"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]})
CIRCULAR = "Self-referencing or mutually-referencing definitions are not supported."
CLOSE = "is not supported. Please set 'additionalProperties' to false"
OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
SUBSET: list[tuple[Schema, str]] = [
    ({"type": "object", "properties": {}}, OPEN),
    (
        closed(a={"type": ["object", "null"]}),
        "For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    (
        closed(a={"type": "object", "additionalProperties": True}),
        f"For 'object' type, 'additionalProperties: true' {CLOSE}",
    ),
    (
        closed(a={"type": "object", "additionalProperties": TEXT}),
        f"For 'object' type, 'additionalProperties: object' {CLOSE}",
    ),
    (
        closed(a={"type": "object", "propertyNames": TEXT, "additionalProperties": TEXT}),
        "For 'object' type, property 'propertyNames' is not supported",
    ),
    ({**closed(), "strict": True}, "For 'object' type, property 'strict' is not supported"),
    ({**closed(), "minProperties": 1}, "For 'object' type, property 'minProperties' is not supported"),
    ({**closed(), "if": {}, "then": {}}, "For 'object' type, property 'if' is not supported"),
    (closed(value=True), "For 'object' type, property 'properties' is not supported"),
    (closed(a={"type": "integer", "minimum": 0}), "For 'integer' type, property 'minimum' is not supported"),
    (
        closed(a={"type": "number", "minimum": 0, "maximum": 1}),
        "For 'number' type, properties maximum, minimum are not supported",
    ),
    (
        closed(a={"type": ["integer", "null"], "maximum": 1, "exclusiveMinimum": 0}),
        "For 'integer' type, properties exclusiveMinimum, maximum are not supported",
    ),
    (
        closed(a={"type": "array", "items": TEXT, "maxItems": 3}),
        "For 'array' type, property 'maxItems' is not supported",
    ),
    (closed(a={"type": "array", "prefixItems": [TEXT]}), "For 'array' type, property 'prefixItems' is not supported"),
    (
        closed(a={"type": "array", "items": TEXT, "minItems": 3, "maxItems": 3}),
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [2, 5])",
    ),
    (
        closed(a={"type": "array", "items": TEXT, "minItems": 7}),
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [6, ∞])",
    ),
    (closed(a={"type": "string", "format": "phone"}), "For 'string' type, format 'phone' is not supported"),
    (
        closed(a={"type": "string", "pattern": r"^(?!$)P(?=\d).*"}),
        "Invalid regex in pattern field: Quantifier '?' without preceding element",
    ),
    (closed(a={"oneOf": [TEXT]}), "Schema type 'oneOf' is not supported"),
    (closed(a={"type": "object", "oneOf": [{}]}), "Schema type 'oneOf' is not supported"),
    (closed(a={"type": "string", "not": {"const": ""}}), "Schema keyword 'not' is not supported"),
    (closed(a={"anyOf": [TEXT], "type": "string"}), "For 'anyOf', 'type' is not supported"),
    (
        closed(a={**closed(b=TEXT), "allOf": [{"required": ["b"]}]}),
        "For 'anyOf', 'additionalProperties, properties, required, type' is not supported",
    ),
    (closed(a={}), "Empty schema ({}) that accepts any JSON value is not supported. Please specify a concrete type."),
    (
        closed(a={"type": "array", "items": {"title": "Item", "description": "anything"}}),
        "Empty schema ({}) that accepts any JSON value is not supported. Please specify a concrete type.",
    ),
    (
        closed(a={"default": None, "title": "Value"}),
        "Invalid schema: Schema type is missing for schema: {'default': None, 'title': 'Value'}",
    ),
    (
        closed(a={"type": ["string", "null"], "enum": ["sedan", None]}),
        "Invalid schema: Enum value 'sedan' does not match declared type '['string', 'null']'",
    ),
    (
        closed(a={"type": "string", "enum": ["x", None]}),
        "Invalid schema: Enum value None does not match declared type 'string'",
    ),
    (
        closed(a={"$ref": "#/$defs/Missing"}),
        "Invalid schema: Reference to non-existent definition: #/$defs/Missing",
    ),
    (
        {**NODE, "$defs": {"Node": NODE}},
        f"Invalid schema: Circular reference detected in schema definitions: Node -> Node. {CIRCULAR}",
    ),
    (
        {
            **closed(a={"$ref": "#/$defs/A"}),
            "$defs": {"A": closed(b={"$ref": "#/$defs/B"}), "B": {"$ref": "#/$defs/A"}},
        },
        f"Invalid schema: Circular reference detected in schema definitions: A -> B -> A. {CIRCULAR}",
    ),
]


@pytest.mark.parametrize(("schema", "message"), SUBSET)
def test_what_does_not_compile_is_refused_where_it_would_be_compiled(schema: Schema, message: str) -> None:
    """Strict tools and structured output share one subset and its wordings; other tools are free of it."""
    assert of_tools(closed(), schema) == f"tools.1.custom: {message}"
    assert of_output(schema) == f"{OUTPUT}: {message}"
    assert of_output(schema, "output_format.schema") == f"output_format.schema: {message}"
    assert of_tools(schema, strict=False) is None


COMPILING: dict[str, Schema] = {
    "empty": closed(),
    "all types": closed(
        text=TEXT, count={"type": "integer"}, ratio={"type": "number"}, ok={"type": "boolean"}, none={"type": "null"}
    ),
    "annotations": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "T",
        "description": "D",
        **closed(a={"type": "string", "title": "A", "default": "x", "examples": ["y"], "description": "d"}),
    },
    "lengths and patterns": closed(
        a={"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^(?:[a-z]|[0-9])+$"}
    ),
    "formats": closed(a={"type": "string", "format": "date-time"}, b={"type": "string", "format": "uuid"}),
    "enum and const": closed(a={"enum": ["x", None, 3]}, b={"type": "string", "enum": ["x"]}, c={"const": "k"}),
    "numbers in enum": closed(a={"type": "number", "enum": [1, 2.5]}, b={"type": "integer", "enum": [1, 2]}),
    "items": closed(a={"type": "array", "items": TEXT, "minItems": 1}, b={"type": "array", "items": closed(c=TEXT)}),
    "any of": closed(a={"anyOf": [TEXT, {"type": "null"}], "default": None, "title": "A", "description": "d"}),
    "pure all of": closed(code={"allOf": [TEXT, {"enum": ["alpha", "beta"]}]}),
    "nullable object": closed(a={**closed(b=TEXT), "type": ["object", "null"]}),
    "references": {**closed(a={"$ref": "#/$defs/A"}, b={"$ref": "#/$defs/A"}), "$defs": {"A": closed(c=TEXT)}},
    "old definitions": {**closed(a={"$ref": "#/definitions/A"}), "definitions": {"A": TEXT}},
    "escaped reference": {**closed(a={"$ref": "#/$defs/Person~1Profile"}), "$defs": {"Person/Profile": TEXT}},
    "names like keywords": closed(**{"not": TEXT, "oneOf": TEXT, "minimum": TEXT, "$ref": TEXT}),
}


@pytest.mark.parametrize("case", COMPILING)
def test_what_compiles_is_accepted(case: str) -> None:
    """Nothing inside the subset is refused, for a strict tool or as structured output."""
    assert of_tools(COMPILING[case]) is None
    assert of_output(COMPILING[case]) is None


FREE: list[Schema] = [
    {"type": "object"},
    {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1, "maximum": 5, "multipleOf": 2}}},
    {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "array", "items": {}}, {"type": "null"}], "default": None}},
    },
    {"type": "object", "properties": {"a": {"oneOf": [TEXT, {"type": "array", "prefixItems": [TEXT, TEXT]}]}}},
    {"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": {"type": "string"}},
    {"type": "object", "properties": {"a": True, "b": False, "c": {"not": {}}}, "patternProperties": {"^x-": {}}},
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": [],
        "example": 1,
        "x-unknown": {},
    },
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "(", "format": "anything"}}},
]


@pytest.mark.parametrize("schema", FREE)
def test_tools_that_are_not_strict_may_use_all_of_the_draft(schema: Schema) -> None:
    """An ordinary tool with any valid schema is accepted, unknown keywords included."""
    assert of_tools(schema, schema, strict=False) is None


MANY_OPTIONAL = (
    "Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. Reduce the "
    "number of optional parameters in your tool schemas (limit: 24)."
)
MANY_UNIONS = (
    "Schemas contains too many parameters with union types (17 parameters with type arrays or anyOf). This causes "
    "exponential compilation cost. Reduce the number of nullable or union-typed parameters (limit: 16 parameters with "
    "unions)."
)
MANY_STRICT = (
    "Too many strict tools (21). The maximum number of strict tools supported is 20. Try reducing the number of tools "
    "marked as strict."
)
COMPLEX = "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas."


def test_limits_count_all_strict_tools_together() -> None:
    """The three documented limits hold exactly, over the whole request, and are refused without a location."""
    assert of_tools(*[closed()] * 20) is None
    assert of_tools(*[closed()] * 21) == MANY_STRICT
    assert of_tools(*[closed()] * 21, strict=False) is None
    assert of_tools(*[unions(1)] * 16) is None
    assert of_tools(unions(8), closed(a=unions(9))) == MANY_UNIONS
    assert of_tools(*[optional(6)] * 4) is None
    assert of_tools(*[optional(5)] * 5) == MANY_OPTIONAL
    assert of_tools(unions(17)) == MANY_UNIONS
    assert of_tools(optional(25)) == MANY_OPTIONAL


def test_one_tool_alone_may_not_reach_the_limits() -> None:
    """What is accepted when spread over several tools is too complex in a single schema."""
    assert of_tools(unions(16)) == COMPLEX
    assert of_tools(optional(24)) == COMPLEX


def test_structured_output_has_the_same_limits_and_counts_strict_tools() -> None:
    """A request's strict tools and its output schema are compiled together."""
    assert of_output(unions(16)) is None
    assert of_output(unions(17)) == MANY_UNIONS
    assert of_output(unions(10), tools=(unions(7),)) == MANY_UNIONS
    assert of_output(optional(10), tools=(optional(15),)) == MANY_OPTIONAL


def test_the_first_failing_check_answers() -> None:
    """The order: shapes of all tools, validity of all tools, the subset, then the limits."""
    invalid = {"type": "object", "required": "a"}
    open_object = {"type": "object"}
    assert of_tools(invalid, {"type": "string"}) == "tools.1.custom.input_schema.type: Input should be 'object'"
    assert of_tools(open_object, invalid) == f"tools.1.custom.input_schema: {INVALID}"
    assert of_tools(*[closed()] * 47, open_object) == f"tools.47.custom: {OPEN}"
    assert of_tools(*[optional(5)] * 21) == MANY_STRICT


def test_a_schema_answers_for_itself_before_its_members() -> None:
    """Within a schema the outer object is refused first, and members in the document's order."""
    inner = {"type": "integer", "minimum": 0}
    assert of_tools({"type": "object", "properties": {"a": inner}}) == f"tools.0.custom: {OPEN}"
    message = of_tools(closed(first=closed(deep={"type": "string", "format": "phone"}), second=inner))
    assert message == "tools.0.custom: For 'string' type, format 'phone' is not supported"


INVALID_OUTPUT: list[tuple[Any, str]] = [
    ({**closed(), "required": None}, "None is not of type 'array'"),
    (closed(a={"type": "STRING"}), "'STRING' is not valid under any of the given schemas"),
    (closed(a={"type": []}), "[] is not valid under any of the given schemas"),
    (closed(a={"type": "string", "enum": ["r1", "r2", "r1"]}), "['r1', 'r2', 'r1'] has non-unique elements"),
]


@pytest.mark.parametrize(("schema", "message"), INVALID_OUTPUT)
def test_structured_output_that_is_no_schema_says_why(schema: Any, message: str) -> None:
    """Unlike for tools, the API passes on what is wrong with an output schema."""
    assert of_output(schema) == f"{OUTPUT}: Invalid JSON Schema in output format: {message}"


def test_structured_output_without_a_type_or_with_definitions_beside_a_union() -> None:
    """Two mistakes at the root that clients make: an envelope for a schema, and a union with definitions."""
    envelope = {"name": "verdict", "strict": True}
    assert of_output(envelope) == f"{OUTPUT}: Invalid schema: Schema type is missing for schema: {envelope}"
    assert of_output({"anyOf": [closed()], "$defs": {}}) == f"{OUTPUT}: For 'anyOf', '$defs' is not supported"


def test_long_and_deep_schemas_are_checked_without_recursion() -> None:
    """Ten thousand definitions in a chain, and three thousand arrays in each other, are no problem."""
    chain = {f"D{i}": closed(x={"$ref": f"#/$defs/D{i + 1}"}) for i in range(10_000)} | {"D10000": closed()}
    assert of_tools({**closed(a={"$ref": "#/$defs/D0"}), "$defs": chain}) is None
    deep: Schema = TEXT
    for _ in range(3000):
        deep = {"type": "array", "items": deep}
    assert of_tools(closed(a=deep)) is None


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([0.0, 1.0, 1.5, "", "string", "object", "a#b", "^a"])
)
ODDER = st.one_of(ODD, st.lists(ODD, max_size=3), st.dictionaries(st.sampled_from(["a", "type"]), ODD, max_size=2))
NAMED = """
type const enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems
minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired prefixItems items
contains additionalProperties properties patternProperties not dependentSchemas propertyNames if then else allOf anyOf
oneOf unevaluatedItems contentSchema $schema $id $anchor $comment $vocabulary title examples deprecated readOnly
writeOnly format unknown $defs definitions dependencies $recursiveAnchor $recursiveRef
"""
KEYWORDS = NAMED.split()
ODD_SCHEMAS = st.recursive(
    ODDER,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=3),
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    ),
    max_leaves=6,
)


def is_schema(schema: Any) -> bool:
    """What the draft's own meta-schema says."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        return False
    return True


@given(ODD_SCHEMAS)
@example({"minLength": 1.5})
@example({"maxItems": 1.0})
@example({"minItems": -1})
@example({"minimum": True})
@example({"multipleOf": 0})
@example({"$id": "a#b"})
@example({"$anchor": "9"})
@example({"type": ["string", "string"]})
@example({"required": ["a", "a"]})
@example({"dependentRequired": {"a": ["b", "b"]}})
@example({"dependencies": {"a": ["b"], "b": {"type": 3}}})
@example({"dependencies": {"a": 3}})
@example({"$vocabulary": {"a": 1}})
@example({"allOf": []})
@example({"prefixItems": [{"type": 3}]})
@settings(max_examples=400, deadline=None)
def test_validity_is_that_of_the_meta_schema(schema: Any) -> None:
    """Exactly what the draft's own meta-schema refuses is refused."""
    tool = {"type": "object", "properties": {"a": schema}}
    refused = f"tools.0.custom.input_schema: {INVALID}"
    assert of_tools(tool, strict=False) == (None if is_schema(tool) else refused)
