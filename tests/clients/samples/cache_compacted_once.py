"""A long chat that is summarised once, when it has become too long, and goes on from the summary.

Trap: the history is rewritten, but a single time; that is what compaction is.
"""

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, Llm, assistant, handbook, marked, said, user

RULE = None
LIMIT = 40_000  # characters


class Chat:
    def __init__(self, llm: Llm) -> None:
        self.llm = llm
        self.history: list[Json] = []
        self.compactions = 0

    def say(self, line: str) -> str:
        if sum(len(str(turn["content"])) for turn in self.history) > LIMIT:
            self._compact()
        self.history.append(user(line))
        message = self._create(self.history)
        self.history.append(assistant(message["content"]))
        return said(message)

    def _compact(self) -> None:
        summary = said(self._create([*self.history, user("Summarise our conversation so far.")]))
        self.history = [user(f"Summary of the conversation so far: {summary}"), assistant("Understood, let us go on.")]
        self.compactions += 1

    def _create(self, messages: list[Json]) -> Json:
        system = [{"type": "text", "text": handbook("archive")}]
        *before, last = messages
        return self.llm.create(
            model=SONNET,
            max_tokens=2000,
            system=system,
            messages=[*before, user([marked(last["content"])])],
        )


def arrange(claude: MockServer) -> None:
    for number in range(8):
        claude.when(contains=f"line {number}").reply(f"Record {number}. " + handbook(f"record {number}", 9000), times=1)
    claude.when(contains="re:^Summarise our").reply("We read some records and found them dull.", times=1)


def run(llm: Llm) -> int:
    chat = Chat(llm)
    for number in range(8):
        chat.say(f"This is line {number}.")
    assert chat.compactions == 1
    return len(chat.history)
