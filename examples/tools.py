"""The tools of the sample agents: what they can do, and what they say when asked."""

import asyncio
import os
from itertools import count
from typing import Any

MODEL = "claude-opus-4-8"
QUESTION = "How warm is it in Oslo and in Rome?"
WEATHER: Any = {
    "name": "get_weather",
    "description": "The temperature in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CELSIUS = {"Oslo": 4, "Rome": 18}
_calls = count()


def dish_of(city: str) -> Any:
    """One request of a batch."""
    asked = {"role": "user", "content": f"Name a dish of {city}."}
    return {"custom_id": city, "params": {"model": MODEL, "max_tokens": 256, "messages": [asked]}}


async def get_weather(city: str) -> str:
    """The temperature in a city. The second call takes longer than the first; in the drill of that name less long."""
    slow = next(_calls) == (0 if os.environ.get("CLAUDEMOCK_DRILL") == "tools-parallel-slow-first" else 1)
    if slow:
        await asyncio.sleep(0.1)
    return f"{CELSIUS.get(city, 10)} °C in {city}"
