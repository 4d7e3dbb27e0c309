"""A contract: one rule that code calling the Claude API is held to, with its reasons and its own two examples."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from claudemock_contracts.examples import Example
from claudemock_contracts.finding import VERDICT_OF, Outcome, Severity, Verdict
from claudemock_contracts.transcript import Transcript

Evidence = Literal["P", "A", "O", "A+O", "P+O", "P+A"]
"""What a judgement needs: any recording (P), a provoked condition (A), something only the test knows (O)."""

Judge = Callable[[Transcript], Iterable[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One rule.

    `judge` reads a transcript and yields `EXERCISED` wherever there was something to judge, and an `Observation` for
    each thing to say. Yielding nothing means that the rule was not exercised. A judge states no cause it cannot show,
    raises on no traffic, and takes time linear in the transcript's fresh messages.
    """

    id: str  # "R01"; never reused
    name: str  # "tool-result-missing"
    title: str  # what is required, as one sentence
    family: str
    why: str
    severity: Severity
    evidence: Evidence
    fix: str
    good: Example
    bad: Example
    judge: Judge
    threads: tuple[str, ...] = ()  # public reports of people who were hit by it

    @property
    def verdict(self) -> Verdict:
        """What an observation means unless it says otherwise."""
        return VERDICT_OF[self.severity]

    def answers_to(self, name: str) -> bool:
        """Whether a user may mean this contract: by id, by name, or by its family."""
        return name.strip().lower() in (self.id.lower(), self.name, self.family, "all")
