"""Three conversations of two turns each; the only breakpoint is on the newest line.

Trap: the first requests carry the mark on a block that differs each time, but what they write is read by their own
second turn.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Llm, assistant, handbook, marked, said, user

RULE = None
TOPICS = ("bees", "tides", "bread")


def talk(llm: Llm, topic: str) -> str:
    first = f"Tell me about {topic}.\n\n{handbook(topic)}"
    opening = llm.create(model=SONNET, max_tokens=500, messages=[user([marked(first)])])
    second = llm.create(
        model=SONNET,
        max_tokens=500,
        messages=[user(first), assistant(opening["content"]), user([marked("Say it in one sentence.")])],
    )
    return said(second)


def arrange(claude: MockServer) -> None:
    for topic in TOPICS:
        claude.reply(f"There is much to say about {topic}, and here is some of it.")
        claude.reply(f"In one sentence: {topic} are wonderful.")


def run(llm: Llm) -> list[str]:
    return [talk(llm, topic) for topic in TOPICS]
