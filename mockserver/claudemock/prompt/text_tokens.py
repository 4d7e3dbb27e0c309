"""How many tokens a text has, by rule: no vocabulary, one pass, linear in the text.

A text is cut into pieces as byte-pair tokenizers cut theirs before they merge (words, numbers of three digits, runs
of punctuation, line ends, blanks, single characters of other scripts), and each kind of piece has a price by its
length. The prices were fitted to recorded usage; `fixtures/tokens.json` holds them and says how.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

_pieces = re.compile(
    r"[^\x00-\x7f]| ?(?:[A-Z]?[a-z]+|'(?:s|t|re|ve|m|ll|d)(?![a-z])|[!-/:-@\[-`{-~]+"
    r"|[0-9]+(?: (?=[A-Za-z]))?|[A-Z]+(?![a-z])|[A-Z])"
    r"|\n+|[ \t]+|[\x00-\x1f\x7f]"
).findall

_NOISE_LENGTH = 64  # characters; shorter texts show too little to tell base64 from a name
_NOISE_SAMPLE = 2048  # characters; noise is alike all over, and its pieces are too many kinds to be worth keeping
_NOISE_PIECE = 2.2  # characters; pieces of prose, code and JSON are longer on average, those of base64 shorter
_LONGEST_KEPT = 24  # characters; longer pieces hardly ever come again
_MOST_KEPT = 20_000  # pieces
_ENTRY = 150  # bytes a memo entry costs beside its key


class Memo:
    """The results for the keys used most recently, bounded by the bytes of those keys.

    Two generations: when the young one has used half of the room, it becomes the old one and the old one is dropped,
    which keeps what is asked for again and never has to search for what to drop.
    """

    __slots__ = ("_half", "_old", "_used", "_young")

    def __init__(self, room: int) -> None:
        self._half = room // 2
        self._used = 0
        self._young: dict[str | bytes, float] = {}
        self._old: dict[str | bytes, float] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, key: str | bytes) -> float | None:
        """The value kept for `key`, or None."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: str | bytes, value: float) -> None:
        """Keep `value`, unless its key alone would take a quarter of the room."""
        size = sys.getsizeof(key) + _ENTRY
        if size > self._half // 2:
            return
        if self._used + size > self._half:
            self._old, self._young, self._used = self._young, {}, 0
        self._young[key] = value
        self._used += size


class _Prices(dict[str, float]):
    """The tokens of one piece: kept for pieces seen, reckoned for the others."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        super().__init__()
        self._words: Mapping[str, Sequence[float]] = table["word"]
        self._further_letter: float = table["further_letter"]
        self._contraction: float = table["contraction"]
        self._number: Mapping[str, float] = table["number"]
        self._runs: Sequence[float] = table["punctuation"]["runs"]
        self._punctuation: Mapping[str, float] = table["punctuation"]
        self._newline: Mapping[str, float] = table["newline"]
        self._blank: Mapping[str, float] = table["blank"]
        self._control: float = table["control_character"]
        self._script_starts = [start for start, _ in table["scripts"]]
        self._scripts: list[float] = [price for _, price in table["scripts"]]

    def __missing__(self, piece: str) -> float:
        price = self._price(piece)
        if len(piece) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[piece] = price
        return price

    def _price(self, piece: str) -> float:
        spaced = piece[0] == " " and not piece.isspace()
        body = piece[1:] if spaced else piece
        first = body[0]
        if first > "\x7f":
            return self._scripts[bisect_right(self._script_starts, ord(first)) - 1]
        if first.isalpha():
            return self._word(body)
        if first == "'" and body[1:].isalpha():
            return self._contraction
        if first.isdigit():
            return self._digits(body, spaced)
        if first == "\n":
            return self._newline["first"] + self._newline["further"] * (len(body) - 1)
        if first in " \t":
            return self._blank["first"] + self._blank["further"] * (len(body) - 1)
        if first < " " or first == "\x7f":
            return self._control
        return self._marks(body, spaced)

    def _word(self, word: str) -> float:
        kind = "lower" if word[0] >= "a" else "upper" if len(word) > 1 and word[1] < "a" else "capital"
        prices = self._words[kind]
        further = len(word) - len(prices)
        return prices[len(word) - 1] if further <= 0 else prices[-1] + self._further_letter * further

    def _digits(self, digits: str, spaced: bool) -> float:
        length = len(digits) - (digits[-1] == " ")
        price = self._number["three_digits"] * -(-length // 3) + self._number["space_before"] * spaced
        return price + self._number["space_after"] * (digits[-1] == " ")

    def _marks(self, marks: str, spaced: bool) -> float:
        further = len(marks) - len(self._runs)
        price = self._runs[min(len(marks), len(self._runs)) - 1] + self._punctuation["space_before"] * spaced
        if further > 0:
            alike = marks.count(marks[0]) == len(marks)
            price += self._punctuation["further_alike" if alike else "further"] * further
        return price


class TextTokens:
    """The text prices of one tokenizer, with a memo of the texts counted lately.

    `table` is the `text` object of one tokenizer in `fixtures/tokens.json`; `memo_bytes` bounds the memo.
    """

    __slots__ = ("_memo", "_noise", "_price")

    def __init__(self, table: Mapping[str, Any], memo_bytes: int) -> None:
        self._memo = Memo(memo_bytes)
        self._noise: float = table["noise"]
        self._price = _Prices(table).__getitem__

    def count(self, text: str) -> float:
        """Tokens of `text`, not rounded; 0.0 for the empty text."""
        known = self._memo.get(text)
        if known is None:
            known = self._reckon(text)
            self._memo.put(text, known)
        return known

    def _reckon(self, text: str) -> float:
        if len(text) >= _NOISE_LENGTH and _is_unbroken(text):
            sample = text[:_NOISE_SAMPLE]
            pieces = _pieces(sample)
            if len(sample) < _NOISE_PIECE * len(pieces):
                return self._noise * sum(map(self._price, pieces)) * len(text) / len(sample)
        return float(sum(map(self._price, _pieces(text))))


def _is_unbroken(text: str) -> bool:
    """Whether a text may be base64 or the like: no blank in it, and of mixed case, which digests are not."""
    return " " not in text and text.isascii() and not text.islower() and not text.isupper()
