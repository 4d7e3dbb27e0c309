"""The part of JSON Schema that the API compiles into a grammar: for strict tools and for structured output.

Documented under structured outputs, "JSON Schema limitations". The wordings, and what is refused though the page does
not say so (or accepted though it denies it: `minLength`, `maxLength`), come from refusals of 2026 that many public
projects quote. Only the wordings for word boundaries and back references in a `pattern` are ours.

The API stops at the first thing it finds, and finds in this order: a schema's own keywords before its members, and
everything in the order of the document; references last.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from claudemock.engine.schema.pattern import Edge, Node, PatternError, parse, parts
from claudemock.engine.schema.refs import resolve

_ANNOTATIONS = frozenset({"title", "description", "default", "examples", "enum", "const"})
_BESIDE_UNION = _ANNOTATIONS | {"anyOf", "allOf"}
_ANYWHERE = _ANNOTATIONS | {"type", "$schema", "$id", "$comment", "$defs", "definitions"}
_ANYWHERE |= {"deprecated", "readOnly", "writeOnly"}
_OF_OBJECT = _ANYWHERE | {"properties", "required", "additionalProperties", "then", "else"}
_OF_ARRAY = _ANYWHERE | {"items", "minItems"}
_NOT_OF_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
_EMPTY = "Empty schema ({}) that accepts any JSON value is not supported. Please specify a concrete type."
_SINGLE_ITEMS = "Invalid schema: Array types must be specified with a single object schema for 'items'."
_OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
_RECURSIVE = "Self-referencing or mutually-referencing definitions are not supported."


def unsupported(schema: Mapping[str, Any]) -> str | None:
    """What the grammar compiler says to this schema (a valid one), without the location; None where it compiles."""
    references: list[str] = []
    for node in _nodes(schema):
        found = _node(node)
        if found:
            return found
        if isinstance(node.get("$ref"), str):
            references.append(node["$ref"])
    return _dangling(schema, references) or _circular(schema) if references else None


def count_parameters(schema: Mapping[str, Any]) -> tuple[int, int]:
    """How many properties of the whole document are optional, and how many are unions (`anyOf` or a list of types)."""
    optional = unions = 0
    for node in _nodes(schema):
        properties = node.get("properties")
        if isinstance(properties, dict):
            required = node.get("required")
            optional += len(properties.keys() - set(required if isinstance(required, list) else ()))
            unions += sum(_is_union(item) for item in properties.values())
    return optional, unions


def repeated_enum(schema: Mapping[str, Any]) -> str | None:
    """The first `enum` with a value twice, as the API words it for structured output (the draft allows it)."""
    for node in _nodes(schema):
        values = node.get("enum", ())
        if len({repr(value) for value in values}) < len(values):
            return f"{values} has non-unique elements"
    return None


def _is_union(schema: object) -> bool:
    return isinstance(schema, dict) and ("anyOf" in schema or isinstance(schema.get("type"), list))


def _nodes(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema object in the document, parents first, in the document's order."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += reversed(_members(node))


def _members(node: Mapping[str, Any]) -> list[Any]:
    members: list[Any] = []
    for keyword, value in node.items():
        if keyword in ("properties", "$defs", "definitions") and isinstance(value, dict):
            members += value.values()
        elif keyword in ("anyOf", "allOf") and isinstance(value, list):
            members += value
        elif keyword == "items":
            members.append(value)
    return members


def _node(node: dict[str, Any]) -> str | None:
    """What is unsupported in one schema, its members left aside."""
    if "oneOf" in node:
        return "Schema type 'oneOf' is not supported"
    if "not" in node:
        return "Schema keyword 'not' is not supported"
    if "anyOf" in node or "allOf" in node:
        # The API names anyOf also where the union is an allOf.
        beside = node.keys() - _BESIDE_UNION
        return f"For 'anyOf', '{', '.join(sorted(beside))}' is not supported" if beside else None
    if "$ref" in node:
        return None
    types = node.get("type")
    if types is None:
        return _untyped(node)
    for name in types if isinstance(types, list) else (types,):
        check = _BY_TYPE.get(name)
        found = check(node, name) if check else None
        if found:
            return found
    return _enum(node, types)


def _untyped(node: dict[str, Any]) -> str | None:
    if "enum" in node or "const" in node:
        return None
    if node.keys() <= {"title", "description"}:
        return _EMPTY
    return f"Invalid schema: Schema type is missing for schema: {node}"


def _refusal(name: str, keywords: set[str]) -> str | None:
    if not keywords:
        return None
    if len(keywords) == 1:
        return f"For '{name}' type, property '{keywords.pop()}' is not supported"
    return f"For '{name}' type, properties {', '.join(sorted(keywords))} are not supported"


def _object(node: dict[str, Any], name: str) -> str | None:
    found = _refusal(name, set(node.keys() - _OF_OBJECT))
    if found:
        return found
    if any(not isinstance(member, dict) for member in node.get("properties", {}).values()):
        return _refusal(name, {"properties"})
    closed = node.get("additionalProperties")
    if closed is False:
        return None
    if closed is None:
        return _OPEN
    given = "true" if closed is True else "object"
    return (
        f"For 'object' type, 'additionalProperties: {given}' is not supported. "
        "Please set 'additionalProperties' to false"
    )


def _array(node: dict[str, Any], name: str) -> str | None:
    least = node.get("minItems", 0)
    if least not in (0, 1):
        # The message gives the range that the value falls into, not the value.
        given = "[2, 5]" if least <= 5 else "[6, ∞]"
        return f"For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: {given})"
    if not isinstance(node.get("items", {}), dict):
        return _SINGLE_ITEMS
    return _refusal(name, set(node.keys() - _OF_ARRAY))


def _number(node: dict[str, Any], name: str) -> str | None:
    return _refusal(name, set(node.keys() & _NOT_OF_NUMBER))


def _string(node: dict[str, Any], name: str) -> str | None:
    form = node.get("format")
    if form is not None and form not in _FORMATS:
        return f"For '{name}' type, format '{form}' is not supported"
    pattern = node.get("pattern")
    problem = _regex(pattern) if isinstance(pattern, str) else None
    return f"Invalid regex in pattern field: {problem}" if problem else None


_PYTHON_TYPES = {"string": str, "boolean": bool, "null": type(None), "array": list, "object": dict}
_BY_TYPE = {"object": _object, "array": _array, "number": _number, "integer": _number, "string": _string}


def _regex(pattern: str) -> str | None:
    if any(sign in pattern for sign in ("(?=", "(?!", "(?<", "(?P")):
        return "Quantifier '?' without preceding element"
    try:
        node = parse(pattern)
    except PatternError as error:
        return str(error)
    return "word boundaries are not supported" if _has_word_edge(node) else None


def _has_word_edge(node: Node) -> bool:
    return (isinstance(node, Edge) and node.kind in "bB") or any(map(_has_word_edge, parts(node)))


def _enum(node: dict[str, Any], types: str | list[str]) -> str | None:
    """An enum's values have to be of the one type declared; beside a list of types no value is."""
    for value in node.get("enum", ()):
        if isinstance(types, list) or not _is_of_type(value, types):
            return f"Invalid schema: Enum value {value!r} does not match declared type '{types}'"
    return None


