"""What leaks: the requests of one run held against those of another, up to the last cache marker."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from claudemock.prompt.breakpoints import Breakpoint
from claudemock_contracts.drift.compare import diverges
from claudemock_contracts.drift.simulate import Simulation, Step
from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.transcript import Call, Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """One thing a prompt depends on. `because` is what was changed for the run, `kind` the class of the difference.

    `marked`: it is in a prefix that is meant to be cached. `request` counts the requests of a run from 1.
    """

    because: str
    kind: str
    location: str
    before: str
    after: str
    marked: bool
    request: int
    at: Exchange = field(repr=False)
    byte: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a probe found, what it compared, and what it could not try, with why."""

    leaks: Sequence[Leak]
    tried: Sequence[str]
    not_tried: Sequence[str] = ()

    def __str__(self) -> str:
        lines = [
            f"{leak.location}: {leak.kind} changes with {leak.because}: {fragment(leak.before)} became "
            f"{fragment(leak.after)}" + ("" if leak.marked else " (not marked for the cache)")
            for leak in self.leaks
        ]
        return "\n".join(lines or [f"nothing leaks; tried {', '.join(self.tried)}"])


def leaks_between(before: Transcript, after: Transcript, because: str) -> Iterator[Leak]:
    """What differs in the prompts of two runs of the same code."""
    for number, (earlier, later) in enumerate(zip(before.calls, after.calls, strict=False), 1):
        step = _step(earlier)
        found = None if step is None else diverges(step, later)
        if step is None or found is None:
            continue
        difference = found.difference
        yield Leak(
            because=because,
            kind=found.kind,
            location=found.location,
            before=difference.before if difference is not None else found.detail,
            after=difference.after if difference is not None else "",
            marked=bool(earlier.prompt.breakpoints),
            request=number,
            at=later.exchange,
            byte=None if difference is None else difference.byte,
        )
        return  # what follows a difference differs because of it


def _step(call: Call) -> Step | None:
    """The call with its markers; for one without any, as if its tools and system prompt were to be cached."""
    if call.prompt.breakpoints:
        return Simulation().take(call)
    last = call.prompt.starts[2] - 1
    if last < 0:
        return None
    marks = (Breakpoint(last, "5m"),)
    return Step(call, marks, call.prompt.keys([last]), -1, 0, 0, 0.0, 0.0)


def observations(leaks: Sequence[Leak]) -> Iterator[Outcome]:
    """The leaks as what R02 says of them."""
    yield EXERCISED
    for leak in leaks:
        yield Observation(
            kind=leak.kind,
            expected="what is to be cached is the same whenever, wherever and how often the program runs",
            actual=f"{leak.kind} changes with {leak.because}: {fragment(leak.before)} became {fragment(leak.after)}",
            at=leak.at,
            path=leak.location,
            byte=leak.byte,
            verdict=None if leak.marked and leak.because != "the date" else "note",
            details={"probe": leak.because},
        )
