"""A logistics agent whose results name other cities than the one asked for.

Trap: each result mentions the other call's input (a distance needs two ends), and two calls return the very same text.
"""

import asyncio

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, AsyncLlm, Json, assistant, calls, result, said, user

RULE = None
PLACES = ("Gdansk", "Poznan", "Lublin")
HUBS: Json = {
    "name": "nearest_hub",
    "description": "The nearest hub of a city, and who shares it.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


async def nearest_hub(city: str) -> str:
    if city == "Lublin":
        return f"Lublin's hub is Warsaw, as for {PLACES[0]}; {PLACES[1]} has another."
    return "Hub: Warsaw (shared by Gdansk, Poznan)"


def arrange(claude: MockServer) -> None:
    claude.reply(*(tool_use("nearest_hub", city=city) for city in PLACES))
    claude.reply("They all go through Warsaw.")


async def run(llm: AsyncLlm) -> str:
    history = [user("Which hub serves them?")]
    while True:
        message = await llm.create(model=SONNET, max_tokens=300, tools=[HUBS], messages=history)
        wanted = calls(message)
        if not wanted:
            return said(message)
        found = await asyncio.gather(*(nearest_hub(call["input"]["city"]) for call in wanted))
        done = [result(call, text) for call, text in zip(wanted, found, strict=True)]
        history += [assistant(message["content"]), user(done)]
