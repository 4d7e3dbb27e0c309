"""A thread pool agent that pairs by id but reports in the order of completion.

Bug: the ids are right, so no answer is wrong, but the order changes from run to run, which makes runs hard to compare
and trips readers that go by position.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, WEATHER, Json, Llm, assistant, calls, result, said, user

RULE = "tool-result-order"
LATENCY = {"Quito": 0.2, "Lima": 0.1, "Cusco": 0.0}


def get_weather(city: str) -> str:
    time.sleep(LATENCY[city])
    return f"Clouds over {city}"


def gather(wanted: list[Json]) -> list[Json]:
    with ThreadPoolExecutor() as pool:
        running: dict[Future[str], Json] = {pool.submit(get_weather, **call["input"]): call for call in wanted}
        return [result(running[future], future.result()) for future in as_completed(running)]


def arrange(claude: MockServer) -> None:
    claude.reply(*(tool_use("get_weather", city=city) for city in LATENCY))
    claude.reply("Clouds everywhere.")


def run(llm: Llm) -> str:
    history = [user("Quito, Lima, Cusco?")]
    message = llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=history)
    history += [assistant(message["content"]), user(gather(calls(message)))]
    return said(llm.create(model=SONNET, max_tokens=300, tools=[WEATHER], messages=history))
