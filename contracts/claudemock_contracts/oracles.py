"""What a test knows that is not on the wire: what tools really returned, what the program made of it, who collects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """One execution of a watched tool function. `output` is what it returned, `error` what it raised (its text)."""

    name: str
    input: Mapping[str, Any]
    output: Any = None
    error: str | None = None
    began: float | None = None  # seconds since the epoch, on the clock of the exchanges
    ended: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """A pause the program asked for, whether or not a patched `sleep` took it. Seconds since the epoch, seconds."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the watched program ended with: a value, or an exception (its class's name and text)."""

    kind: Literal["returned", "raised"]
    value: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracles:
    """All a test told about one scope. What is None or empty was not told, and rules that need it are not decided.

    `sleeps` None: sleeps were not watched; `sleeps_hidden`: a patched `sleep` was in place before they could be.
    `real_time`: times are those of real use or of a clock the test moves, so that gaps mean something.
    `collected_elsewhere`: batches are collected by another program. `measured` are figures the program reported, by
    name: `input_tokens`, `output_tokens`, `cost`.
    """

    tools: Sequence[ToolRun] = ()
    outcomes: Sequence[Outcome] = ()
    sleeps: Sequence[Sleep] | None = None
    sleeps_hidden: bool = False
    real_time: bool = False
    expected_error: bool = False
    expected_cache: bool = False
    offline: bool = False
    collected_elsewhere: bool = False
    handed_over: frozenset[str] = frozenset()
    keep_files: bool = False
    measured: Mapping[str, float] = field(default_factory=dict)
    usage_read: frozenset[str] | None = None  # fields of `usage` the program read; None: not watched
    max_requests: int | None = None  # bound of an agent loop that the test expects
    max_dollars: float | None = None  # what one conversation may cost
    output_texts: Sequence[str] = ()  # what the program logged or printed
    complete: bool = False  # the test says the flow was carried to its end
