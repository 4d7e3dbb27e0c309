"""A support desk answers one question after another.

Bug: the marked system prompt begins with the time, so that no request ever finds what an earlier one wrote.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, handbook, marked, said, user

RULE = "R02 cache-prefix-drift"
QUESTIONS = ("Where is parcel 17?", "Can I return a mug?", "Do you ship to Norway?", "Is there a student discount?")


@dataclass
class Desk:
    llm: Llm
    guide: str

    def system(self) -> list[Json]:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        return [marked(f"You are the support desk. Current time: {now}\n\n{self.guide}")]

    def answer(self, question: str) -> str:
        message = self.llm.create(model=SONNET, max_tokens=400, system=self.system(), messages=[user(question)])
        return said(message)


def arrange(claude: MockServer) -> None:
    for number in range(len(QUESTIONS)):
        claude.reply(f"This is the answer to question number {number + 1}.")


def run(llm: Llm) -> list[str]:
    desk = Desk(llm, handbook("support"))
    return [desk.answer(question) for question in QUESTIONS]
