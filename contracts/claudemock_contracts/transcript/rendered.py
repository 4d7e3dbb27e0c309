"""Requests that ask for the same although they are not equal: rendered anew, with the time and ids of that moment.

A retry loop that builds its prompt inside the loop sends another time, or another request id, with every attempt; one
around the whole step runs the tools again, and sends other results for the same calls.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.history import parts_of
from claudemock_contracts.transcript.reworked import calls_answered, worked_again
from claudemock_contracts.transcript.told import pause
from claudemock_contracts.volatile import VALUES

_MOST = 4  # places
_BEGINNING = 400  # characters of a message that tell templates apart
_A_PAUSE = 0.2  # seconds: whoever goes on to the next thing does not wait
_ITSELF = 5.0  # seconds between rendering a request and sending it
_CLOCKS = frozenset({"timestamp", "epoch", "clock time"})
_OF_THE_PROCESS = frozenset({"temporary path", "memory address"})
_DAY = 86400.0
_REFUSED = range(400, 500)
_PASSING = frozenset({408, 409, 429})  # refusals that the same request may not get again
_BEFORE = 28  # characters in front of an id that say what it is
_SECONDS = re.compile(r":\d\d:\d\d")
_OF_A_REQUEST = re.compile(
    r"(?i)(?:req(?:uest)?|idempot\w*|nonce|trace|span|correlation|attempt|invocation|session|sess|run|cch|call)\b[^\n]*$"
)
_MINTED_FOR_IT = re.compile(r"(?i)(?:req|request|sess|session|run|trace|call|nonce|exec|worker|span|cch)[_:=-]")


class Change(NamedTuple):
    """One value that differs: where it stands (API notation), what kind of value it is, both versions of it.

    `proven`: it is of the moment, or of the request, by itself. An id that nothing names may be what the program asks
    about just as well.
    """

    path: str
    kind: str
    before: str
    after: str
    proven: bool

    def __str__(self) -> str:
        return f'{self.path}: {self.kind} "{self.before[:60]}" became "{self.after[:60]}"'


def changes(before: Any, after: Any, seconds: float) -> list[Change] | None:
    """What differs between two requests made `seconds` apart, if it is nothing but values that are made anew.

    None: they differ in more, or in more than four places, or not at all.
    """
    found: list[Change] = []
    for path, old, new in _leaves(before, after, ""):
        mine = _values(path, old, new, seconds) if isinstance(old, str) and isinstance(new, str) else None
        if mine is None or len(found) + len(mine) > _MOST:
            return None
        found += mine
    return found or None


def _leaves(before: Any, after: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The places where two values differ, as deep as both have the same shape."""
    if type(before) is type(after) and before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        for name in before:
            yield from _leaves(before[name], after[name], f"{path}.{name}" if path else name)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _leaves(one, other, f"{path}.{index}")
    else:
        yield path, before, after


def _values(path: str, old: str, new: str, seconds: float) -> list[Change] | None:
    """The values two texts differ in; None if they differ in anything else."""
    ones, others = list(VALUES.finditer(old)), list(VALUES.finditer(new))
    if len(ones) != len(others) or VALUES.sub("\0", old) != VALUES.sub("\0", new):
        return None
    found = []
    for one, other in zip(ones, others, strict=True):
        if one[0] == other[0]:
            continue
        kind = (one.lastgroup or "").replace("_", " ")
        if one.lastgroup != other.lastgroup or kind == "date":
            return None
        if kind in _CLOCKS and not _passed(kind, one[0], other[0], seconds):
            return None
        found.append(Change(path, kind, one[0], other[0], _proven(kind, one, old)))
    return found


def _proven(kind: str, found: re.Match[str], text: str) -> bool:
    if kind in _CLOCKS or kind in _OF_THE_PROCESS:
        return True
    start = found.start()
    return bool(_MINTED_FOR_IT.match(found[0]) or _OF_A_REQUEST.search(text[max(start - _BEFORE, 0) : start]))


def _passed(kind: str, old: str, new: str, seconds: float) -> bool:
    """Whether about the time between the requests lies between two times; what cannot be read is believed."""
    one, other = _instant(kind, old), _instant(kind, new)
    if one is None or other is None:
        return True
    gone = other - one
    if kind == "clock time" and gone < 0:
        gone += _DAY
    step = 60.0 if kind != "epoch" and not _SECONDS.search(old) else 1.0
    return 0 <= gone <= 2 * max(seconds, 0.0) + step


def _instant(kind: str, text: str) -> float | None:
    try:
        if kind == "epoch":
            return float(text) / 10.0 ** (len(text.partition(".")[0]) - 10)
        if kind == "clock time":
            hours, minutes, *rest = text.split(":")
            return int(hours) * 3600.0 + int(minutes) * 60 + (float(rest[0]) if rest else 0)
        return datetime.fromisoformat(text.replace(",", ".").replace(" UTC", "+00:00")).timestamp()
    except (ValueError, OverflowError):
        return None


class Rendered:
    """Knows attempts whose request was rendered anew (RULES.md C2: all else is the same, and nothing overlaps)."""

    def __init__(self, call_of: Callable[[Exchange], Call | None], followers: Callable[[Call], Sequence[Call]]) -> None:
        self._call_of = call_of
        self._followers = followers

    def template(self, exchange: Exchange) -> Hashable:
        """Equal for two renderings of one prompt; cheap, so it may be equal for others too."""
        call = self._call_of(exchange)
        if call is None:
            return exchange.id
        last = list(parts_of(call.messages[-1], 0)) if call.messages else []
        ids = calls_answered(last)
        if ids:
            return ids
        text = "".join(str(part.block.get("text") or "") for part in last)
        return VALUES.sub("\0", text[:_BEGINNING])[: _BEGINNING // 2]

    def again(self, earlier: Exchange, later: Exchange, answered: Sequence[Exchange]) -> bool:
        """Whether `later` repeats `earlier`, which failed. `answered` were answered at about that time."""
        one, other = self._call_of(earlier), self._call_of(later)
        if one is None or other is None or one.previous is not other.previous:
            return False
        if later.retry_count:
            return earlier.retry_count is not None and earlier.retry_count + 1 == later.retry_count
        found = rewritten(one, other)
        if found is not None and all(change.proven for change in found):
            return True
        if worked_again(one, other):
            return not _put_right(earlier) and not self._branches(other)
        # An id that nothing names: one that stays in the same prompt answered twice is what was asked about.
        waited = pause(earlier, later) or 0.0
        others = [call for each in answered if (call := self._call_of(each)) is not None and call is not other]
        return found is not None and waited >= _A_PAUSE and not any(rewritten(other, call) for call in others)

    def _branches(self, call: Call) -> bool:
        """Whether other results for the same calls got an answer too: then several are tried on purpose."""
        beside = () if call.previous is None else self._followers(call.previous)
        if call.failed:
            beside = [each for each in beside if each.number < call.number]  # a later one may repeat this one
        return any(each is not call and not each.failed and worked_again(call, each) for each in beside)


def _put_right(failed: Exchange) -> bool:
    """Whether it failed in a way that makes a program change its request."""
    return failed.status in _REFUSED and failed.status not in _PASSING


def rewritten(earlier: Call, later: Call) -> list[Change] | None:
    """How two calls differ, if it is in nothing but values that are made anew with every rendering."""
    gap = pause(earlier.exchange, later.exchange)
    return changes(earlier.body, later.body, abs(gap or 0.0) + _ITSELF)
