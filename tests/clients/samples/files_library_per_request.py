"""A legal help desk that uploads the terms once and then refers to them by id.

Bug: the library that remembers ids is made for each request, so that "once" is once per question.
"""

import hashlib

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = "R55 file-reupload"
LINES = (f"§ {n} The carrier is liable for delays over {n % 12} hours on line {n * 7 % 40}." for n in range(60))
TERMS = "\n".join(LINES).encode()


class Library:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self._client = client
        self._known: dict[str, str] = {}

    def id_of(self, name: str, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._known:
            self._known[digest] = self._client.files.upload(file=(name, data, "text/plain")).id
        return self._known[digest]


def answer(client: anthropic.Anthropic, question: str) -> str:
    library = Library(client)
    source = library.id_of("terms.txt", TERMS)
    message = client.messages.create(
        model=SONNET,
        max_tokens=300,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "file", "file_id": source}},
                    {"type": "text", "text": question},
                ],
            }
        ],
    )
    return "".join(block.text for block in message.content if block.type == "text")


def arrange(claude: MockServer) -> None:
    for number in (3, 9, 14):
        claude.reply(f"Paragraph {number} says that the carrier pays.")


def run() -> list[str]:
    with anthropic.Anthropic() as client:
        return [answer(client, question) for question in ("Four hours late?", "A whole day?", "On line 7?")]
