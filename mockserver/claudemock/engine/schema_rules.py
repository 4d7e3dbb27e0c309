"""What the API refuses in the schemas of tools and of structured output.

The order of the checks, stated here because the API answers with the first that fails:

1. every tool: `input_schema` is an object (`Input does not match the expected shape.`), with `type` (`Field
   required`), which is `object`; this and the shape of `properties` and `required` the wire model sees to;
2. every tool: no union at the top level, then valid by draft 2020-12;
3. every strict tool: inside the subset that compiles (`schema.subset`);
4. the number of strict tools, of optional parameters, of unions, in the request; then one schema alone too complex.

Structured output is checked after the tools: valid by the draft, inside the subset, then the limits again with the
strict tools counted in. All of it comes before the question whether the model supports structured output (recorded).

Steps 1 and 4 are recorded. That 3 comes before 4 is in a public report (48 strict tools, and an open object named
first), the order within 2 and within 4 is a guess. Not emulated: `The compiled grammar is too large`, whose measure
is not known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from claudemock.engine.schema.draft import violation
from claudemock.engine.schema.subset import count_parameters, repeated_enum, unsupported
from claudemock.wire.errors import ApiError, invalid_request

_MOST_STRICT_TOOLS = 20
_MOST_OPTIONAL = 24
_MOST_UNIONS = 16
_INVALID = (
    "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)


def check_tool_schemas(tools: Sequence[tuple[str, Mapping[str, Any], bool]]) -> None:
    """Refuse what the API refuses in tools: each is its location (`tools.0.custom`), its `input_schema`, and `strict`.

    Raises `ApiError` (400) with the API's wording.
    """
    for location, schema, _ in tools:
        _check_shape(schema, f"{location}.input_schema")
    for location, schema, _ in tools:
        _check_draft(schema, f"{location}.input_schema")
    strict = [(location, schema) for location, schema, is_strict in tools if is_strict]
    for location, schema in strict:
        _check_subset(schema, location)
    if len(strict) > _MOST_STRICT_TOOLS:
        raise invalid_request(
            f"Too many strict tools ({len(strict)}). The maximum number of strict tools supported is "
            f"{_MOST_STRICT_TOOLS}. Try reducing the number of tools marked as strict."
        )
    if strict:
        _check_parameters([count_parameters(schema) for _, schema in strict])


def check_output_schema(
    schema: Mapping[str, Any], location: str, strict_tools: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Refuse what the API refuses in the schema of structured output.

    `location` is `output_config.format.schema` or the old `output_format.schema`. `strict_tools` are the input schemas
    of the request's strict tools, whose parameters count towards the same limits. Raises `ApiError` (400).
    """
    if not isinstance(schema, Mapping):
        raise _at(location, "Input should be a valid dictionary")
    problem = violation(schema) or repeated_enum(schema)
    if problem:
        raise _at(location, f"Invalid JSON Schema in output format: {problem}")
    _check_subset(schema, location)
    _check_parameters([count_parameters(each) for each in (*strict_tools, schema)], alone=False)


def _check_shape(schema: object, location: str) -> None:
    if not isinstance(schema, Mapping):
        raise _at(location, "Input does not match the expected shape.")
    if "type" not in schema:
        raise _at(f"{location}.type", "Field required")
    if schema["type"] != "object":
        raise _at(f"{location}.type", "Input should be 'object'")


def _check_draft(schema: Mapping[str, Any], location: str) -> None:
    if "oneOf" in schema or "allOf" in schema or "anyOf" in schema:
        raise _at(location, "input_schema does not support oneOf, allOf, or anyOf at the top level")
    if violation(schema):
        raise _at(location, _INVALID)


def _check_subset(schema: Mapping[str, Any], location: str) -> None:
    problem = unsupported(schema)
    if problem:
        raise _at(location, problem)


def _check_parameters(counts: list[tuple[int, int]], *, alone: bool = True) -> None:
    """The limits on parameters, in all schemas together and with `alone` in each one.

    Recorded for tools: what is allowed when spread over several is too complex in a single one. For structured output
    sixteen unions in one schema were accepted.
    """
    optional, unions = (sum(kind) for kind in zip(*counts, strict=True))
    if optional > _MOST_OPTIONAL:
        raise invalid_request(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar compilation "
            "inefficient. Reduce the number of optional parameters in your tool schemas "
            f"(limit: {_MOST_OPTIONAL})."
        )
    if unions > _MOST_UNIONS:
        raise invalid_request(
            f"Schemas contains too many parameters with union types ({unions} parameters with type arrays or anyOf). "
            "This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
            f"(limit: {_MOST_UNIONS} parameters with unions)."
        )
    if alone and any(count[0] >= _MOST_OPTIONAL or count[1] >= _MOST_UNIONS for count in counts):
        raise invalid_request(
            "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas."
        )


def _at(location: str, message: str) -> ApiError:
    return invalid_request(f"{location}: {message}")
