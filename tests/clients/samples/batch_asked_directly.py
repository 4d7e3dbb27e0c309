"""A digest made by batch for half the price; what is not there in time is asked directly.

Bug: the batch is left running; it is paid in full and nobody ever reads it.
"""

from typing import Any

import anthropic

from claudemock.control.client import MockServer

RULE = "R48 batch-not-collected"
ALSO = ("R53 batch-abandoned",)
NEEDS = ("batches",)
TOPICS = ("weather", "ferries", "fishing")


def params(topic: str) -> Any:
    messages = [{"role": "user", "content": f"One line about {topic}."}]
    return {"model": "claude-haiku-4-5", "max_tokens": 80, "messages": messages}


def by_batch(client: anthropic.Anthropic) -> dict[str, str]:
    requests: list[Any] = [{"custom_id": topic, "params": params(topic)} for topic in TOPICS]
    batch = client.messages.batches.create(requests=requests)
    for _ in range(3):
        if client.messages.batches.retrieve(batch.id).processing_status == "ended":
            results = client.messages.batches.results(batch.id)
            return {row.custom_id: text_of(row.result.message) for row in results if row.result.type == "succeeded"}
    return {}


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def arrange(claude: MockServer) -> None:
    claude.batches.script(duration=3600)
    claude.when(contains="One line about").reply("Calm seas, light winds.")


def run() -> dict[str, str]:
    with anthropic.Anthropic() as client:
        lines = by_batch(client)
        return {topic: lines.get(topic) or text_of(client.messages.create(**params(topic))) for topic in TOPICS}
