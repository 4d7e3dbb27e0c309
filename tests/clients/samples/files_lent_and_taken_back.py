"""A records office: what may not stay with others is deleted after each case, and uploaded again for the next.

Trap: the same bytes are uploaded three times.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import anthropic
from anthropic.types import DocumentBlockParam

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET

RULE = None
FORM = "\n".join(f"Field {n}: state the number of the vessel's certificate {n * 17 % 91}." for n in range(80)).encode()


@contextmanager
def lent(client: anthropic.Anthropic, name: str, data: bytes) -> Iterator[DocumentBlockParam]:
    file = client.files.upload(file=(name, data, "text/plain"))
    try:
        yield {"type": "document", "source": {"type": "file", "file_id": file.id}, "title": name}
    finally:
        client.files.delete(file.id)


def case(client: anthropic.Anthropic, questions: Sequence[str]) -> list[str]:
    answers = []
    with lent(client, "form-7.txt", FORM) as form:
        for question in questions:
            message = client.messages.create(
                model=SONNET,
                max_tokens=120,
                messages=[{"role": "user", "content": [form, {"type": "text", "text": question}]}],
            )
            answers.append("".join(block.text for block in message.content if block.type == "text"))
    return answers


def arrange(claude: MockServer) -> None:
    for number in range(6):
        claude.reply(f"See field {number * 12 + 1} of the form.")


def run() -> list[list[str]]:
    with anthropic.Anthropic() as client:
        return [
            case(client, [f"Which field for the {what}?", f"And for the {what}'s owner?"])
            for what in ("hull", "engine", "radio")
        ]
