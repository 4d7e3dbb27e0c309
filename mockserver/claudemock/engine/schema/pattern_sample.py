"""Texts that match a pattern."""

from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase, digits, punctuation

from claudemock.engine.schema.budget import Budget
from claudemock.engine.schema.dice import Dice
from claudemock.engine.schema.pattern import (
    Chars,
    Choice,
    Edge,
    Look,
    Node,
    PatternError,
    Repeat,
    Sequence,
    found_in,
    parts,
)

_LONGEST = 20_000  # characters; longer texts of a pattern take too long to write
_TRIES = 12
_POOL_STEPS = 4  # of finding out which characters a class has
_ITEMS = 8  # written in one step
_POOLS = (ascii_lowercase + digits, ascii_uppercase + digits, punctuation + " ")


def sample(node: Node, dice: Dice, shortest: int, longest: int, budget: Budget) -> str | None:
    """A text of `shortest` to `longest` characters in which the pattern is found; None where none was found.

    Anchors at the ends and everything without look-around work by construction; the rest is tried a few times.
    Raises `PatternError` where the pattern cannot be sampled, and `Exhausted` when the budget is spent.
    """
    low, high = max(shortest, node.shortest), min(longest, _LONGEST)
    if low > high:
        return None
    certain = not _asserts(node)
    for text in _candidates(node, _Writer(dice, budget), low, high):
        for padded in _padded(text, shortest):
            if shortest <= len(padded) <= longest and ((certain and padded is text) or found_in(node, padded, budget)):
                return padded
    return None


def _candidates(node: Node, writer: "_Writer", low: int, high: int) -> Iterator[str]:
    dice = writer.dice
    looks = list(_looks(node))
    for attempt in range(_TRIES if low < 1000 else 2):
        want = min(low + (dice.below(8) if attempt < 3 else attempt * dice.below(4)), high, node.longest)
        text = writer.text(node, want)
        yield text
        if demands := "".join(writer.text(look.item, look.item.shortest) for look in looks):
            yield demands + text[len(demands) :]


def _padded(text: str, shortest: int) -> Iterator[str]:
    yield text
    if len(text) < shortest:
        missing = shortest - len(text)
        yield from (text + "a" * missing, "a" * missing + text, text + " " * missing)


class _Writer:
    def __init__(self, dice: Dice, budget: Budget) -> None:
        self.dice = dice
        self._budget = budget
        self._pools: dict[int, str] = {}

    def text(self, node: Node, want: int) -> str:
        """A text of the node, of about `want` characters."""
        if isinstance(node, Chars):
            return self.dice.pick(self._pool(node))
        if isinstance(node, Sequence):
            return self._joined(node.items, want)
        if isinstance(node, Choice):
            fitting = [option for option in node.options if option.shortest <= want <= option.longest]
            fitting = fitting or [min(node.options, key=lambda option: option.shortest)]
            return self.text(self.dice.pick(fitting), want)
        if isinstance(node, Repeat):
            return self._joined((node.item,) * self._count(node, want), want)
        return ""

    def _joined(self, items: tuple[Node, ...], want: int) -> str:
        self._budget.spend(1 + len(items) // _ITEMS)
        sizes = _shares(items, want, self._budget)
        # An item that may be empty is left out where it gets no share: a million of them must cost nothing.
        return "".join(self.text(item, size) for item, size in zip(items, sizes, strict=True) if size or item.shortest)

    def _count(self, node: Repeat, want: int) -> int:
        item = node.item
        fewest = max(node.low, -(-want // item.longest) if item.longest else 0)
        if not item.shortest:
            return min(fewest, want + 1)
        most = min(node.high, want // item.shortest)
        return fewest if most <= fewest else min(fewest + self.dice.below(4), most)

    def _pool(self, node: Chars) -> str:
        """The characters to draw from: letters and digits where the class has them."""
        known = self._pools.get(id(node))
        if known is None:
            self._budget.spend(_POOL_STEPS * (1 + len(node.ranges) // _ITEMS))
            known = self._pools[id(node)] = next(filter(None, _usual(node)), "")
        if not known:
            raise PatternError("a character class without a usual character")
        return known


def _usual(node: Chars) -> Iterator[str]:
    for pool in (ascii_lowercase, *_POOLS) if node.negated else _POOLS:
        held = "".join(char for char in pool if node.holds(char))
        if any(char.isalpha() for char in held):
            yield held
    yield "".join(char for char in digits + _POOLS[-1] if node.holds(char))
    first = [first for first, last in node.ranges if not 0xD800 <= first <= 0xDFFF]
    yield "".join(map(chr, first if not node.negated else range(0xC0, 0x250))) if node.ranges else ""


def _shares(items: tuple[Node, ...], want: int, budget: Budget) -> list[int]:
    """How many characters each item is to have, `want` together where their limits allow."""
    sizes = [item.shortest for item in items]
    spare = want - sum(sizes)
    growing = [index for index, item in enumerate(items) if item.longest > item.shortest]
    while spare > 0 and growing:
        budget.spend(len(growing) // _ITEMS)
        share = -(-spare // len(growing))
        for index in growing:
            more = min(share, spare, items[index].longest - sizes[index])
            sizes[index] += more
            spare -= more
        growing = [index for index in growing if sizes[index] < items[index].longest]
    return sizes


def _looks(node: Node) -> Iterator[Look]:
    """The positive look-aheads, whose texts have to come somewhere."""
    if isinstance(node, Look) and not node.negated and not node.behind and node.item.shortest < _LONGEST:
        yield node
    for part in parts(node):
        yield from _looks(part)


def _asserts(node: Node, *, first: bool = True, last: bool = True) -> bool:
    """Whether the pattern demands more than its texts show: look-around, word edges, anchors not at the ends."""
    if isinstance(node, Edge):
        return not (node.kind == "^" and first) and not (node.kind == "$" and last)
    if isinstance(node, Sequence):
        end = len(node.items) - 1
        return any(_asserts(i, first=first and at == 0, last=last and at == end) for at, i in enumerate(node.items))
    if isinstance(node, Choice):
        return any(_asserts(option, first=first, last=last) for option in node.options)
    return isinstance(node, Look) or any(_asserts(part, first=False, last=False) for part in parts(node))
