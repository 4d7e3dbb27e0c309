"""Regular expressions of JSON Schema's `pattern`: read, and matched in bounded time.

Written for patterns that come from strangers. Python's own engine can hang on one; the matcher here follows all
positions at once, and its work is paid from a budget. The syntax is that of ECMA 262 without backreferences and
`\\p{…}`.
"""

from typing import NamedTuple, NoReturn

from claudemock.engine.schema.budget import Budget

ENDLESS = 1 << 40  # stands for "no upper limit" in lengths and repetitions
_DEEPEST = 60  # groups within groups
_PLACES = 16  # tried in one step of the budget
_RANGES = 8  # of a class, compared as quickly as a place is tried
_LONGEST_PATTERN = 10_000


class PatternError(ValueError):
    """The pattern is not a regular expression we know, or too costly to use."""


class Chars(NamedTuple):
    """One character out of `ranges` (code points, both ends included), or with `negated` any other."""

    ranges: tuple[tuple[int, int], ...]
    negated: bool = False
    shortest: int = 1
    longest: int = 1

    def holds(self, char: str) -> bool:
        """Whether the character belongs."""
        code = ord(char)
        return any(first <= code <= last for first, last in self.ranges) is not self.negated


class Edge(NamedTuple):
    """A place without width: `^`, `$`, `b` or `B`."""

    kind: str
    shortest: int = 0
    longest: int = 0


class Look(NamedTuple):
    """A look ahead of the place, or behind it."""

    item: "Node"
    behind: bool
    negated: bool
    shortest: int = 0
    longest: int = 0


class Sequence(NamedTuple):
    """One item after the other; lengths in characters."""

    items: tuple["Node", ...]
    shortest: int
    longest: int


class Choice(NamedTuple):
    """One of the options."""

    options: tuple["Node", ...]
    shortest: int
    longest: int


class Repeat(NamedTuple):
    """The item `low` to `high` times."""

    item: "Node"
    low: int
    high: int
    shortest: int
    longest: int


Node = Chars | Edge | Look | Sequence | Choice | Repeat

_DIGIT = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32), (160, 160), (0x2028, 0x2029), (0xFEFF, 0xFEFF))
_CLASSES = {"d": (_DIGIT, False), "D": (_DIGIT, True), "w": (_WORD, False), "W": (_WORD, True)} | {
    "s": (_SPACE, False),
    "S": (_SPACE, True),
}
_CONTROL = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}
_ANY = Chars(((10, 10), (13, 13), (0x2028, 0x2029)), negated=True)
_LOOKS = {"=": (False, False), "!": (False, True), "<=": (True, False), "<!": (True, True)}


def parse(pattern: str) -> Node:
    """The pattern as a tree. Raises `PatternError`, whose text says what is wrong in the pattern."""
    if len(pattern) > _LONGEST_PATTERN:
        raise PatternError(f"longer than {_LONGEST_PATTERN} characters")
    reader = _Reader(pattern)
    node = reader.choice(0)
    if reader.at < len(pattern):
        raise PatternError("unbalanced ')'")
    return node


