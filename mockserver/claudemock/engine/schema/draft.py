"""Whether a value is a JSON Schema at all: the rules of draft 2020-12's own meta-schema, in one quick pass.

Written out rather than interpreted: an agent sends fifty tools with every request, and a general validator takes
milliseconds for them. Keywords the draft does not know are allowed, as there.
"""

import re
from collections.abc import Callable
from typing import Any

from claudemock.engine.schema.budget import Budget

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

_NODES = 8  # looked at in one step of a budget

_Check = Callable[[Any], str | None]


def violation(schema: object, budget: Budget | None = None) -> str | None:
    """The first thing that the meta-schema forbids, worded as the `jsonschema` library words it; None if nothing.

    The time taken is linear in the schema; whoever asks about more and more of its parts passes a `budget`.
    """
    waiting: list[object] = [schema]
    looked = 0
    while waiting:
        node = waiting.pop()
        looked += 1
        if budget is not None and not looked % _NODES:
            budget.spend(1)
        if isinstance(node, dict):
            for keyword, value in node.items():
                check = _KEYWORDS.get(keyword)
                if check is not None:
                    found = check(value)
                    if found:
                        return found
                    below = _CHILDREN.get(keyword)
                    if below is not None:
                        waiting += below(value)
        elif not isinstance(node, bool):
            return _not_of_type(node, "object", "boolean")
    return None


def _not_of_type(value: object, *expected: str) -> str:
    return f"{value!r} is not of type {', '.join(map(repr, expected))}"


def _schema(value: object) -> str | None:
    return None if isinstance(value, dict | bool) else _not_of_type(value, "object", "boolean")


def _schemas(value: object) -> str | None:
    if not isinstance(value, list):
        return _not_of_type(value, "array")
    return None if value else "[] should be non-empty"


def _map(value: object) -> str | None:
    return None if isinstance(value, dict) else _not_of_type(value, "object")


def _array(value: object) -> str | None:
    return None if isinstance(value, list) else _not_of_type(value, "array")


def _text(value: object) -> str | None:
    return None if isinstance(value, str) else _not_of_type(value, "string")


def _boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else _not_of_type(value, "boolean")


def _number(value: object) -> str | None:
    return None if type(value) in (int, float) else _not_of_type(value, "number")


def _positive(value: Any) -> str | None:
    if type(value) not in (int, float):
        return _not_of_type(value, "number")
    return None if value > 0 else f"{value!r} is less than or equal to the minimum of 0"


def _count(value: Any) -> str | None:
    if type(value) is not int and not (type(value) is float and value.is_integer()):
        return _not_of_type(value, "integer")
    return None if value >= 0 else f"{value!r} is less than the minimum of 0"


def _texts(value: object) -> str | None:
    if not isinstance(value, list):
        return _not_of_type(value, "array")
    for item in value:
        if not isinstance(item, str):
            return _not_of_type(item, "string")
    return None if len(set(value)) == len(value) else f"{value!r} has non-unique elements"


def _type(value: object) -> str | None:
    if isinstance(value, str):
        valid = value in TYPES
    else:
        valid = isinstance(value, list) and bool(value) and _texts(value) is None and TYPES.issuperset(value)
    return None if valid else f"{value!r} is not valid under any of the given schemas"


def _dependent_required(value: object) -> str | None:
    if not isinstance(value, dict):
        return _not_of_type(value, "object")
    return next(filter(None, map(_texts, value.values())), None)


def _dependencies(value: object) -> str | None:
    if not isinstance(value, dict):
        return _not_of_type(value, "object")
    for item in value.values():
        if not isinstance(item, dict | bool) and _texts(item):
            return f"{item!r} is not valid under any of the given schemas"
    return None


def _vocabulary(value: object) -> str | None:
    if not isinstance(value, dict):
        return _not_of_type(value, "object")
    return next(filter(None, map(_boolean, value.values())), None)


def _matching(pattern: str) -> _Check:
    compiled = re.compile(pattern)

    def check(value: object) -> str | None:
        if not isinstance(value, str):
            return _not_of_type(value, "string")
        return None if compiled.search(value) else f"{value!r} does not match {pattern!r}"

    return check


def _one(value: object) -> list[object]:
    return [value]


def _listed(value: list[object]) -> list[object]:
    return value[::-1]


def _named(value: dict[str, object]) -> list[object]:
    return list(value.values())[::-1]


def _dependent(value: dict[str, object]) -> list[object]:
    return [item for item in value.values() if not isinstance(item, list)]


_ANCHOR = _matching("^[A-Za-z_][-A-Za-z0-9._]*$")
_GROUPS: tuple[tuple[str, _Check], ...] = (
    ("additionalProperties not if then else items contains propertyNames", _schema),
    ("unevaluatedItems unevaluatedProperties contentSchema", _schema),
    ("allOf anyOf oneOf prefixItems", _schemas),
    ("properties patternProperties $defs definitions dependentSchemas", _map),
    ("title description $comment $schema $ref $dynamicRef $recursiveRef", _text),
    ("format pattern contentEncoding contentMediaType", _text),
    ("uniqueItems deprecated readOnly writeOnly", _boolean),
    ("minimum maximum exclusiveMinimum exclusiveMaximum", _number),
    ("minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains", _count),
    ("enum examples", _array),
    ("type", _type),
    ("required", _texts),
    ("multipleOf", _positive),
    ("dependentRequired", _dependent_required),
    ("dependencies", _dependencies),
    ("$vocabulary", _vocabulary),
    ("$id", _matching("^[^#]*#?$")),
    ("$anchor $dynamicAnchor $recursiveAnchor", _ANCHOR),
)
_KEYWORDS: dict[str, _Check] = {keyword: check for names, check in _GROUPS for keyword in names.split()}
_BELOW: dict[_Check, Callable[[Any], list[object]]] = {
    _schema: _one,
    _schemas: _listed,
    _map: _named,
    _dependencies: _dependent,
}
_CHILDREN = {keyword: _BELOW[check] for keyword, check in _KEYWORDS.items() if check in _BELOW}
