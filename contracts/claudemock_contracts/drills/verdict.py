"""What a command made of a drill, and whether that passes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from claudemock_contracts.drills.command import Ran
from claudemock_contracts.drills.measure import Measured
from claudemock_contracts.drills.plan import Drill, Verdict

# what the mock says by default names the request it answers, and ids are made from requests
_VARYING = re.compile(
    r"answering as [\w.-]+, turn \d+ \([0-9a-f]{8}\)"
    r"|\b(?:msg|req|toolu|srvtoolu|file|msgbatch)_01[1-9A-HJ-NP-Za-km-z]{22}"
)
_UNCAUGHT = ("Traceback (most recent call last)", "UnhandledPromiseRejection", "panic: ", "Exception in thread")


@dataclass(frozen=True, slots=True)
class Answer:
    """The output that counts: the lines that were the same in both runs without a drill."""

    lines: tuple[str, ...]
    varying: frozenset[int] = frozenset()

    @classmethod
    def of(cls, first: str, second: str) -> "Answer | None":
        """From two runs; None if they have nothing to compare by."""
        one, other = _lines(first), _lines(second)
        if len(one) != len(other):
            return None
        varying = frozenset(number for number, line in enumerate(one) if line != other[number])
        return cls(one, varying)

    def is_given_by(self, output: str) -> bool:
        """Whether another run said the same."""
        lines = _lines(output)
        return len(lines) == len(self.lines) and all(
            line == lines[number] for number, line in enumerate(self.lines) if number not in self.varying
        )


def _lines(output: str) -> tuple[str, ...]:
    return tuple(_VARYING.sub("…", line).rstrip() for line in output.rstrip().splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One drill's outcome. `reasons` say why it did not pass; `notes` are worth knowing."""

    drill: Drill
    verdict: Verdict
    passed: bool
    required: bool
    ran: Ran
    measured: Measured
    wasted_requests: int
    wasted_dollars: float
    reasons: Sequence[str] = ()
    notes: Sequence[str] = field(default=())


def verdict_of(drill: Drill, ran: Ran, answer: Answer | None, *, unanswered: bool = False) -> Verdict:
    """The verdict on a run whose failure happened. `unanswered`: no answer of the model came, unlike without it.

    Who says the same without any answer has made it up.
    """
    if ran.status is None:
        return "hung"
    if ran.status < 0:
        return "crashed"
    if ran.status > 0:
        return "failed cleanly"
    if not unanswered and (answer is None or answer.is_given_by(ran.stdout)):
        return "survived"
    if drill.admits is not None and re.search(drill.admits, ran.stdout + ran.stderr):
        return "failed cleanly"
    return "gave a wrong answer"


def reasons_of(drill: Drill, verdict: Verdict, measured: Measured) -> list[str]:
    """Why a result does not pass; empty: it does."""
    reasons = []
    if verdict not in drill.passes:
        reasons.append(f"{verdict}; what passes is: {' or '.join(drill.passes)}")
    if drill.attempts_at_most is not None and measured.attempts > drill.attempts_at_most:
        reasons.append(f"{measured.attempts} attempts at one call; {drill.attempts_at_most} are enough")
    if drill.obeys_retry_after:
        reasons += [
            f"came back after {wait.waited:.2f} s; retry-after said {wait.asked:g} s"
            for wait in measured.waits
            if not wait.obeyed
        ]
    return reasons


def notes_of(verdict: Verdict, ran: Ran, answered: int, wanted: int) -> list[str]:
    """What else is worth knowing. `answered`: answers of the model that came, of `wanted` without the failure."""
    notes = []
    if verdict == "failed cleanly" and any(mark in ran.stderr for mark in _UNCAUGHT):
        notes.append("ended by an uncaught exception")
    if ran.status == 0 and answered < wanted and verdict in ("survived", "gave a wrong answer"):
        came = f"only {answered} of the {wanted} answers of the model" if answered else "no answer of the model"
        notes.append(f"{came} reached it, and yet it said something")
    if ran.flooded:
        notes.append("ended because it printed too much")
    return notes
