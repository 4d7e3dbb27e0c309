"""A streaming chat that restarts after an error in the stream.

Bug: it prints and keeps what had come before, so that the answer begins twice, and goes into the history like that.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, assistant, user

RULE = "R42 stream-retry-duplicates"
NEEDS = ("fault",)
ANSWER = "The tide turns at noon, and again at midnight."


class Chat:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self.client = client
        self.history: list[Any] = []

    def say(self, line: str) -> str:
        self.history.append(user(line))
        shown: list[str] = []
        for _ in range(3):
            try:
                with self.client.messages.stream(model=SONNET, max_tokens=200, messages=self.history) as stream:
                    shown.extend(stream.text_stream)
                    break
            except anthropic.APIStatusError:
                continue
        self.history.append(assistant("".join(shown)))
        return "".join(shown)


def arrange(claude: MockServer) -> None:
    claude.fault("error_event", after_event=6)
    claude.reply(ANSWER, chunk=5)  # what a fault breaks off is said again
    claude.reply("You are welcome.")


def run() -> str:
    with anthropic.Anthropic() as client:
        chat = Chat(client)
        answer = chat.say("When does the tide turn?")
        chat.say("Thank you.")
    return answer
