"""A chat that shows whatever text there is.

Bug: a refusal in the middle of an answer leaves a first half; it is kept as the assistant's turn, and the talk goes on
from it.
"""

from claudemock import refusal
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, Json, assistant, said, user

RULE = "R28 refusal-ignored"
QUESTIONS = ("How do locks work?", "And how are they opened without a key?", "Why are keys grey?")


def arrange(claude: MockServer) -> None:
    claude.reply("Locks have pins, and each pin has a height.")
    half = "To open one without its key you first take a thin"
    claude.reply(half, refusal("I can't go on with this.", category="cyber"))
    claude.reply("Brass wears, so keys are cut from nickel silver.")


async def run(llm: AsyncLlm) -> list[str]:
    shown: list[str] = []
    history: list[Json] = []
    for question in QUESTIONS:
        message = await llm.create(model=OPUS, max_tokens=400, messages=[*history, user(question)])
        answer = said(message).strip()
        if answer:
            history += [user(question), assistant(answer)]
        shown.append(answer or "(no answer)")
    return shown
