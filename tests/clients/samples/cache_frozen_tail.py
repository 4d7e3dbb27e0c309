"""A long conversation about one document.

Bug: only the first message is marked and the mark never moves: everything said since is paid in full on every turn.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, Json, assistant, handbook, marked, said, user

RULE = "R37 cache-tail-frozen"
CHAPTERS = 7


class Reader:
    def __init__(self, llm: AsyncLlm, book: str) -> None:
        self.llm = llm
        self.messages: list[Json] = [user([marked(f"We will read this together.\n\n{book}")])]

    async def turn(self, chapter: str) -> str:
        if len(self.messages) > 1:
            self.messages.append(user(chapter))
        message = await self.llm.create(model=OPUS, max_tokens=1000, messages=self.messages)
        self.messages.append(assistant(message["content"]))
        return said(message)


def arrange(claude: MockServer) -> None:
    for number in range(CHAPTERS):
        claude.reply(f"Chapter {number} in short. " + handbook(f"summary {number}", 4000))


async def run(llm: AsyncLlm) -> int:
    reader = Reader(llm, handbook("history of glass"))
    answers = [await reader.turn(f"Chapter {n}:\n" + handbook(f"chapter {n}", 5000)) for n in range(CHAPTERS)]
    return len(answers)
