"""A chat with an optional attachment.

Bug: without an attachment it sends an empty text block, which the API refuses.
"""

from dataclasses import dataclass

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, RawLlm, said, user

RULE = "R12 empty-text-block"
RAISES = "HTTPStatusError"


@dataclass(frozen=True)
class Mail:
    body: str
    attachment: str = ""

    def content(self) -> list[Json]:
        return [{"type": "text", "text": self.body}, {"type": "text", "text": self.attachment}]


def arrange(claude: MockServer) -> None:
    claude.reply("Thank you for the invoice.")


def run() -> list[str]:
    mails = (Mail("Here is the invoice.", "Invoice 17: 12 €"), Mail("Did you get it?"))
    with RawLlm() as llm:
        return [said(llm.create(model=SONNET, max_tokens=200, messages=[user(mail.content())])) for mail in mails]
