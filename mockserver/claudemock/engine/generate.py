"""A value for a JSON Schema: what a tool is called with, or what structured output holds, when no script says.

The same schema and seed give the same value. A model's taste is imitated where that is cheap: names and descriptions
suggest values, examples and defaults are used, optional properties are usually there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from math import ceil, floor
from typing import Any, TypeVar

from claudemock.engine.schema.apart import parted_options
from claudemock.engine.schema.budget import Budget, Exhausted
from claudemock.engine.schema.dice import Dice
from claudemock.engine.schema.draft import TYPES, violation
from claudemock.engine.schema.match import Matcher, TooDeep, identity
from claudemock.engine.schema.merge import COMBINING, Conjunction, Contradiction, both
from claudemock.engine.schema.pattern import ENDLESS, PatternError
from claudemock.engine.schema.patterns import Patterns
from claudemock.engine.schema.place import Place
from claudemock.engine.schema.refs import References
from claudemock.engine.schema.scalars import Scalars
from claudemock.engine.schema.words import words

T = TypeVar("T")

_MOST_STEPS = 30_000
_PLENTY = 2_000  # steps, after which only what is required is still made
_DEEPEST = 50  # objects and arrays within each other
_ATTEMPTS = 12
_PROOFS = 4  # values held against the whole schema
_MOST_ITEMS = 10_000
_ITEM_ATTEMPTS = 64
_LEFT_OUT = 6  # one optional property in so many is left out
_NULL = 8  # one nullable value in so many is null
_GIVEN = frozenset({"examples", "example", "default"})
_ANNOTATIONS = frozenset({"title", "description", "default", "examples", "example"})
_SIGNS = (
    ("object", frozenset({"properties", "required", "additionalProperties", "patternProperties", "propertyNames"})),
    ("object", frozenset({"minProperties", "maxProperties"})),
    ("array", frozenset({"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"})),
    ("string", frozenset({"pattern", "format", "minLength", "maxLength"})),
    ("number", frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})),
)


class UnsatisfiableSchema(ValueError):  # noqa: N818 - says what the schema is
    """No value was found: there is none, or finding one takes a feature or an effort that we do not spend.

    `path` is the place in the value (`$.address.zip`, `$.items[0]`), `keyword` the schema keyword that failed there.
    """

    def __init__(self, path: str, keyword: str, *, final: bool = False) -> None:
        super().__init__(f"{path}: no value for the schema's {keyword}")
        self.path = path
        self.keyword = keyword
        self.final = final  # trying something else is pointless


def generate(schema: Mapping[str, Any], seed: bytes, *, root: Mapping[str, Any] | None = None) -> Any:
    """A JSON value that satisfies the schema, the same one for the same seed.

    `root` is the document in which `$ref` is looked up, where the schema is only a part of it. Raises
    `UnsatisfiableSchema`; never takes long, whatever the schema.
    """
    document = schema if root is None else root
    if violation(schema) or (document is not schema and violation(document)):
        raise UnsatisfiableSchema("$", "draft 2020-12")
    try:
        return _Maker(document, Dice(seed)).proven(schema)
    except UnsatisfiableSchema:
        raise
    except RecursionError:
        raise UnsatisfiableSchema("$", "depth") from None
    except (ArithmeticError, ValueError, TypeError, AttributeError, LookupError):
        # What the draft's rules do not see: keywords of other drafts, numbers without end.
        raise UnsatisfiableSchema("$", "draft 2020-12") from None


def _failure(place: Place, error: Exception) -> UnsatisfiableSchema:
    if isinstance(error, Exhausted):
        return UnsatisfiableSchema(str(place), "complexity", final=True)
    return UnsatisfiableSchema(str(place), "pattern" if isinstance(error, PatternError) else str(error))


class _Others:
    """The items made so far of an array without repetition, and how often one had to be made again."""

    __slots__ = ("again", "seen")

    def __init__(self) -> None:
        self.seen: set[Any] = set()
        self.again = 0


class _Maker:
    def __init__(self, root: Mapping[str, Any], dice: Dice) -> None:
        self._budget = Budget(_MOST_STEPS)
        self._references = References(root, self._budget)
        self._dice = dice
        self._patterns = Patterns(self._budget)
        self._matcher = Matcher(self._references, self._patterns, self._budget)
        self._scalars = Scalars(dice, words(), self._patterns)

    def proven(self, schema: Mapping[str, Any]) -> Any:
        """A value that was held against the whole schema in the end: building alone cannot keep every promise."""
        root = Place(None, "$", "")
        try:
            for again in range(_PROOFS):
                value = self.value(schema, root.within((), again))
                if self._matcher.matches(value, schema):
                    return value
            broken = (key for key, part in schema.items() if not self._matcher.matches(value, {key: part}))
            raise Contradiction(next(broken, "if"))
        except (Contradiction, PatternError, TooDeep, Exhausted) as error:
            raise _failure(root, error) from None

    def value(self, schema: Any, place: Place) -> Any:
        """A value for the schema. Raises `UnsatisfiableSchema`."""
        if place.depth > _DEEPEST:
            raise UnsatisfiableSchema(str(place), "depth")
        try:
            self._budget.spend(1)
            if schema is True:
                return self._scalars.text({}, place.name, place.again)
            if schema is False or not isinstance(schema, Mapping):
                raise Contradiction("$ref" if schema is None else "false")
            if COMBINING.isdisjoint(schema):
                return self._plain(schema, place)
            return self._combined(schema, place)
        except (Contradiction, PatternError, TooDeep, Exhausted) as error:
            raise _failure(place, error) from None

    def _sparing(self, place: Place) -> bool:
        """Whether to add nothing that is not asked for: inside itself, and once the value has grown large."""
        return place.shallow or self._budget.left < _MOST_STEPS - _PLENTY

    def _combined(self, schema: Mapping[str, Any], place: Place) -> Any:
        start = Conjunction(self._references, self._budget)
        start.add(schema)
        try:
            return self._attempted(start, schema, place)
        except (Contradiction, UnsatisfiableSchema) as error:
            if getattr(error, "final", False) or "oneOf" not in schema:
                raise
            parted = parted_options(schema["oneOf"], self._references.follow)
            if not parted:
                raise
        start.choices.append(parted)
        return self._attempted(start, schema, place)

    def _attempted(self, start: Conjunction, schema: Mapping[str, Any], place: Place) -> Any:
        failed: Exception = Contradiction(next((k for k in ("not", "oneOf", "anyOf", "if") if k in schema), "allOf"))
        for again in range(_ATTEMPTS):
            checked = False
            for whole in self._solutions(start, place):
                checked = checked or bool(whole.checks)
                here = place.within(whole.followed, again)
                try:
                    value = self._plain(whole.plain, here)
                except (Contradiction, UnsatisfiableSchema) as error:
                    if getattr(error, "final", False):
                        raise
                    failed = error
                    continue
                if all(self._matcher.matches(value, check) for check in whole.checks):
                    return value
            if not checked:
                break
        raise failed

    def _solutions(self, start: Conjunction, place: Place) -> Iterator[Conjunction]:
        """The conjunction with one of every choice made, in every way that is no contradiction."""
        waiting = [start]
        while waiting:
            whole = waiting.pop()
            if not whole.choices:
                yield whole
                continue
            following = []
            for option in self._ordered(whole.choices[0], self._sparing(place.within(whole.followed, 0))):
                other = whole.copy()
                other.choices.pop(0)
                try:
                    other.add(option)
                except Contradiction:
                    continue
                following.append(other)
            waiting += reversed(following)

    def _ordered(self, options: Sequence[Any], sparing: bool) -> list[Any]:
        """The options in the order to try: any, but null last; where a definition contains itself, null first."""
        turn = self._dice.below(len(options))
        turned = [*options[turn:], *options[:turn]]
        if not sparing:
            return sorted(turned, key=_is_null, reverse=self._dice.chance(_NULL))
        return sorted(turned, key=_growth)

    def _plain(self, schema: Mapping[str, Any], place: Place) -> Any:
        """A value for a schema without combining keywords."""
        if "enum" in schema or "const" in schema:
            return self._option(schema, place)
        if not place.again and not _GIVEN.isdisjoint(schema):
            given = [value for value in _given(schema) if self._matcher.matches(value, schema)]
            if given:
                return self._dice.pick(given)
        types = schema.get("type")
        if isinstance(types, str):
            return self._of_type(types, schema, place)
        failed: Exception = Contradiction("type")
        for name in _guessed(schema, place.again) if types is None else self._ordered_types(types):
            try:
                return self._of_type(name, schema, place)
            except (Contradiction, UnsatisfiableSchema) as error:
                if getattr(error, "final", False):
                    raise
                failed = error
        raise failed

    def _ordered_types(self, types: list[str]) -> list[str]:
        turn = self._dice.below(len(types))
        return sorted([*types[turn:], *types[:turn]], key=lambda name: name == "null", reverse=self._dice.chance(_NULL))

    def _option(self, schema: Mapping[str, Any], place: Place) -> Any:
        keyword = "const" if "const" in schema else "enum"
        options = [schema["const"]] if keyword == "const" else schema["enum"]
        others = {name: part for name, part in schema.items() if name != keyword and name not in _ANNOTATIONS}
        turn = self._pick(range(len(options)), place) if options else 0
        for at in range(len(options)):
            option = options[(turn + at) % len(options)]
            if not others or self._matcher.matches(option, others):
                return option
        raise Contradiction(keyword)

    def _pick(self, options: Sequence[T], place: Place) -> T:
        """Any of the options; when asked again, every second time the next in turn, so that all are reached."""
        return options[place.again // 2 % len(options)] if place.again % 2 else self._dice.pick(options)

    def _of_type(self, name: str, schema: Mapping[str, Any], place: Place) -> Any:
        if name == "string":
            text = self._scalars.text(schema, place.name, place.again)
            self._budget.spend(len(text) // 100)
            return text
        if name == "object":
            return self._object(schema, place)
        if name == "array":
            return self._array(schema, place)
        if name == "integer":
            return self._scalars.integer(schema, place.name, place.again)
        if name == "number":
            return self._scalars.number(schema, place.name)
        return self._pick((True, False), place) if name == "boolean" else None

    def _array(self, schema: Mapping[str, Any], place: Place) -> list[Any]:
        prefix = schema.get("prefixItems", ())
        rest = schema.get("items", schema.get("unevaluatedItems", True))
        contained = ceil(schema.get("minContains", 1)) if "contains" in schema else 0
        low, high = ceil(schema.get("minItems", 0)), schema.get("maxItems", ENDLESS)
        least = max(low, contained)
        if least > min(high, _MOST_ITEMS):
            raise Contradiction("minItems" if low >= contained else "minContains")
        start = 0 if rest is False or len(prefix) + contained > high else len(prefix)
        usual = least if self._sparing(place) else len(prefix) or 1 + self._dice.below(3)
        items: list[Any] = []
        others = _Others() if schema.get("uniqueItems") else None
        for at in range(floor(min(max(usual, least, start + contained if contained else 0), high))):
            part = prefix[at] if at < len(prefix) else rest
            if start <= at < start + contained:
                part = both(part, schema["contains"])
            try:
                items.append(self._item(part, place, at, others))
            except UnsatisfiableSchema as error:
                if error.final or at < max(low, start + contained if contained else 0):
                    raise
                break
        return items

    def _item(self, schema: Any, place: Place, at: int, others: _Others | None) -> Any:
        """One item, unlike the `others`, to which it is added."""
        if others is None:
            return self.value(schema, Place(place, f"[{at}]", place.name, place.again))
        options = schema.get("enum", ()) if isinstance(schema, Mapping) else ()
        for _ in range(_ITEM_ATTEMPTS + 2 * len(options)):
            value = self.value(schema, Place(place, f"[{at}]", place.name, place.again + others.again))
            key = identity(value)
            if key not in others.seen:
                others.seen.add(key)
                return value
            others.again += 1
        raise UnsatisfiableSchema(str(place), "uniqueItems")

    def _object(self, schema: Mapping[str, Any], place: Place) -> dict[str, Any]:
        properties = schema.get("properties", {})
        needed = _followed(schema.get("required", ()), schema.get("dependentRequired", {}))
        spare = schema.get("maxProperties", ENDLESS) - len(needed)
        if spare < 0:
            raise Contradiction("maxProperties")
        sparse = place.again >= _ATTEMPTS // 2
        made: dict[str, Any] = {}
        for name in [*properties, *sorted(needed - properties.keys())]:
            if name in needed:
                self._property(made, name, schema, place, needed=True)
            elif spare >= 1 and not sparse and not self._sparing(place) and not self._dice.chance(_LEFT_OUT):
                spare -= self._property(made, name, schema, place)
        self._fill(made, schema, place, sparse=sparse or self._sparing(place))
        return made

    def _property(
        self, made: dict[str, Any], name: str, schema: Mapping[str, Any], place: Place, *, needed: bool = False
    ) -> bool:
        """Make one property, and say whether it was; only one that is needed has to be possible."""
        names = schema.get("propertyNames", True)
        if names is not True and not self._matcher.matches(name, names):
            if needed:
                raise Contradiction("propertyNames")
            return False
        if "patternProperties" in schema:
            part: Any = reduce(both, self._matcher.members(name, schema))
        else:
            part = schema.get("properties", {}).get(name, _rest(schema))
        try:
            made[name] = self.value(part, Place(place, f".{name}", name, place.again))
        except UnsatisfiableSchema as error:
            if needed or error.final:
                raise
            return False
        return True

    def _fill(self, made: dict[str, Any], schema: Mapping[str, Any], place: Place, *, sparse: bool) -> None:
        """Add properties until there are enough: optional ones, then others the schema allows."""
        properties, patterns, rest = schema.get("properties", {}), schema.get("patternProperties"), _rest(schema)
        least, most = ceil(schema.get("minProperties", 0)), schema.get("maxProperties", ENDLESS)
        wanted = least
        if not properties and not sparse and (patterns or isinstance(rest, Mapping)):
            wanted = floor(min(max(least, 1 + self._dice.below(2)), most))
        if wanted > min(most, _MOST_ITEMS):
            raise Contradiction("minProperties")
        for name in properties if len(made) < wanted else ():
            if len(made) < wanted and name not in made:
                self._property(made, name, schema, place)
        for turn in range(2 * (wanted - len(made)) + 20 if patterns or rest is not False else 0):
            if len(made) >= wanted:
                break
            name = self._new_name(schema, place, turn)
            if name is not None and name not in made and name not in properties:
                self._property(made, name, schema, place)
        if len(made) < least:
            raise Contradiction("minProperties")

    def _new_name(self, schema: Mapping[str, Any], place: Place, turn: int) -> str | None:
        """A name for one more property."""
        patterns = schema.get("patternProperties")
        if patterns:
            return self._patterns.text(self._dice.pick(list(patterns)), self._dice, turn // 4, ENDLESS)
        if "propertyNames" in schema:
            name = self.value(both({"type": "string"}, schema["propertyNames"]), Place(place, "{name}", "key", turn))
            return str(name)
        return f"key_{turn + 1}"


def _rest(schema: Mapping[str, Any]) -> Any:
    """What the properties that are not named have to be."""
    return schema.get("additionalProperties", schema.get("unevaluatedProperties", True))


def _followed(required: Iterable[str], dependent: Mapping[str, list[str]]) -> frozenset[str]:
    """The required names, and those that they require in turn."""
    needed = set(required)
    waiting = list(needed) if dependent else []
    while waiting:
        more = set(dependent.get(waiting.pop(), ())) - needed
        needed |= more
        waiting += more
    return frozenset(needed)


def _is_null(option: Any) -> bool:
    return isinstance(option, Mapping) and (
        option.get("type") == "null" or ("const" in option and option["const"] is None)
    )


def _growth(option: Any) -> int:
    """How much a choice may add to a value that has to stay small."""
    if _is_null(option) or not isinstance(option, Mapping):
        return 0
    return 2 if "$ref" in option else 1


def _given(schema: Mapping[str, Any]) -> list[Any]:
    """The values that the schema itself offers: its examples, or else its default; null only says `optional`."""
    examples = schema.get("examples") or [schema[name] for name in ("example", "default") if name in schema][:1]
    return [value for value in examples if value is not None]


def _guessed(schema: Mapping[str, Any], again: int) -> list[str]:
    """The types to try for a schema without `type`: what its keywords are about, then all others."""
    found = [name for name, signs in _SIGNS if not signs.isdisjoint(schema)]
    names = list(dict.fromkeys([*found, "string", *sorted(TYPES)]))
    return names[again % len(names) :] + names[: again % len(names)]
