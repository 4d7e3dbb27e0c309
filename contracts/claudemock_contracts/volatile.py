"""Values that change by themselves: what they look like, and texts with them masked out."""

import re
from collections.abc import Mapping
from typing import Final

_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAYS = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"

_OFFSET = r"(?:Z|[+-]\d\d:?\d\d| ?UTC)?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?"
_HEX = "[0-9a-fA-F]"
_MINTED = (
    "req|sess|session|user|run|trace|conv|conversation|toolu|msg|task|job|request|thread|call|nonce|build|order|ticket"
    "|exec|worker|span"
)

_PATTERNS: Final[Mapping[str, str]] = {
    "timestamp": rf"\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?{_OFFSET}"
    rf"|{_DAYS},? \d{{1,2}} {_MONTHS} \d{{4}} \d\d:\d\d(?::\d\d)?(?: [A-Z]{{3}}| [+-]\d{{4}})?"
    rf"|(?:{_DAYS},? )?{_MONTHS} +\d{{1,2}},? (?:at )?(?:\d{{4}},? (?:at )?)?{_CLOCK}(?: \d{{4}})?"
    rf"|\d{{1,2}}/\d{{1,2}}/\d{{2,4}},? {_CLOCK}",
    "clock time": r"\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?\b",
    "epoch": r"(?<![\w.])1[6-9]\d{8}(?:\.\d+|\d{3}|\d{6}|\d{9})?(?![\w])",
    "date": rf"\b\d{{4}}-\d\d-\d\d\b|\b{_MONTHS} \d{{1,2}},? \d{{4}}\b|\b\d{{1,2}} {_MONTHS} \d{{4}}\b"
    r"|\b\d{1,2}/\d{1,2}/\d{4}\b",
    "uuid": rf"\b{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}\b|\b{_HEX}{{32}}\b",
    "id": rf"\b(?:{_MINTED})[_:=-](?=[A-Za-z-]*\d)[A-Za-z0-9-]{{3,}}|\bcch=[0-9A-Za-z]+",
    "temporary path": r"(?:/private)?(?:/var/folders|/tmp|/var/tmp)/[\w./+-]+"
    r"|[A-Z]:\\+(?:Users\\+[^\\\s]+\\+AppData\\+Local\\+)?Temp\\+[\w.\\-]+|\bpytest-\d+|\btmp[a-z0-9_]{6,}\b",
    "memory address": r"\b0x[0-9a-fA-F]{6,}\b",
    "digest": r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b",
    "e-mail": r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b",
    "number": r"(?<![\w.])[+-]?\d+(?:[.,]\d+)*(?![\w])",
}
PATTERNS: Final[Mapping[str, re.Pattern[str]]] = {name: re.compile(shown) for name, shown in _PATTERNS.items()}

VALUES: Final = re.compile(
    "|".join(
        f"(?P<{name.replace(' ', '_')}>{_PATTERNS[name]})"
        for name in (
            *("timestamp", "epoch", "date", "clock time", "uuid"),
            *("temporary path", "memory address", "id", "digest"),
        )
    )
)
"""Any of them; the kind is the name of the group. Plain numbers are left out: they mostly are what is asked about."""

VOLATILE: Final = frozenset(
    {"timestamp", "clock time", "epoch", "uuid", "id", "temporary path", "memory address", "digest", "counter"}
)
"""Classes of values that change from one request to the next by their nature."""

_MASK = re.compile("|".join(f"(?:{_PATTERNS[name]})" for name in ("timestamp", "epoch", "date", "clock time", "uuid")))
_MASK_MORE = re.compile(
    "|".join(f"(?:{_PATTERNS[name]})" for name in ("id", "temporary path", "memory address", "digest"))
)
_DIGITS = re.compile(r"\d+")
_BLANK = re.compile(r"\s+")


def skeleton(text: str) -> str:
    """A text without what changes by itself: the same for two renderings of one template."""
    masked = _MASK_MORE.sub("<id>", _MASK.sub("<time>", text))
    return _BLANK.sub(" ", _DIGITS.sub("#", masked)).strip()
