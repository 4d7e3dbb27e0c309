"""A stock agent, asyncio, with a worker queue.

Bug: workers put answers on a queue as they come, and the agent hands them out by position.
"""

import asyncio

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, AsyncLlm, Json, assistant, calls, result, said, user

RULE = "R21 tool-result-misattributed"
PRICES: dict[str, tuple[int, float]] = {"ACME-1": (12, 0.15), "GLOBEX-7": (340, 0.0)}
QUOTE: Json = {
    "name": "quote",
    "description": "The price of a share.",
    "input_schema": {"type": "object", "properties": {"ticker": {"type": "string"}}, "required": ["ticker"]},
}


class Broker:
    def __init__(self) -> None:
        self.answers: asyncio.Queue[Json] = asyncio.Queue()

    async def look_up(self, ticker: str) -> None:
        price, delay = PRICES[ticker]
        await asyncio.sleep(delay)
        await self.answers.put({"ticker": ticker, "price": price})

    async def quotes(self, tickers: list[str]) -> list[str]:
        async with asyncio.TaskGroup() as group:
            for ticker in tickers:
                group.create_task(self.look_up(ticker))
        return [str(self.answers.get_nowait()) for _ in tickers]


def arrange(claude: MockServer) -> None:
    claude.reply(*(tool_use("quote", ticker=ticker) for ticker in PRICES))
    claude.reply("GLOBEX-7 costs twelve.")


async def run(llm: AsyncLlm) -> str:
    broker, history = Broker(), [user("What do ACME-1 and GLOBEX-7 cost?")]
    while True:
        message = await llm.create(model=OPUS, max_tokens=400, tools=[QUOTE], messages=history)
        wanted = calls(message)
        if not wanted:
            return said(message)
        found = await broker.quotes([call["input"]["ticker"] for call in wanted])
        done = [result(call, answer) for call, answer in zip(wanted, found, strict=True)]
        history += [assistant(message["content"]), user(done)]
