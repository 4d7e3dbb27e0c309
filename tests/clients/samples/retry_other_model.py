"""A chat that switches to another model as soon as the first one is overloaded.

Trap: retries are off and no request is repeated as it was; the same messages to another model are the recovery.
"""

import anthropic

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SONNET

RULE = None
NEEDS = ("fault",)


def ask(client: anthropic.Anthropic, line: str) -> str:
    failure: anthropic.APIStatusError | None = None
    for model in (OPUS, SONNET):
        try:
            message = client.messages.create(model=model, max_tokens=300, messages=[{"role": "user", "content": line}])
        except anthropic.APIStatusError as error:
            if error.status_code != 529:
                raise
            failure = error
            continue
        return "".join(block.text for block in message.content if block.type == "text")
    raise RuntimeError("all models are overloaded") from failure


def arrange(claude: MockServer) -> None:
    claude.fault("overloaded", times=3, match={"model": OPUS})
    for line in ("Hello", "How are you", "Bye"):
        claude.when(contains=line).reply(f"{line}, friend!", times=1)


def run() -> list[str]:
    with anthropic.Anthropic(max_retries=0) as client:
        return [ask(client, line) for line in ("Hello", "How are you", "Bye")]