def found_in(node: Node, text: str, budget: Budget) -> bool:
    """Whether the pattern matches anywhere in the text, as JSON Schema's `pattern` asks.

    Raises `Exhausted` where finding out takes more than the budget has.
    """
    return bool(_Run(text, budget).ends(node, set(range(len(text) + 1))))


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes right below this one, those of a look-around left out."""
    if isinstance(node, Sequence):
        return node.items
    if isinstance(node, Choice):
        return node.options
    return (node.item,) if isinstance(node, Repeat) else ()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.at = 0

    def choice(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise PatternError(f"groups deeper than {_DEEPEST}")
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        if len(options) == 1:
            return options[0]
        return Choice(tuple(options), min(o.shortest for o in options), max(o.longest for o in options))

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while self.at < len(self._pattern) and self._pattern[self.at] not in "|)":
            items.append(self._quantified(self._atom(depth)))
        if len(items) == 1:
            return items[0]
        return Sequence(tuple(items), *_capped(sum(i.shortest for i in items), sum(i.longest for i in items)))

    def _quantified(self, item: Node) -> Node:
        bounds = self._quantifier()
        if bounds is None:
            return item
        low, high = bounds
        self._take("?")  # a lazy quantifier matches the same texts
        if self.at < len(self._pattern) and self._quantifier() is not None:
            raise PatternError("a quantifier after a quantifier")
        return Repeat(item, low, high, *_capped(item.shortest * low, item.longest * high))

    def _quantifier(self) -> tuple[int, int] | None:
        for sign, bounds in (("*", (0, ENDLESS)), ("+", (1, ENDLESS)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        if not self._pattern.startswith("{", self.at):
            return None
        inside, brace, _ = self._pattern[self.at + 1 : self.at + 22].partition("}")
        low, comma, high = inside.partition(",")
        if not (brace and low.isdecimal() and inside.isascii() and (high.isdecimal() or not high)):
            return None
        self.at += len(inside) + 2
        bounds = int(low), int(high) if high else ENDLESS if comma else int(low)
        if bounds[0] > bounds[1]:
            raise PatternError("numbers out of order in {} quantifier")
        return bounds

    def _atom(self, depth: int) -> Node:
        char = self._next()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        if char in "^$":
            return Edge(char)
        if char in "*+?":
            raise PatternError(f"Quantifier '{char}' without preceding element")
        return _ANY if char == "." else Chars(((ord(char), ord(char)),))

    def _group(self, depth: int) -> Node:
        look = None
        if self._take("?"):
            sign = next((s for s in ("<=", "<!", "=", "!", ":") if self._take(s)), None)
            if sign is None:
                self._name()
            look = _LOOKS.get(sign or "")
        node = self.choice(depth + 1)
        if not self._take(")"):
            raise PatternError("missing ')'")
        return node if look is None else Look(node, *look)

    def _name(self) -> None:
        self._take("P")
        name, closed, _ = self._pattern[self.at + 1 : self.at + 100].partition(">")
        if not (self._take("<") and closed and name.isidentifier()):
            raise PatternError("unknown kind of group after '(?'")
        self.at += len(name) + 1

    def _set(self) -> Node:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self._pattern.startswith("]", self.at):
            if first and self._take("]"):  # ECMA: `[]` matches nothing and `[^]` everything
                return Chars((), negated)
            first = False
            ranges += self._member()
        self.at += 1
        return Chars(tuple(ranges), negated)

    def _member(self) -> tuple[tuple[int, int], ...]:
        low = self._set_char()
        if isinstance(low, tuple):
            return low
        if self._pattern.startswith("-", self.at) and not self._pattern.startswith("-]", self.at):
            self.at += 1
            high = self._set_char()
            if isinstance(high, tuple):
                return ((low, low), (45, 45), *high)
            if high < low:
                raise PatternError("range out of order in character class")
            return ((low, high),)
        return ((low, low),)

    def _set_char(self) -> int | tuple[tuple[int, int], ...]:
        char = self._next()
        if char != "\\":
            return ord(char)
        if self._pattern.startswith("b", self.at):
            self.at += 1
            return 8
        escaped = self._escape()
        if not isinstance(escaped, Chars):
            raise PatternError("an assertion in a character class")
        if len(escaped.ranges) == 1 and escaped.ranges[0][0] == escaped.ranges[0][1] and not escaped.negated:
            return escaped.ranges[0][0]
        return _complement(escaped.ranges) if escaped.negated else escaped.ranges

    def _escape(self) -> Node:
        char = self._next()
        if char in _CLASSES:
            ranges, negated = _CLASSES[char]
            return Chars(ranges, negated)
        if char in "bB":
            return Edge(char)
        if char in "AZz":  # not ECMA, but what Python and Rust libraries write for the ends of the text
            return Edge("^" if char == "A" else "$")
        code = _CONTROL.get(char)
        if code is None:
            code = self._code_point(char)
        return Chars(((code, code),))

    def _code_point(self, char: str) -> int:
        if char == "x":
            return self._hexadecimal(2)
        if char == "u":
            if self._take("{"):
                code = self._hexadecimal(self._pattern.find("}", self.at) - self.at)
                self.at += 1
                return code
            return self._hexadecimal(4)
        if char.isascii() and char.isalnum():
            raise PatternError(f"unsupported escape '\\{char}'")
        return ord(char)

    def _hexadecimal(self, digits: int) -> int:
        text = self._pattern[self.at : self.at + digits]
        try:
            code = int(text, 16)
        except ValueError:
            raise PatternError("incomplete escape") from None
        if digits < 1 or len(text) < digits or code > 0x10FFFF:
            raise PatternError("incomplete escape")
        self.at += digits
        return code

    def _next(self) -> str:
        if self.at >= len(self._pattern):
            self._end()
        self.at += 1
        return self._pattern[self.at - 1]

    def _take(self, text: str) -> bool:
        if not self._pattern.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def _end(self) -> NoReturn:
        raise PatternError("the pattern ends too early")


def _capped(shortest: int, longest: int) -> tuple[int, int]:
    return min(shortest, ENDLESS), min(longest, ENDLESS)


def _complement(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The other code points. `ranges` are in order, as those of the escapes are."""
    edges = [0, *(edge for first, last in ranges for edge in (first - 1, last + 1)), 0x10FFFF]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


class _Run:
    """One text being matched: from every place in a set to the set of places where the match can end."""

    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        self._budget = budget
        self._tried = 0

    def ends(self, node: Node, starts: set[int]) -> set[int]:
        self._tried += 1 + len(starts)
        if self._tried >= _PLACES:
            self._budget.spend(self._tried // _PLACES)
            self._tried %= _PLACES
        if isinstance(node, Chars):
            text, holds = self._text, node.holds
            self._tried += len(starts) * (len(node.ranges) // _RANGES)
            return {at + 1 for at in starts if at < len(text) and holds(text[at])}
        if isinstance(node, Sequence):
            for item in node.items:
                if not starts:
                    break
                starts = self.ends(item, starts)
            return starts
        if isinstance(node, Choice):
            return {end for option in node.options for end in self.ends(option, starts)}
        if isinstance(node, Repeat):
            return self._repeated(node, starts)
        if isinstance(node, Edge):
            return {at for at in starts if self._is_edge(node.kind, at)}
        return {at for at in starts if self._looks(node, at) is not node.negated}

    def _repeated(self, node: Repeat, starts: set[int]) -> set[int]:
        places, count = starts, 0
        while count < node.low:
            after = self.ends(node.item, places)
            count += 1
            if after == places:  # more rounds change nothing
                count = node.low
            places = after
            if not places:
                return places
        reached, new = set(places), places
        while new and count < node.high:
            new = self.ends(node.item, new) - reached
            reached |= new
            count += 1
        return reached

    def _is_edge(self, kind: str, at: int) -> bool:
        if kind == "^":
            return at == 0
        if kind == "$":
            return at == len(self._text)
        inside = self._is_word(at - 1) != self._is_word(at)
        return inside is (kind == "b")

    def _is_word(self, at: int) -> bool:
        return 0 <= at < len(self._text) and Chars(_WORD).holds(self._text[at])

    def _looks(self, node: Look, at: int) -> bool:
        if not node.behind:
            return bool(self.ends(node.item, {at}))
        return any(at in self.ends(node.item, {start}) for start in range(at + 1))
