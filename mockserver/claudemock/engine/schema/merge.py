"""Several schemas that have to hold at once, made into one that can be built from."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import gcd
from typing import Any

from claudemock.engine.schema.budget import Budget
from claudemock.engine.schema.match import same
from claudemock.engine.schema.refs import References

COMBINING = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if"}) | {
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "maxContains",
}
_APART = (COMBINING - {"dependentRequired"}) | {"then", "else", "$defs", "definitions", "$schema", "$id"}
_OBJECT = frozenset({"properties", "patternProperties", "additionalProperties"})
_ARRAY = frozenset({"prefixItems", "items"})
_CHECKED = (
    ("oneOf", ("oneOf",)),
    ("not", ("not",)),
    ("if", ("if", "then", "else")),
    ("maxContains", ("contains", "minContains", "maxContains")),
    ("dependentRequired", ("dependentRequired",)),
    ("dependencies", ("dependencies",)),
)
_MOST_REFERENCES = 100


class Contradiction(ValueError):  # noqa: N818 - says what the schemas are
    """The schemas cannot hold together; `keyword` is where they part."""

    def __init__(self, keyword: str) -> None:
        super().__init__(keyword)
        self.keyword = keyword


class Conjunction:
    """Schemas that have to hold together, taken apart.

    `plain` is one schema without combining keywords. `choices` are lists of schemas, of each of which one has to be
    chosen and added. `checks` are schemas that building from `plain` does not guarantee. `followed` are the `$ref` that
    were resolved.
    """

    def __init__(self, references: References, budget: Budget) -> None:
        self._references = references
        self._budget = budget
        self.plain: dict[str, Any] = {}
        self.choices: list[list[Any]] = []
        self.checks: list[dict[str, Any]] = []
        self.followed: list[str] = []

    def copy(self) -> "Conjunction":
        """An independent copy, to which something else can be added."""
        other = Conjunction(self._references, self._budget)
        other.plain = dict(self.plain)
        other.choices, other.checks = list(self.choices), list(self.checks)
        other.followed = list(self.followed)
        return other

    def add(self, schema: Any) -> None:
        """Let another schema hold too. Raises `Contradiction`."""
        waiting = [schema]
        while waiting:
            part = waiting.pop()
            if part is True:
                continue
            if not isinstance(part, Mapping):
                raise Contradiction("$ref" if part is None else "false")
            self._budget.spend(1 + len(part) + len(part.get("properties", ())))
            if "$ref" in part:
                waiting.append(self._follow(part["$ref"]))
            waiting += reversed(part.get("allOf", ()))
            self._take_apart(part)
            plain = {keyword: value for keyword, value in part.items() if keyword not in _APART}
            if "contains" not in part:
                plain.pop("minContains", None)  # which counts what the same schema's `contains` says
            listed = {name: need for name, need in part.get("dependencies", {}).items() if isinstance(need, list)}
            if listed:
                plain["dependentRequired"] = _unions(plain.get("dependentRequired", {}), listed)
            self._merge(plain)

    def _follow(self, reference: str) -> Any:
        self.followed.append(reference)
        if len(self.followed) > _MOST_REFERENCES:
            raise Contradiction("$ref")
        return self._references.follow(reference)

    def _take_apart(self, part: Mapping[str, Any]) -> None:
        if "anyOf" in part:
            self.choices.append(part["anyOf"])
        if "oneOf" in part:
            self.choices.append(part["oneOf"])
        if "if" in part:
            self.choices.append([{"allOf": [part["if"], part.get("then", True)]}, part.get("else", True)])
        for keyword in ("dependentSchemas", "dependencies"):
            for name, needed in part.get(keyword, {}).items():
                if not isinstance(needed, list):
                    self.choices.append([{"required": [name], "allOf": [needed]}, {"properties": {name: False}}])
        for trigger, keywords in _CHECKED:
            if trigger in part:
                self.checks.append({keyword: part[keyword] for keyword in keywords if keyword in part})

    def _merge(self, other: dict[str, Any]) -> None:
        plain = self.plain
        if not plain:
            self.plain = other
            return
        if not _OBJECT.isdisjoint(other) and not _OBJECT.isdisjoint(plain):
            self._merge_objects(other)
        if not _ARRAY.isdisjoint(other) and not _ARRAY.isdisjoint(plain):
            self._merge_arrays(other)
        if "contains" in plain and "contains" in other:
            self.checks.append({k: other.pop(k) for k in ("contains", "minContains") if k in other})
        for keyword, value in other.items():
            if keyword not in plain:
                plain[keyword] = value
            elif keyword in _MERGES:
                plain[keyword] = _MERGES[keyword](plain[keyword], value)
            elif keyword in _UNMERGED and not same(plain[keyword], value):
                self.checks.append({keyword: value})

    def _merge_objects(self, other: dict[str, Any]) -> None:
        """Join what two schemas say of properties, each one's `additionalProperties` for the other's included."""
        plain, mine, theirs = self.plain, self.plain.get("properties", {}), other.pop("properties", {})
        rest, their_rest = plain.get("additionalProperties", True), other.pop("additionalProperties", True)
        patterns = {**plain.get("patternProperties", {}), **other.get("patternProperties", {})}
        if patterns:
            # Which of the names a pattern holds is left to the final check.
            named = plain.pop("patternProperties", {})
            self.checks += [
                {"properties": mine, "additionalProperties": rest, "patternProperties": named},
                {"properties": theirs, "additionalProperties": their_rest, **other},
            ]
            other["patternProperties"] = patterns
        my_other, their_other = (True, True) if patterns else (rest, their_rest)
        properties = {name: both(part, theirs.get(name, their_other)) for name, part in mine.items()}
        properties |= {name: both(my_other, part) for name, part in theirs.items() if name not in mine}
        self._budget.spend(len(properties))
        plain["properties"] = properties
        plain["additionalProperties"] = both(rest, their_rest)

    def _merge_arrays(self, other: dict[str, Any]) -> None:
        mine, rest = self.plain.get("prefixItems", []), self.plain.get("items", True)
        theirs, their_rest = other.pop("prefixItems", []), other.pop("items", True)
        self.plain["prefixItems"] = [
            both(mine[at] if at < len(mine) else rest, theirs[at] if at < len(theirs) else their_rest)
            for at in range(max(len(mine), len(theirs)))
        ]
        self.plain["items"] = both(rest, their_rest)


def both(left: Any, right: Any) -> Any:
    """A schema that holds where both hold."""
    if left is True:
        return right
    if right is True:
        return left
    return False if left is False or right is False else {"allOf": [left, right]}


def _types(left: str | list[str], right: str | list[str]) -> list[str]:
    mine = [left] if isinstance(left, str) else left
    theirs = [right] if isinstance(right, str) else right
    shared = [name for name in mine if name in theirs or (name == "integer" and "number" in theirs)]
    shared += [name for name in theirs if name == "integer" and "number" in mine and name not in shared]
    if not shared:
        raise Contradiction("type")
    return shared


def _options(left: list[Any], right: list[Any]) -> list[Any]:
    shared = [option for option in left if any(same(option, other) for other in right)]
    if not shared:
        raise Contradiction("enum")
    return shared


def _constant(left: Any, right: Any) -> Any:
    if not same(left, right):
        raise Contradiction("const")
    return left


def _common_multiple(left: float, right: float) -> float:
    mine, theirs = Fraction(str(left)), Fraction(str(right))
    numerator = mine.numerator * theirs.numerator // gcd(mine.numerator, theirs.numerator)
    common = Fraction(numerator, gcd(mine.denominator, theirs.denominator))
    return common.numerator if common.denominator == 1 else float(common)


def _unions(left: dict[str, list[str]], right: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: _union(left.get(name, []), right.get(name, [])) for name in {**left, **right}}


def _union(left: list[str], right: list[str]) -> list[str]:
    return list(dict.fromkeys([*left, *right]))


_UNMERGED = frozenset({"pattern", "format"})
_MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": _options,
    "const": _constant,
    "multipleOf": _common_multiple,
    "required": _union,
    "dependentRequired": _unions,
    "propertyNames": both,
    "uniqueItems": lambda left, right: left or right,
    "unevaluatedProperties": both,
    "unevaluatedItems": both,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
