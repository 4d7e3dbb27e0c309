"""Which properties and items of a value the keywords of a schema speak of; `unevaluated…` is about the others."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from claudemock.engine.schema.refs import References

Matches = Callable[[Any, Any], bool]


class Evaluation:
    """`matches` says whether a value satisfies a schema, `found` whether a pattern is found in a text."""

    def __init__(self, references: References, matches: Matches, found: Callable[[str, str], bool]) -> None:
        self._references = references
        self._matches = matches
        self._found = found

    def properties(self, value: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
        """The names that `schema`, its own `unevaluatedProperties` left aside, or a schema applied beside it covers."""
        if "additionalProperties" in schema:
            return set(value)
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        names = {name for name in value if name in named or any(self._found(pattern, name) for pattern in patterns)}
        for part in self._applied(value, schema):
            names |= set(value) if "unevaluatedProperties" in part else self.properties(value, part)
        return names

    def items(self, value: list[Any], schema: Mapping[str, Any]) -> set[int]:
        """The places that `schema`, its own `unevaluatedItems` left aside, or a schema applied beside it covers."""
        if "items" in schema:
            return set(range(len(value)))
        places = set(range(min(len(schema.get("prefixItems", ())), len(value))))
        if "contains" in schema:
            places |= {at for at, item in enumerate(value) if self._matches(item, schema["contains"])}
        for part in self._applied(value, schema):
            places |= set(range(len(value))) if "unevaluatedItems" in part else self.items(value, part)
        return places

    def _applied(self, value: Any, schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The schemas applied to the same value that it satisfies."""
        parts = [*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if "$ref" in schema:
            parts.append(self._references.follow(schema["$ref"]))
        if "if" in schema:
            parts += [schema["if"], schema.get("then" if self._matches(value, schema["if"]) else "else", True)]
        if isinstance(value, Mapping):
            parts += [part for name, part in schema.get("dependentSchemas", {}).items() if name in value]
        return (part for part in parts if isinstance(part, Mapping) and self._matches(value, part))
