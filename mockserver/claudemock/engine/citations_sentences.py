"""Where the API cuts a text into the sentences that it cites.

Learnt from 46 passages that the API cited from five recorded texts; all of them begin and end where this cuts. The
white space after a sentence belongs to it. A line break by itself ends nothing, so a heading goes with the sentence
below it. A full stop also ends a sentence where a bracket or quote follows without a blank; brackets and quotes that
close right before a blank belong to the sentence before. All this is how the Punkt tokenizer cuts. Never seen on the
wire, and so a guess: full stops of Chinese and Japanese, which end a sentence without a blank.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from claudemock.fixtures import fixture

Span = tuple[int, int]

_STOP = re.compile(
    r"""(?<![.!?])(?P<stop>[.!?]++)(?=[\s)\]}"'*:;@({\[])(?P<closing>[)\]}"']{0,8}(?=\s|\Z))?"""
    "|(?P<wide>[\u3002\uff01\uff1f]++[\u300d\u300f\uff09]{0,8})"
)
_WHITE = re.compile(r"\s*")
_LONGEST_WORD = 24  # characters of a word before its full stop that are looked at


class Abbreviations(NamedTuple):
    """Words that a full stop belongs to; those of `may_be_last` end a sentence if a capital follows."""

    never_last: frozenset[str]
    may_be_last: frozenset[str]


@cache
def _abbreviations() -> Abbreviations:
    data = json.loads(fixture("sentences.json").read_text(encoding="utf-8"))
    return Abbreviations(frozenset(data["never_last"]), frozenset(data["may_be_last"]))


def sentences(text: str) -> Sequence[Span]:
    """The sentences of `text` as character spans, end exclusive. Together they are the whole text; none is empty."""
    ends = list(_ends(text))
    if text and (not ends or ends[-1] < len(text)):
        ends.append(len(text))
    return list(zip([0, *ends], ends, strict=False))


def _ends(text: str) -> Iterator[int]:
    start = 0
    for found in _STOP.finditer(text):
        white = _WHITE.match(text, found.end())
        end = white.end() if white else found.end()
        if end > start and (found["wide"] or _ends_sentence(text, start, found, text[end : end + 1])):
            yield end
            start = end


def _ends_sentence(text: str, start: int, found: re.Match[str], following: str) -> bool:
    if found["stop"] != ".":
        return "!" in found["stop"] or "?" in found["stop"] or following.isupper()
    at = found.start()
    word = text[max(start, at - _LONGEST_WORD) : at].rsplit(None, 1)
    before = word[-1].lstrip("([{\"'").lower() if word and not text[at - 1 : at].isspace() else ""
    known = _abbreviations()
    if before in known.never_last:
        return False
    if before in known.may_be_last:
        return following.isupper()
    if len(before) == 1 and before.isalpha():  # an initial
        return not following.isupper() and not following.islower()
    return True
