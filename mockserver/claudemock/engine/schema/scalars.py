"""Texts and numbers for a schema without combining keywords. All raise `Contradiction` where there is none."""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor, inf, nextafter
from typing import Any

from claudemock.engine.schema.dice import Dice
from claudemock.engine.schema.match import is_multiple
from claudemock.engine.schema.merge import Contradiction
from claudemock.engine.schema.pattern import ENDLESS, PatternError
from claudemock.engine.schema.patterns import Patterns
from claudemock.engine.schema.words import Words

_LONGEST = 1_000_000  # characters; more is refused rather than made
_TRIES = 8
_USUAL = 50  # how far from its only bound a number lies at most
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Scalars:
    """Makes texts and numbers from one stream of choices.

    `again` is how many values were already made for the same place and refused: the next is to differ.
    """

    def __init__(self, dice: Dice, words: Words, patterns: Patterns) -> None:
        self._dice = dice
        self._words = words
        self._patterns = patterns

    def text(self, schema: Mapping[str, Any], name: str, again: int) -> str:
        """A string: of the `pattern`, of the `format`, or one that suits the name or the description."""
        low, high = ceil(schema.get("minLength", 0)), schema.get("maxLength", ENDLESS)
        if low > high or low > _LONGEST:
            raise Contradiction("minLength")
        if "pattern" in schema:
            return self._patterned(schema, name, again, (low, floor(high)))
        if "format" in schema:
            for _ in range(_TRIES):
                value = self._words.formatted(schema["format"], self._dice)
                if value is None:
                    break
                if low <= len(value) <= high:
                    return value  # a format that does not fit the length is let go: it only annotates
        if again and high <= 12:
            size = max(low, min(floor(high), 1 + again // 4))
            return "".join(self._dice.pick(_LETTERS) for _ in range(size))
        value = self._words.text(name, str(schema.get("description", "")), self._dice)
        return _fitted(f"{value} {self._dice.below(10_000)}" if again else value, low, floor(high))

    def _patterned(self, schema: Mapping[str, Any], name: str, again: int, bounds: tuple[int, int]) -> str:
        low, high = bounds
        pattern = schema["pattern"]
        try:
            known = [self._words.formatted(schema["format"], self._dice)] if "format" in schema else []
            for value in known if again else [*known, *self._words.alternatives(name)]:
                if value is not None and low <= len(value) <= high and self._patterns.found(pattern, value):
                    return value
            exact = low + again // 2
            made = self._patterns.text(pattern, self._dice, exact, exact) if again % 2 else None
            if made is None:
                made = self._patterns.text(pattern, self._dice, low, high)
        except PatternError:
            raise Contradiction("pattern") from None
        if made is None:
            raise Contradiction("pattern")
        return made

    def integer(self, schema: Mapping[str, Any], name: str, again: int = 0) -> int:
        """A whole number."""
        low, high = _whole(schema)
        step = Fraction(str(schema.get("multipleOf", 1))).numerator
        first, last = self._window(low, high, name, again)
        if -(-first // step) > last // step:
            first, last = (low if low is not None else first - step), (high if high is not None else last + step)
        lowest, count = -(-first // step), last // step - -(-first // step) + 1
        if count < 1:
            raise Contradiction("multipleOf" if step > 1 else "minimum" if low is not None else "maximum")
        return (lowest + self._dice.below(count)) * step

    def _window(self, low: int | None, high: int | None, name: str, again: int) -> tuple[int, int]:
        """Where to look: the name's usual range inside the bounds, or else the part of them nearest to zero."""
        usual = None if again else self._words.range(name) or (1, _USUAL)
        if usual and (low is None or low <= usual[1]) and (high is None or high >= usual[0]):
            first, last = ceil(usual[0]), floor(usual[1])
            return (first if low is None else max(low, first)), (last if high is None else min(high, last))
        reach = _USUAL << min(again, 64)
        if low is None:
            return (1, reach) if high is None else (high - reach, high)
        return low, low + reach if high is None else min(high, low + reach)

    def number(self, schema: Mapping[str, Any], name: str) -> float:
        """A number, usually with a fraction."""
        try:
            low, high = _bounds(schema)
        except OverflowError:
            return self.integer(schema, name)
        if low > high:
            raise Contradiction("minimum")
        if "multipleOf" in schema:
            return self._multiple(schema, low, high)
        usual = self._words.range(name) or (0, 100)
        first, last = max(low, usual[0]), min(high, usual[1])
        if first > last:
            first = low if low > -inf else high - _USUAL
            last = min(high, first + _USUAL)
        share = self._dice.below(1000) / 1000
        value = first * (1 - share) + last * share
        tidy = round(value, 2)
        return next(each for each in (tidy, value, first) if low <= each <= high)

    def _multiple(self, schema: Mapping[str, Any], low: float, high: float) -> float:
        of = schema["multipleOf"]
        exact = Fraction(str(of))
        first = ceil(Fraction(low) / exact) if low > -inf else None
        last = floor(Fraction(high) / exact) if high < inf else None
        start = first if first is not None else min(last, 0) if last is not None else 1
        if last is not None and start > last:
            raise Contradiction("multipleOf")
        count = min(_USUAL, last - start + 1) if last is not None else _USUAL
        offset = self._dice.below(count)
        for turn in range(count):
            product = exact * (start + (offset + turn) % count)
            value = int(product) if product.denominator == 1 else float(product)
            if is_multiple(value, of) and low <= value <= high:
                return value
        raise Contradiction("multipleOf")


def _fitted(text: str, low: int, high: int) -> str:
    """The text, cut or repeated to the length."""
    if len(text) > high:
        cut = text[:high].rstrip()
        return cut if len(cut) >= low else text[:high]
    if len(text) >= low:
        return text
    return ((text + " ") * (low // (len(text) + 1) + 1))[:low] if low > len(text) else text


def _whole(schema: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The least and the greatest whole number allowed."""
    lows = [ceil(schema["minimum"])] if "minimum" in schema else []
    if "exclusiveMinimum" in schema:
        lows.append(floor(schema["exclusiveMinimum"]) + 1)
    highs = [floor(schema["maximum"])] if "maximum" in schema else []
    if "exclusiveMaximum" in schema:
        highs.append(ceil(schema["exclusiveMaximum"]) - 1)
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        raise Contradiction("minimum")
    return low, high


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    """The least and the greatest number allowed; `OverflowError` for bounds that no float holds."""
    low, high = _float(schema.get("minimum", -inf)), _float(schema.get("maximum", inf))
    if "exclusiveMinimum" in schema:
        low = max(low, nextafter(_float(schema["exclusiveMinimum"]), inf))
    if "exclusiveMaximum" in schema:
        high = min(high, nextafter(_float(schema["exclusiveMaximum"]), -inf))
    return low, high


def _float(bound: float) -> float:
    exact = float(bound)
    if exact != bound:
        raise OverflowError
    return exact
