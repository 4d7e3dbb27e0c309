"""Whether a value satisfies a JSON Schema, as far as generating values needs to know.

A validator of draft 2020-12 without `format`, which the generator satisfies by the way it builds, and without dynamic
references. Its work is paid from a budget, so schemas and patterns from strangers cannot hang it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from claudemock.engine.schema.budget import Budget
from claudemock.engine.schema.patterns import Patterns
from claudemock.engine.schema.refs import References
from claudemock.engine.schema.unevaluated import Evaluation

_DEEPEST = 100
_OPTIONS = 8  # of an enum, compared in one step
_DYNAMIC = frozenset({"$dynamicRef", "$recursiveRef"})
_COMBINING = _DYNAMIC | {"$ref", "allOf", "anyOf", "oneOf", "not", "if"}
_DEPENDING = ("dependentRequired", "dependentSchemas", "dependencies")


class TooDeep(ValueError):  # noqa: N818 - says what the schema is
    """A schema that cannot be followed to its end; the text is the keyword to blame, `depth` or that of a reference."""


class Matcher:
    """Matches values against schemas of one document.

    `matches` raises `TooDeep`, `PatternError` for a pattern that is none, and `Exhausted` when the budget is spent.
    """

    def __init__(self, references: References, patterns: Patterns, budget: Budget) -> None:
        self._references = references
        self._patterns = patterns
        self._budget = budget
        self._evaluation = Evaluation(references, self.matches, patterns.found)
        self._depth = 0

    def matches(self, value: Any, schema: Any) -> bool:
        """Whether the value satisfies the schema."""
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            raise TooDeep("$ref")
        self._budget.spend(1)
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise TooDeep("depth")
            return self._matches(value, schema)
        finally:
            self._depth -= 1

    def _matches(self, value: Any, schema: Mapping[str, Any]) -> bool:
        types = schema.get("type")
        if types is not None and not is_of_type(value, types):
            return False
        if "enum" in schema:
            self._budget.spend(len(schema["enum"]) // _OPTIONS)
            if not any(same(value, option) for option in schema["enum"]):
                return False
        if "const" in schema and not same(value, schema["const"]):
            return False
        return self._fits(value, schema) and (_COMBINING.isdisjoint(schema) or self._combines(value, schema))

    def _fits(self, value: Any, schema: Mapping[str, Any]) -> bool:
        if isinstance(value, str):
            return self._text(value, schema)
        if isinstance(value, dict):
            return self._object(value, schema)
        if isinstance(value, list):
            return self._array(value, schema)
        return isinstance(value, bool) or value is None or _number(value, schema)

    def _combines(self, value: Any, schema: Mapping[str, Any]) -> bool:
        if not _DYNAMIC.isdisjoint(schema):
            raise TooDeep(min(_DYNAMIC.intersection(schema)))
        reference = schema.get("$ref")
        if reference is not None and not self.matches(value, self._references.follow(reference)):
            return False
        if not all(self.matches(value, part) for part in schema.get("allOf", ())):
            return False
        if "anyOf" in schema and not any(self.matches(value, option) for option in schema["anyOf"]):
            return False
        if "oneOf" in schema and sum(self.matches(value, option) for option in schema["oneOf"]) != 1:
            return False
        if "not" in schema and self.matches(value, schema["not"]):
            return False
        if "if" in schema:
            then = "then" if self.matches(value, schema["if"]) else "else"
            return self.matches(value, schema.get(then, True))
        return True

    def _text(self, value: str, schema: Mapping[str, Any]) -> bool:
        pattern = schema.get("pattern")
        return within(len(value), schema, "Length") and (pattern is None or self._patterns.found(pattern, value))

    def _array(self, value: list[Any], schema: Mapping[str, Any]) -> bool:
        prefix = schema.get("prefixItems", ())
        if not within(len(value), schema, "Items"):
            return False
        if schema.get("uniqueItems") and len({identity(item) for item in value}) < len(value):
            return False
        if not all(self.matches(item, part) for item, part in zip(value, prefix, strict=False)):
            return False
        rest = schema.get("items", True)
        if rest is not True and not all(self.matches(item, rest) for item in value[len(prefix) :]):
            return False
        return self._contains(value, schema) and self._has_no_other(value, schema, "Items", self._evaluation.items)

    def _contains(self, value: list[Any], schema: Mapping[str, Any]) -> bool:
        if "contains" not in schema:
            return True
        count = sum(self.matches(item, schema["contains"]) for item in value)
        return bool(schema.get("minContains", 1) <= count <= schema.get("maxContains", count))

    def _has_no_other(self, value: Any, schema: Mapping[str, Any], of: str, evaluated: Callable[..., set[Any]]) -> bool:
        """Whether what nothing speaks of satisfies `unevaluatedItems` or `unevaluatedProperties`."""
        rest = schema.get("unevaluated" + of, True)
        if rest is True:
            return True
        others = (value.keys() if of == "Properties" else set(range(len(value)))) - evaluated(value, schema)
        return all(self.matches(value[key], rest) for key in others)

    def _object(self, value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
        if not within(len(value), schema, "Properties") or not value.keys() >= set(schema.get("required", ())):
            return False
        names = schema.get("propertyNames", True)
        if names is not True and not all(self.matches(name, names) for name in value):
            return False
        for name, item in value.items():
            for part in self.members(name, schema):
                if part is not True and not self.matches(item, part):
                    return False
        if not self._dependencies(value, schema):
            return False
        return self._has_no_other(value, schema, "Properties", self._evaluation.properties)

    def members(self, name: str, schema: Mapping[str, Any]) -> list[Any]:
        """All the schemas that an object schema has for the property `name`. Raises `PatternError`."""
        properties = schema.get("properties", {})
        found = [properties[name]] if name in properties else []
        if "patternProperties" not in schema:
            return found or [schema.get("additionalProperties", True)]
        found += [part for pattern, part in schema["patternProperties"].items() if self._patterns.found(pattern, name)]
        return found or [schema.get("additionalProperties", True)]

    def _dependencies(self, value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
        for keyword in _DEPENDING:
            for name, part in schema.get(keyword, {}).items():
                if name in value:
                    held = value.keys() >= set(part) if isinstance(part, list) else self.matches(value, part)
                    if not held:
                        return False
        return True


def is_of_type(value: Any, types: str | list[str]) -> bool:
    """Whether the value is of the type, or of one of the types; 1.0 is an integer, True is not."""
    if isinstance(types, list):
        return any(is_of_type(value, name) for name in types)
    if isinstance(value, bool) or value is None:
        return types == ("null" if value is None else "boolean")
    if isinstance(value, int | float):
        return types == "number" or (types == "integer" and (isinstance(value, int) or value.is_integer()))
    return types == ("string" if isinstance(value, str) else "array" if isinstance(value, list) else "object")


def within(size: int, schema: Mapping[str, Any], of: str) -> bool:
    """Whether a size keeps to `minLength` and `maxLength` (`of` is `Length`, `Items` or `Properties`)."""
    most = schema.get("max" + of)
    return bool(size >= schema.get("min" + of, 0) and (most is None or size <= most))


def identity(value: Any) -> Any:
    """A hashable stand-in that is equal for equal JSON values, and for them only: 1 is 1.0, and is not True."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", *map(identity, value))
    if isinstance(value, dict):
        return ("object", frozenset((name, identity(item)) for name, item in value.items()))
    return value


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal."""
    return bool(identity(left) == identity(right))


def is_multiple(value: float, of: float) -> bool:
    """Whether `multipleOf` holds, computed in floating point as validators do: 0.3 is no multiple of 0.1."""
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    try:
        return (value / of).is_integer()
    except OverflowError:
        return False


def _number(value: float, schema: Mapping[str, Any]) -> bool:
    return (
        value >= schema.get("minimum", value)
        and value <= schema.get("maximum", value)
        and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
        and ("multipleOf" not in schema or is_multiple(value, schema["multipleOf"]))
    )
