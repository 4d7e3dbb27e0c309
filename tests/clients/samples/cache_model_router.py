"""A chat behind a cost router.

Bug: the router picks the model by the length of the last line, so that one conversation hops between models whose
caches know nothing of each other.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SONNET, Json, Llm, assistant, handbook, marked, said, user

RULE = "R40 cache-scope-split"
LINES = (
    "Hi!",
    "Please explain in detail how a refund for a damaged parcel works.",
    "And then?",
    "Please write a complete letter to the customer that says all of this kindly.",
    "Thanks!",
)


class Router:
    def pick(self, line: str) -> str:
        return OPUS if len(line) > 40 else SONNET


def arrange(claude: MockServer) -> None:
    for number in range(len(LINES)):
        claude.reply(f"Certainly, here is what I think about your line number {number}.")


def run(llm: Llm) -> list[str]:
    router, history, answers = Router(), list[Json](), []
    system = [marked(handbook("letters"))]
    for line in LINES:
        history.append(user(line))
        message = llm.create(model=router.pick(line), max_tokens=500, system=system, messages=history)
        history.append(assistant(message["content"]))
        answers.append(said(message))
    return answers
