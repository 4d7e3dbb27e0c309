"""A weather agent runs parallel calls in a thread pool.

Bug: results are zipped with the calls in the order in which they finish, so that a slow first call gets the answer of a
quick second one.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = "R21 tool-result-misattributed"
LATENCY = {"Reykjavik": 0.2, "Lisbon": 0.0, "Warsaw": 0.1}


def get_weather(city: str) -> str:
    time.sleep(LATENCY[city])
    return f"{city}: {len(city)} °C"


def run_tools(wanted: list[Json]) -> Iterator[Json]:
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(get_weather, **call["input"]) for call in wanted]
        for call, future in zip(wanted, as_completed(futures), strict=True):
            yield result(call, future.result())


def arrange(claude: MockServer) -> None:
    claude.reply(*(tool_use("get_weather", city=city) for city in LATENCY))
    claude.reply("It is warmest in Reykjavik.")


def run(llm: Llm) -> str:
    history = [user("Where is it warmest: Reykjavik, Lisbon or Warsaw?")]
    while True:
        message = llm.create(model=SONNET, max_tokens=500, tools=[WEATHER], messages=history)
        if message["stop_reason"] != "tool_use":
            return said(message)
        history += [assistant(message["content"]), user(list(run_tools(calls(message))))]
