"""Two small agents on the official SDK that give the same answer: a correct one, and one with three silent bugs.

Nothing in them knows that they talk to a mock.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import anthropic

MODEL = "claude-opus-4-8"
QUESTION = "How warm is it in Oslo and in Rome?"
HANDBOOK = "\n".join(f"Station {number} reports at minute {number * 7 % 60} of every hour." for number in range(400))
TOOL: Any = {
    "name": "get_weather",
    "description": "The temperature in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}

Agent = Callable[[anthropic.Anthropic], str]


def correct(client: anthropic.Anthropic) -> str:
    """Keeps the cached prompt as it is, leaves retries to the SDK, and pairs results with calls by their ids."""
    system: Any = [
        {"type": "text", "text": HANDBOOK, "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": f"It is {datetime.now(UTC).isoformat()}."},
    ]
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        reply = client.messages.create(model=MODEL, max_tokens=500, system=system, tools=[TOOL], messages=messages)
        calls: Any = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return _text(reply)
        messages += _turns(reply, calls, asyncio.run(_as_called(calls)))


def faulty(client: anthropic.Anthropic) -> str:
    """Tells the time at the start of the cached prompt, takes results as they come, and does not wait when told to."""
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        text = f"It is {datetime.now(UTC).isoformat()}.\n{HANDBOOK}"
        reply = _insistently(client, [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}], messages)
        calls: Any = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return _text(reply)
        messages += _turns(reply, calls, asyncio.run(_as_they_come(calls)))


def _insistently(client: anthropic.Anthropic, system: Any, messages: list[Any]) -> Any:
    while True:
        try:
            return client.with_options(max_retries=0).messages.create(
                model=MODEL, max_tokens=500, system=system, tools=[TOOL], messages=messages
            )
        except anthropic.RateLimitError:
            continue


async def _as_called(calls: Sequence[Any]) -> list[str]:
    return await asyncio.gather(*(get_weather(**call.input) for call in calls))


async def _as_they_come(calls: Sequence[Any]) -> list[str]:
    running = [asyncio.create_task(get_weather(**call.input)) for call in calls]
    return [await done for done in asyncio.as_completed(running)]


async def get_weather(city: str) -> str:
    """The temperature in a city. Oslo's station is slow."""
    if city == "Oslo":
        await asyncio.sleep(0.05)
    return f"{city}: {'4 °C' if city == 'Oslo' else '18 °C'}"


def _turns(reply: Any, calls: Sequence[Any], answers: Sequence[str]) -> list[Any]:
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": answer}
        for call, answer in zip(calls, answers, strict=True)
    ]
    return [{"role": "assistant", "content": reply.content}, {"role": "user", "content": results}]


def _text(reply: Any) -> str:
    return "".join(block.text for block in reply.content if block.type == "text")
