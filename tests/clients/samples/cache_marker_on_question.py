"""A question answerer over one manual.

Bug: the only breakpoint sits on the question, the one block that is never the same; the long manual before it has none.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Llm, handbook, marked, said, user

RULE = "R07 cache-marker-on-varying-block"
QUESTIONS = (
    "How do I reset the device?",
    "What does the red light mean?",
    "Which batteries fit?",
    "How long is the warranty?",
    "Can it get wet?",
)


def arrange(claude: MockServer) -> None:
    for number in range(len(QUESTIONS)):
        claude.reply(f"See page {number + 10} of the manual.")


def ask(llm: Llm, manual: str, question: str) -> str:
    message = llm.create(
        model=SONNET,
        max_tokens=300,
        system="Answer from the manual only.",
        messages=[user([{"type": "text", "text": manual}, marked(f"Question: {question}")])],
    )
    return said(message)


def run(llm: Llm) -> dict[str, str]:
    manual = handbook("device")
    return {question: ask(llm, manual, question) for question in QUESTIONS}