def _is_of_type(value: object, name: str) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return name == "number" or (name == "integer" and float(value).is_integer())
    return type(value) is _PYTHON_TYPES.get(name)


def _dangling(schema: Mapping[str, Any], references: list[str]) -> str | None:
    for reference in references:
        if not isinstance(resolve(schema, reference), dict):
            return f"Invalid schema: Reference to non-existent definition: {reference}"
    return None


def _circular(schema: Mapping[str, Any]) -> str | None:
    """The first definition that leads back to itself, with the way there."""
    finished: set[str] = set()
    for start in _references(schema):
        way = {start: iter(_references(resolve(schema, start)))}
        while way:
            here = next(reversed(way))
            following = next(way[here], None)
            if following is None:
                finished.add(here)
                del way[here]
            elif following in way:
                circle = [*way][[*way].index(following) :]
                path = " -> ".join(reference.rpartition("/")[2] for reference in [*circle, following])
                return f"Invalid schema: Circular reference detected in schema definitions: {path}. {_RECURSIVE}"
            elif following not in finished:
                way[following] = iter(_references(resolve(schema, following)))
    return None


def _references(schema: Mapping[str, Any]) -> list[str]:
    return [node["$ref"] for node in _nodes(schema) if isinstance(node.get("$ref"), str)]
