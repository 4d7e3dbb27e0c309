"""What a command made of a drill, and whether that passes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from claudemock_contracts.drills.answer import Answer
from claudemock_contracts.drills.command import Ran
from claudemock_contracts.drills.measure import Measured
from claudemock_contracts.drills.plan import Drill, Verdict

_UNCAUGHT = ("Traceback (most recent call last)", "UnhandledPromiseRejection", "panic: ", "Exception in thread")


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
    if not unanswered and (answer is None or answer.difference(ran.stdout) is None):
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


def notes_of(verdict: Verdict, ran: Ran, answer: Answer | None, answered: int, wanted: int) -> list[str]:
    """What else is worth knowing. `answered`: answers of the model that came, of `wanted` without the failure."""
    notes: list[str] = []
    if verdict == "gave a wrong answer" and answer is not None:
        notes += filter(None, [answer.difference(ran.stdout)])
    if verdict == "failed cleanly" and any(mark in ran.stderr for mark in _UNCAUGHT):
        notes.append("ended by an uncaught exception")
    if ran.status == 0 and answered < wanted and verdict in ("survived", "gave a wrong answer"):
        came = f"only {answered} of the {wanted} whole answers" if answered else "no whole answer"
        notes.append(f"{came} of the model reached it, and yet it ended with status 0")
    if ran.flooded:
        notes.append("ended because it printed too much")
    elif verdict == "hung":
        notes.append(f"ended after {ran.seconds:.0f} s; --timeout allows another time")
    return notes
