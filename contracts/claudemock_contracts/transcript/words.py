"""What a text says, where only its words tell: `fixtures/words.json`, in many languages. Rules look at places first."""

import json
from collections.abc import Sequence
from typing import Literal

from claudemock.fixtures import fixture

Topic = Literal["goes_on", "cut", "failed", "left_out", "step_by_step"]
_UNSPACED = "\u0e00"  # characters from here on are of scripts without spaces between words
_BETWEEN = 40  # characters between two parts of what is looked for
_ENDS = frozenset(".!?\n")


class Words:
    """Finds in texts the words of a topic. One per run: the file is read when it is first needed."""

    def __init__(self) -> None:
        self._stems: dict[Topic, Sequence[tuple[str, str]]] = {}

    def says(self, topic: Topic, text: str) -> bool:
        """Whether a text says this."""
        return self.found(topic, text) is not None

    def found(self, topic: Topic, text: str) -> str | None:
        """The words in a text that say this, in lower case; None if there are none."""
        if topic not in self._stems:
            self._stems[topic] = _read(topic)
        folded = text.casefold()
        for first, second in self._stems[topic]:
            at = folded.find(first)
            while at >= 0:
                if first[0] >= _UNSPACED or at == 0 or not folded[at - 1].isalnum():
                    end = _end(folded, at + len(first), second)
                    if end is not None:
                        return folded[at:end]
                at = folded.find(first, at + 1)
        return None


def _end(text: str, at: int, second: str) -> int | None:
    """Where the words end, with their second part; None if that does not follow in the same sentence."""
    if not second:
        return at
    between, part, _ = text[at : at + _BETWEEN + len(second)].partition(second)
    return at + len(between) + len(part) if part and not _ENDS.intersection(between) else None


def _read(topic: Topic) -> Sequence[tuple[str, str]]:
    """How words of this topic begin, each with the part that has to follow (mostly none)."""
    table = json.loads(fixture("words.json").read_text("utf-8"))[topic]
    stems = {stem.casefold() for language, listed in table.items() if language != "what" for stem in listed}
    parts = (stem.partition("…") for stem in sorted(stems))
    return tuple((first, second) for first, _, second in parts)
