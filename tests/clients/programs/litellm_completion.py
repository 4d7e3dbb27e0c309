"""litellm's translation from the OpenAI shape: text, tools, streams, JSON, errors, sync and async."""

import asyncio
import json
from typing import Any

import litellm
from mocking import call, script

MODEL = "anthropic/claude-opus-5"
HELLO: Any = {"model": MODEL, "max_tokens": 256, "messages": [{"role": "user", "content": "Hello"}], "num_retries": 0}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def text() -> None:
    """A completion with usage."""
    script("Hi.")
    answer: Any = litellm.completion(**HELLO)
    assert answer.choices[0].message.content == "Hi.", answer
    assert answer.choices[0].finish_reason == "stop", answer
    assert answer.usage.prompt_tokens > 0, answer


def tools() -> None:
    """A tool call, its result, and the last word."""
    script(call("get_weather", city="Oslo"), "It is 4 °C.")
    asked: Any = litellm.completion(**HELLO, tools=[WEATHER]).choices[0].message
    (wanted,) = asked.tool_calls
    assert json.loads(wanted.function.arguments) == {"city": "Oslo"}, asked
    result = {"role": "tool", "tool_call_id": wanted.id, "content": "4 °C"}
    turns = [*HELLO["messages"], asked.model_dump(), result]
    answer: Any = litellm.completion(**{**HELLO, "messages": turns}, tools=[WEATHER])
    assert answer.choices[0].message.content == "It is 4 °C.", answer


async def streams() -> None:
    """Text streamed, sync and async, and tool arguments."""
    script("One two three four five.", "Six seven.", call("get_weather", city="Rome"))
    pieces = [chunk.choices[0].delta.content or "" for chunk in litellm.completion(**HELLO, stream=True)]
    assert "".join(pieces) == "One two three four five.", pieces
    stream: Any = await litellm.acompletion(**HELLO, stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Six seven."
    chunks = list(litellm.completion(**HELLO, stream=True, tools=[WEATHER]))
    whole: Any = litellm.stream_chunk_builder(chunks)
    assert json.loads(whole.choices[0].message.tool_calls[0].function.arguments) == {"city": "Rome"}, whole


def errors() -> None:
    """A refusal arrives as litellm's own class."""
    try:
        litellm.completion(**{**HELLO, "model": "anthropic/claude-none"})
    except litellm.NotFoundError as error:
        message = str(error)
    else:
        raise AssertionError("no NotFoundError")
    assert "claude-none" in message, message


litellm.telemetry = False
text()
tools()
asyncio.run(streams())
errors()
