"""A small agent that survives what the API can do to it, and otherwise ends with one line that says why.

It asks a question with tools, streams a text, and collects a batch. The comments say which failure each part is for.
"""

import asyncio
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anthropic
import httpx2
from tools import MODEL, QUESTION, WEATHER, dish_of, get_weather

Result = TypeVar("Result")
TRIES = 3  # of our own, on top of the SDK's two retries of each


class GivingUpError(Exception):
    """The task cannot be done; the message says why."""


class BrokenStreamError(Exception):
    """A stream that ended before its answer did."""


# Idle streams and lost connections end in a timeout rather than never.
client = anthropic.Anthropic(timeout=httpx2.Timeout(5, connect=5))


def patiently(call: Callable[[], Result]) -> Result:
    """The result of `call`, made again while that may help."""
    for number in range(TRIES):
        try:
            return call()
        except anthropic.APIStatusError as error:
            if not temporary(error) or number == TRIES - 1:
                raise GivingUpError(f"the API says {error.status_code} {error.type}: {error.message}") from error
        except (anthropic.APIConnectionError, httpx2.HTTPError, BrokenStreamError, ValueError) as error:
            # the SDK never repeats a stream that has begun: what was read of it is thrown away
            if number == TRIES - 1:
                raise GivingUpError(f"the connection keeps breaking: {error}") from error
        time.sleep(random.uniform(2, 4) * 2**number)  # noqa: S311 - jitter, no secret
    raise AssertionError("unreachable")


def temporary(error: anthropic.APIStatusError) -> bool:
    """Whether the same request may succeed later."""
    if error.status_code == 200:  # an error event within a stream
        return error.type in ("overloaded_error", "api_error", "rate_limit_error")
    if isinstance(error, anthropic.RateLimitError):
        return error.error_code != "enforced_spend_limit_reached"
    return error.status_code in (408, 409) or error.status_code >= 500


def create(messages: list[Any], room: int = 1024) -> Any:
    """One whole assistant turn: paused ones are continued, cut ones are made again with more room."""
    turn = list(messages)
    while True:
        asked: Any = {"max_tokens": room, "messages": turn, "tools": [WEATHER], "thinking": {"type": "adaptive"}}
        message = patiently(partial(client.messages.create, model=MODEL, **asked))
        match message.stop_reason:
            case "max_tokens" if room < 8192:
                room *= 2  # half an answer, or no answer but thoughts
            case "pause_turn":
                turn.append({"role": "assistant", "content": message.content})
            case "end_turn" | "tool_use":
                return message
            case "refusal":
                raise GivingUpError("the model refused")
            case other:
                raise GivingUpError(f"no answer, the model stopped for {other}")


def ask(question: str) -> str:
    """The answer to a question, with the tools it takes; results go back by the ids of their calls."""
    messages: list[Any] = [{"role": "user", "content": question}]
    for _ in range(10):
        message = create(messages)
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content if block.type == "text")
        answers = asyncio.run(weather_reports(calls))
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": answer}
            for call, answer in zip(calls, answers, strict=True)
        ]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    raise GivingUpError("the model keeps calling tools")


async def weather_reports(calls: list[Any]) -> list[str]:
    """What the tools say, in the order of the calls."""
    return await asyncio.gather(*(get_weather(**call.input) for call in calls))


def write(topic: str) -> str:
    """A streamed text, whole or not at all; blocks and events of unknown kinds are passed over."""

    def attempt() -> str:
        asked: Any = [{"role": "user", "content": f"Write a line about {topic}."}]
        with client.messages.stream(model=MODEL, max_tokens=1024, messages=asked) as stream:
            message = stream.get_final_message()
        if message.stop_reason is None:
            raise BrokenStreamError("it ended without its end")
        if message.stop_reason != "end_turn":
            raise GivingUpError(f"no text, the model stopped for {message.stop_reason}")
        return "".join(block.text for block in message.content if block.type == "text")

    return patiently(attempt)


def name_dishes(cities: list[str]) -> dict[str, str]:
    """A dish of each city, in one batch; what did not come through is sent again, by its id and not by its place."""
    dishes: dict[str, str] = {}
    for _ in range(TRIES):
        left: Any = [dish_of(city) for city in cities if city not in dishes]
        batch = patiently(partial(client.messages.batches.create, requests=left))
        while batch.processing_status != "ended":
            time.sleep(1)
            batch = patiently(partial(client.messages.batches.retrieve, batch.id))
        for row in patiently(partial(read_results, batch.id)):
            if row.result.type == "succeeded" and row.result.message.stop_reason == "end_turn":
                dishes[row.custom_id] = row.result.message.content[0].text
        if len(dishes) == len(cities):
            return {city: dishes[city] for city in cities}
    raise GivingUpError(f"no dish of {', '.join(city for city in cities if city not in dishes)}")


def read_results(batch_id: str) -> list[Any]:
    """All rows of a batch that has ended."""
    return list(client.messages.batches.results(batch_id))


def main() -> int:
    """Do it all."""
    try:
        print(ask(QUESTION))
        print(write("the weather"))
        print(name_dishes(["Oslo", "Rome", "Lima"]))
    except GivingUpError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
