"""What the judges say: an observation by a rule, and the finding it becomes, the same shape everywhere."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Final, Literal

from claudemock_contracts.exchange import Exchange

Severity = Literal["error", "warning", "note"]
Verdict = Literal["violation", "warning", "note", "inconclusive", "not-exercised", "pass"]
Confidence = Literal["high", "medium", "low"]

LEVELS: Final[Mapping[str, Severity]] = {
    "violation": "error",
    "warning": "warning",
    "note": "note",
    "inconclusive": "note",
}
"""The severity a verdict has by itself."""

VERDICT_OF: Final[Mapping[Severity, Verdict]] = {"error": "violation", "warning": "warning", "note": "note"}
RANK: Final[Mapping[str, int]] = {"note": 0, "warning": 1, "error": 2}
MOST_EXCHANGES = 20

_SECRETS = re.compile(
    r"(?i)sk-ant-(?!mock)[\w-]{4,}|\b(?:gh[pousr]_|xox[abpr]-|AKIA|AIza)[\w-]{10,}|\bbearer\s+(?!sk-ant-mock)[\w.~+/-]{8,}=*"
    r"|\bsk-(?:proj-)?[A-Za-z0-9]{20,}|-----BEGIN[A-Z ]+KEY-----[^-]*|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+"
)
_MADE_UP = re.compile(r"\b(?:msg|toolu|srvtoolu|req|msgbatch|file|container|exch)_[A-Za-z0-9]+\b")
_INDEX = re.compile(r"(?<=\.)\d+(?=\.|$)")
_PARAMETERS = re.compile(r"\[.*\]$")


class Exercised:
    """What a rule yields to say that there was something to judge."""


EXERCISED: Final = Exercised()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing a rule saw.

    `kind` names the sort of it in a word or two (`missing`, `timestamp`) and belongs to its identity; texts may
    hold ids and fragments and do not. `at` is the request to blame, `path` the place in it (API notation), `byte` the
    offset inside that value; `also` are the other exchanges one has to see. `verdict` None: the contract's own.
    """

    kind: str
    expected: str
    actual: str
    at: Exchange
    path: str = ""
    byte: int | None = None
    also: Sequence[Exchange] = ()
    verdict: Verdict | None = None
    fix: str | None = None
    tokens_lost: int | None = None
    dollars_lost: float | None = None
    confidence: Confidence = "high"
    details: Mapping[str, Any] = field(default_factory=dict)


Outcome = Observation | Exercised


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding, as reported. The same thing seen several times in a scope is one, with a `count`."""

    rule: str
    name: str
    kind: str
    severity: Severity
    verdict: Verdict
    title: str
    expected: str
    actual: str
    location: str
    exchanges: tuple[str, ...]
    fix: str
    fingerprint: str
    confidence: Confidence
    scope: str
    count: int = 1
    tokens_lost: int | None = None
    dollars_lost: float | None = None
    test: str | None = None
    caller: str | None = None
    source: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The binding JSON shape; what is not known is left out."""
        shown: dict[str, Any] = {
            "rule": self.rule,
            "name": self.name,
            "kind": self.kind,
            "severity": self.severity,
            "verdict": self.verdict,
            "title": self.title,
            "expected": self.expected,
            "actual": self.actual,
            "location": self.location,
            "exchanges": list(self.exchanges),
            "count": self.count,
            "tokens_lost": self.tokens_lost,
            "dollars_lost": None if self.dollars_lost is None else round(self.dollars_lost, 6),
            "fix": self.fix,
            "test": self.test,
            "scope": self.scope,
            "caller": self.caller,
            "source": self.source,
            "details": dict(self.details) or None,
            "fingerprint": self.fingerprint,
            "confidence": self.confidence,
        }
        return {key: value for key, value in shown.items() if value is not None}

    def joined(self, other: "Finding") -> "Finding":
        """Both as one: the first speaks, losses add up, the graver verdict holds."""
        graver = max(self, other, key=lambda finding: (RANK[finding.severity], finding is self))
        more = [name for name in other.exchanges if name not in self.exchanges]
        return replace(
            graver,
            exchanges=(*self.exchanges, *more)[:MOST_EXCHANGES],
            count=self.count + other.count,
            tokens_lost=_added(self.tokens_lost, other.tokens_lost),
            dollars_lost=_added(self.dollars_lost, other.dollars_lost),
        )


def fingerprint(rule: str, test: str | None, path: str, kind: str) -> str:
    """What stays the same from run to run: no ids, no indices, no offsets, no parameters of a test, no fragments."""
    family = _PARAMETERS.sub("", test or "")
    place = _INDEX.sub("*", _MADE_UP.sub("*", f".{path}"))
    parts = "\0".join((rule, family, place, kind))
    return blake2b(parts.encode("utf-8", "replace"), digest_size=8).hexdigest()


def clean(text: str) -> str:
    """A text without secrets in it."""
    return _SECRETS.sub(lambda found: f"{found[0][:6]}…(redacted)", text)


def cleaned(value: Any) -> Any:
    """A JSON value without secrets in its texts."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: cleaned(item) for key, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list | tuple) else value


def fragment(text: object, most: int = 60) -> str:
    """A short piece of a text, on one line, in quotes, for a message."""
    shown = " ".join(clean(str(text)).split())
    return f'"{shown}"' if len(shown) <= most else f'"{shown[: most - 1]}…"'


def _added(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other
