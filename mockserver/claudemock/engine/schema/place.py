"""A place in a value being generated."""

from collections.abc import Sequence


class Place:
    """Where in the value we are.

    `key` is its last step as written (`.name`, `[0]`), `name` the property that suggests what belongs here. `again` is
    how many values were already made here and refused. `references` are the definitions that we are in, and `shallow`
    says that one of them contains itself, so that the smallest value is wanted.
    """

    __slots__ = ("again", "depth", "key", "name", "parent", "references", "shallow")

    def __init__(self, parent: "Place | None", key: str, name: str, again: int = 0) -> None:
        self.parent = parent
        self.key = key
        self.name = name
        self.again = again
        self.depth: int = parent.depth + 1 if parent else 0
        self.shallow: bool = parent.shallow if parent else False
        self.references: tuple[str, ...] = parent.references if parent else ()

    def within(self, references: Sequence[str], again: int) -> "Place":
        """The same place, seen from inside definitions."""
        place = Place(self.parent, self.key, self.name, self.again + again)
        place.depth = self.depth
        place.shallow = self.shallow or any(reference in self.references for reference in references)
        place.references = (*self.references, *references)
        return place

    def __str__(self) -> str:
        return f"{self.parent or ''}{self.key}"
