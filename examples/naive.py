"""A small agent as one writes it on the first day. It does what `robust.py` does as long as nothing goes wrong."""

import asyncio
import sys
from typing import Any

import anthropic
from tools import MODEL, QUESTION, WEATHER, dish_of, get_weather

client = anthropic.Anthropic(max_retries=0)


def ask(question: str) -> str:
    """The answer to a question."""
    messages: list[Any] = [{"role": "user", "content": question}]
    message: Any = None
    for _ in range(3):
        try:
            message = client.messages.create(
                model=MODEL, max_tokens=1024, messages=messages, tools=[WEATHER], thinking={"type": "adaptive"}
            )
        except anthropic.RateLimitError:
            continue  # at once, whatever retry-after says
        if message.stop_reason != "tool_use":
            break
        calls = [block for block in message.content if block.type == "tool_use"]
        answers = asyncio.run(weather_reports(calls))
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": answer}
            for call, answer in zip(calls, answers, strict=True)
        ]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    return "".join(block.text for block in message.content if block.type == "text")


async def weather_reports(calls: list[Any]) -> list[str]:
    """What the tools say, as they come."""
    running = [asyncio.create_task(get_weather(**call.input)) for call in calls]
    return [await done for done in asyncio.as_completed(running)]


def write(topic: str) -> str:
    """A streamed text."""
    text = ""
    asked: Any = [{"role": "user", "content": f"Write a line about {topic}."}]
    events: Any = client.messages.create(model=MODEL, max_tokens=1024, messages=asked, stream=True)
    try:
        for event in events:
            match event.type:
                case "content_block_start":
                    text += event.content_block.text
                case "content_block_delta":
                    text += event.delta.text
                case "message_start" | "content_block_stop" | "message_delta" | "message_stop":
                    pass
                case _:
                    raise NotImplementedError(event.type)
    except (anthropic.APIError, OSError):
        pass  # print what there is
    return text


def name_dishes(cities: list[str]) -> dict[str, str]:
    """A dish of each city, in one batch."""
    asked: Any = [dish_of(city) for city in cities]
    batch = client.messages.batches.create(requests=asked)
    while batch.processing_status != "ended":
        batch = client.messages.batches.retrieve(batch.id)
    rows: Any = client.messages.batches.results(batch.id)
    return {row.custom_id: row.result.message.content[0].text for row in rows if row.result.type == "succeeded"}


def main() -> int:
    """Do it all."""
    print(ask(QUESTION))
    print(write("the weather"))
    print(sorted(name_dishes(["Oslo", "Rome", "Lima"]).items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
