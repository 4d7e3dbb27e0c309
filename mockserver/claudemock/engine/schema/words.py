"""Values that suit a name: a `city` is a city, a `count` a small number. The table is `fixtures/generate.json`."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from claudemock.engine.schema.dice import Dice
from claudemock.fixtures import fixture

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_MOST_WORDS = 12  # of a description


class Words(NamedTuple):
    """The table: `texts` and `numbers` by the word that asks for them, `formats` as templates.

    `calls` are inputs for the client's tools whose schemas the API knows by heart, by the tool's name.
    """

    texts: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, tuple[float, float]]
    formats: Mapping[str, tuple[str, ...]]
    phrases: tuple[str, ...]
    calls: Mapping[str, tuple[Mapping[str, Any], ...]]

    def text(self, name: str, description: str, dice: Dice) -> str:
        """A text for a property of this name, or else of this description."""
        words = split(name)
        known: tuple[str, ...] | None = self._known(self.texts, name, words)
        if known is None and description:
            described = (self.texts.get(word) for word in split(description)[:_MOST_WORDS])
            known = next((texts for texts in described if texts), None)
        if known is not None:
            return dice.pick(known)
        return dice.pick(self.phrases).format(name=" ".join(words) or "value")

    def alternatives(self, name: str) -> tuple[str, ...]:
        """All texts known for the name."""
        return self._known(self.texts, name, split(name)) or ()

    def range(self, name: str) -> tuple[float, float] | None:
        """The usual range of a number of this name."""
        usual: tuple[float, float] | None = self._known(self.numbers, name, split(name))
        return usual

    def formatted(self, format_: str, dice: Dice) -> str | None:
        """A text of a `format`; None for one that the table does not have."""
        templates = self.formats.get(format_)
        if templates is None:
            return None
        return dice.pick(templates).format(
            n=1 + dice.below(250),
            month=f"{1 + dice.below(12):02}",
            day=f"{1 + dice.below(28):02}",
            hour=f"{dice.below(24):02}",
            minute=f"{dice.below(60):02}",
            hex=f"{dice.below(1 << 48):012x}",
        )

    def _known(self, table: Mapping[str, Any], name: str, words: list[str]) -> Any:
        """The entry of the whole name, or of one of its words, the last before the first: `zip_code`, `start_date`."""
        found = table.get(name) or table.get("_".join(words))
        for word in reversed(words):
            found = found or table.get(word) or table.get(_singular(word))
        return found


def _singular(word: str) -> str:
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")


def split(name: str) -> list[str]:
    """The words of a name in lower case: `startDate`, `start_date` and `Start date` are all `start`, `date`."""
    return [word.lower() for word in _WORD.findall(name)]


@cache
def words() -> Words:
    """The shipped table, read when the first value is made."""
    table = json.loads(fixture("generate.json").read_text("utf-8"))
    return Words(
        texts={name: tuple(entry["values"]) for entry in table["texts"] for name in entry["names"]},
        numbers={name: (entry["from"], entry["to"]) for entry in table["numbers"] for name in entry["names"]},
        formats={name: tuple(templates) for name, templates in table["formats"].items()},
        phrases=tuple(table["phrases"]),
        calls={name: tuple(inputs) for name, inputs in table["calls"].items()},
    )
