"""A streaming chat with a moving breakpoint.

Bug: the system prompt tells the model how many messages there were, which changes what stands before every breakpoint.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, assistant, handbook, marked, user

RULE = "R02 cache-prefix-drift"
LINES = ("Hello, who are you?", "What do you know about refunds?", "And about invoices?", "Thank you, bye.")


class Chat:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self.client = client
        self.history: list[Json] = []

    def _system(self) -> str:
        return f"{handbook('chat')}\n\nThe conversation has {len(self.history)} messages so far."

    def say(self, line: str) -> str:
        turns: Any = [*self.history, user([marked(line)])]
        with self.client.messages.stream(model=SONNET, max_tokens=500, system=self._system(), messages=turns) as stream:
            answer = "".join(stream.text_stream)
            assert stream.get_final_message().stop_reason == "end_turn"
        self.history += [user(line), assistant(answer)]
        return answer


def arrange(claude: MockServer) -> None:
    for number, line in enumerate(LINES):
        claude.reply(f"Reply {number}: you said “{line}”.")


def run() -> list[str]:
    with anthropic.Anthropic() as client:
        chat = Chat(client)
        return [chat.say(line) for line in LINES]
