"""A circuit breaker per model: after three overloads in a row the model rests for a while and the second one is asked
at once; then one request tries the first again.

Trap: failed calls that are not repeated on their model, and a model that comes and goes.
"""

import time

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import HAIKU, OPUS

RULE = None
NEEDS = ("fault",)
THRESHOLD, REST = 3, 0.5


class Breaker:
    def __init__(self) -> None:
        self._failures, self._open_until = 0, 0.0

    @property
    def closed(self) -> bool:
        return time.monotonic() >= self._open_until

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= THRESHOLD:
            self._open_until = time.monotonic() + REST

    def worked(self) -> None:
        self._failures = 0


class Router:
    def __init__(self, client: anthropic.Anthropic) -> None:
        self._client = client
        self._models = {name: Breaker() for name in (OPUS, HAIKU)}

    def ask(self, prompt: str) -> str:
        for model, breaker in self._models.items():
            for pause in (0.3, 0.6, 1.2):
                if not breaker.closed:
                    break
                try:
                    message = self._client.messages.create(
                        model=model, max_tokens=80, messages=[{"role": "user", "content": prompt}]
                    )
                except anthropic.InternalServerError:
                    breaker.failed()
                    if breaker.closed:
                        time.sleep(pause)
                else:
                    breaker.worked()
                    return "".join(block.text for block in message.content if block.type == "text")
        raise RuntimeError("no model is left")


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", times=3, match={"model": OPUS})
    for number in range(4):
        claude.when(contains=f"number {number}").reply(f"{number} is a lucky number.")


def run() -> list[str]:
    answers = []
    with anthropic.Anthropic(max_retries=0) as client:
        router = Router(client)
        for number in range(4):
            answers.append(router.ask(f"Is number {number} lucky?"))
            time.sleep(0.3)
    return answers
