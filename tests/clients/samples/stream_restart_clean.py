"""A streaming chat that throws away what came before an error and begins again.

Trap: a request repeated after a 200, because its stream failed; nothing of the first try is kept.
"""

from typing import Any

import anthropic
import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, assistant, user

RULE = None
NEEDS = ("fault",)
ANSWER = "The museum opens at ten and closes at six."


class BrokenStreamError(Exception):
    """No complete answer came."""


def attempt(client: anthropic.Anthropic, history: list[Any]) -> str:
    try:
        with client.messages.stream(model=SONNET, max_tokens=200, messages=history) as stream:
            message = stream.get_final_message()
    except (anthropic.APIStatusError, httpx2.RemoteProtocolError) as error:
        raise BrokenStreamError from error
    if message.stop_reason is None:
        raise BrokenStreamError
    return "".join(block.text for block in message.content if block.type == "text")


def say(client: anthropic.Anthropic, history: list[Any], line: str) -> str:
    history.append(user(line))
    for _ in range(3):
        try:
            answer = attempt(client, history)
        except BrokenStreamError:
            continue
        history.append(assistant(answer))
        return answer
    raise BrokenStreamError(line)


def arrange(claude: MockServer) -> None:
    claude.fault("error_event", after_event=5, nth=1)
    claude.fault("truncate", after_event=5, nth=2)
    claude.reply(ANSWER, chunk=6)  # what a fault breaks off is said again
    claude.reply("Not on Mondays.")


def run() -> list[str]:
    history: list[Any] = []
    with anthropic.Anthropic() as client:
        answers = [say(client, history, line) for line in ("When is it open?", "On Mondays too?")]
    assert answers[0] == ANSWER
    return answers
