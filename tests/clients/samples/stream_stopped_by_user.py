"""A chat whose user presses “stop” in the middle of an answer and asks something else.

Trap: a partial answer in the history, of a stream that the client itself closed.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, assistant, user

RULE = None


class Chat:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self.client = client
        self.history: list[Any] = []

    def say(self, line: str, stop_after: int | None = None) -> str:
        self.history.append(user(line))
        shown: list[str] = []
        with self.client.messages.stream(model=SONNET, max_tokens=800, messages=self.history) as stream:
            for piece in stream.text_stream:
                shown.append(piece)
                if len(shown) == stop_after:
                    break
            else:
                if stream.get_final_message().stop_reason is None:
                    raise RuntimeError("the answer is incomplete")
        self.history.append(assistant("".join(shown).rstrip()))
        return "".join(shown)


def arrange(claude: MockServer) -> None:
    pace = {"tokens_per_second": 200}
    claude.reply("The history of paper is long and begins in China. " * 10, chunk=4, pacing=pace)
    claude.reply("Paper is made of wood.")


def run() -> str:
    with anthropic.Anthropic() as client:
        chat = Chat(client)
        chat.say("Tell me all about paper.", stop_after=6)
        return chat.say("In one sentence, please.")
