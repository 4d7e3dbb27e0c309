"""The patterns of one document: each is read once, and all work with them is paid from one budget."""

from claudemock.engine.schema.budget import Budget
from claudemock.engine.schema.dice import Dice
from claudemock.engine.schema.pattern import Node, found_in, parse
from claudemock.engine.schema.pattern_sample import sample

_CHARACTERS = 16  # of a pattern are read in one step


class Patterns:
    """All methods raise `PatternError` for a pattern that is none, and `Exhausted` when the budget is spent."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._known: dict[str, Node] = {}

    def found(self, pattern: str, text: str) -> bool:
        """Whether the pattern is found in the text."""
        return found_in(self._read(pattern), text, self._budget)

    def text(self, pattern: str, dice: Dice, shortest: int, longest: int) -> str | None:
        """A text of `shortest` to `longest` characters in which the pattern is found; None where none was made."""
        return sample(self._read(pattern), dice, shortest, longest, self._budget)

    def _read(self, pattern: str) -> Node:
        node = self._known.get(pattern)
        if node is None:
            self._budget.spend(len(pattern) // _CHARACTERS)
            node = self._known[pattern] = parse(pattern)
        return node
