"""A long-form writer: when the limit is reached it keeps what it has and asks for the rest.

Trap: a truncated text becomes an assistant turn, followed by a user message that says to go on.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Llm, assistant, said, user

RULE = None
PARTS = ("Once upon a time there was a", " small dragon who lived in a", " library. The end.")


def write(llm: Llm, task: str) -> str:
    history, story = [user(task)], ""
    for _ in range(5):
        message = llm.create(model=OPUS, max_tokens=64, messages=history)
        story += said(message)
        if message["stop_reason"] == "end_turn":
            return story
        history = [user(task), assistant(story), user("Go on exactly where you stopped.")]
    raise RuntimeError("the story has no end")


def arrange(claude: MockServer) -> None:
    for part in PARTS[:-1]:
        claude.reply(part, stop_reason="max_tokens")
    claude.reply(PARTS[-1])


def run(llm: Llm) -> str:
    story = write(llm, "Tell me a story.")
    assert story == "".join(PARTS)
    return story
