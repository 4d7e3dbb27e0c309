"""A translator with a long style guide.

Bug: the guide is sent with every sentence and never marked, so that it is paid in full each time.
"""

from dataclasses import dataclass, field

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Llm, handbook, said, user

RULE = "R33 cache-unused"
SENTENCES = ("Good morning.", "The shop is closed.", "Mind the gap.", "No dogs, please.", "See you tomorrow.")


@dataclass
class Translator:
    llm: Llm
    guide: str = field(default_factory=lambda: handbook("style", 30_000))

    def translate(self, sentence: str) -> str:
        message = self.llm.create(
            model=SONNET, max_tokens=200, system=self.guide, messages=[user(f"Into French: {sentence}")]
        )
        return said(message)


def arrange(claude: MockServer) -> None:
    for sentence in SENTENCES:
        claude.reply(f"En français : {sentence}")


def run(llm: Llm) -> list[str]:
    translator = Translator(llm)
    return [translator.translate(sentence) for sentence in SENTENCES]
