"""Arming a fault, as users write it: which fault with which parameters, for which requests, how often.

FAULT = {"fault": NAME, …the fault's own parameters…, times?, nth?, probability?, match?, path?, first_of_conversation?,
         until?, for_seconds?}
      | "NAME key=value key=value", on the command line and in the header: values are JSON where they can be, and
        `match.model=claude-*` is a key within `match`
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from claudemock.faults.base import Fault
from claudemock.faults.table import FAULTS
from claudemock.script.match import Match, Pattern
from claudemock.script.spec import MatchSpec, ScriptError, refused


class Arming(BaseModel):
    """For which requests a fault is meant, and for how many of them.

    `times`: at most so many; left out it is once, or any number if another key says where it ends. `nth`: only the
    nth request that fits. `probability`: drawn for each, from the seed. `match` is that of replies and fits Messages
    requests; `path` is a pattern of paths. `first_of_conversation`: only so many first requests of each conversation.
    `until` is an RFC 3339 time on the scope's clock, `for_seconds` the time since arming.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    times: Annotated[int, Field(ge=1)] | None = None
    nth: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    match: MatchSpec | None = None
    path: str | None = None
    first_of_conversation: Annotated[int, Field(ge=1)] | None = None
    until: str | None = None
    for_seconds: Annotated[float, Field(gt=0, le=1e9)] | None = None

    @field_validator("path")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            Pattern(value, anywhere=False)
        return value

    @field_validator("until")
    @classmethod
    def _is_a_time(cls, value: str | None) -> str | None:
        if value is not None:
            _instant(value)
        return value

    @property
    def most(self) -> int | None:
        """How often it may act; None: any number of times."""
        if "times" in self.model_fields_set:
            return self.times
        if self.nth is not None:
            return 1
        bounded = self.match or self.path or self.first_of_conversation or self.until or self.for_seconds
        return None if bounded is not None or self.probability < 1 else 1


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault and its arming, ready to be asked."""

    name: str
    fault: Fault
    arming: Arming
    match: Match | None
    path: Pattern | None
    until: float | None

    def to_json(self) -> dict[str, Any]:
        """As it was armed."""
        given = self.arming.model_dump(exclude_unset=True)
        if self.arming.match is not None:
            given["match"] = self.arming.match.model_dump(exclude_unset=True)
        return {"fault": self.name, **self.fault.parameters(), **given}


def parse_fault(data: Any, path: tuple[str | int, ...] = ()) -> FaultSpec:
    """A fault from JSON, YAML or text. Raises `ScriptError` with the place, the reason and what would be right."""
    given = _of_text(data, path) if isinstance(data, str) else data
    if not isinstance(given, Mapping):
        raise ScriptError('a fault is {"fault": NAME, …} or the text "NAME key=value …"', path)
    name = given.get("fault")
    kind = FAULTS.get(name) if isinstance(name, str) else None
    if kind is None or not isinstance(name, str):
        raise ScriptError(_unknown(name), (*path, "fault"))
    general = {key: value for key, value in given.items() if key in Arming.model_fields}
    own = {key: value for key, value in given.items() if key not in general and key != "fault"}
    for key in own:
        if key not in kind.model_fields:
            takes = ", ".join([*kind.model_fields, *Arming.model_fields])
            raise ScriptError(f"{name} has no such parameter; it takes {takes}", (*path, str(key)))
    fault, arming = _validated(kind, own, path), _validated(Arming, general, path)
    return FaultSpec(
        name,
        fault,
        arming,
        arming.match.compiled() if arming.match is not None else None,
        Pattern(arming.path, anywhere=False) if arming.path is not None else None,
        _instant(arming.until) if arming.until is not None else None,
    )


def parse_faults(text: str) -> list[FaultSpec]:
    """Faults as one line: `overloaded retry_after=2; cut after_bytes=10`. Raises `ScriptError`."""
    return [parse_fault(part) for part in text.split(";") if part.strip()]


def _validated(kind: type[Any], data: Mapping[str, Any], path: tuple[str | int, ...]) -> Any:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise refused(error, kind, path) from None


def _unknown(name: Any) -> str:
    if name is None:
        return f"missing; faults are {', '.join(FAULTS)}"
    near = get_close_matches(str(name), FAULTS, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    return f"{str(name)[:60]!r} is not a fault{meant} Faults are {', '.join(FAULTS)}"


def _of_text(text: str, path: tuple[str | int, ...]) -> dict[str, Any]:
    try:
        name, *words = shlex.split(text) or [""]
    except ValueError as error:
        raise ScriptError(f"{text[:60]!r} cannot be read: {error}", path) from None
    made: dict[str, Any] = {"fault": name}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ScriptError(f"{word[:60]!r} is not key=value", path)
        inner = made
        *outer, last = key.split(".", 2 if key.startswith("match.header.") else 1)
        for step in outer:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                raise ScriptError(f"{step} is given as a value and as {key}", path)
        if last in inner:
            raise ScriptError(f"{key} is given twice", path)
        inner[last] = _value(value)
    return made


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _instant(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"not an RFC 3339 time with a zone: {text[:60]!r}")
    return moment.timestamp()
