"""A map step over one long report: warm the cache with `max_tokens: 0`, then ask five questions at once.

Trap: a request that stops at max_tokens with no content, and a fan-out of equal prefixes, both on purpose.
"""

from concurrent.futures import ThreadPoolExecutor

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import Json, handbook, marked

RULE = None
MODEL = "claude-opus-5"
QUESTIONS = ("profit", "staff", "risks", "outlook", "debt")


class Report:
    def __init__(self, client: anthropic.Anthropic, text: str) -> None:
        self.client = client
        self.system = [marked(text)]

    def warm(self) -> None:
        self._create("ok", 0)

    def ask(self, topic: str) -> str:
        answer = self._create(f"What does it say about {topic}?", 500)
        return str(answer["content"][0]["text"])

    def _create(self, line: str, limit: int) -> Json:
        body: Json = {"system": self.system, "messages": [{"role": "user", "content": line}]}
        answer = self.client.messages.create(model=MODEL, max_tokens=limit, **body)
        return answer.to_dict()


def arrange(claude: MockServer) -> None:
    for topic in QUESTIONS:
        claude.when(contains=f"about {topic}").reply(f"On {topic} the report is brief.", times=1)
    claude.when(contains="ok").reply("warm", times=1)


def run() -> list[str]:
    with anthropic.Anthropic() as client, ThreadPoolExecutor(5) as pool:
        report = Report(client, handbook("annual report"))
        report.warm()
        return list(pool.map(report.ask, QUESTIONS))
