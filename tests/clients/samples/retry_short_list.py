"""A raw client, asyncio, with a retry loop of its own.

Bug: its list of statuses worth a retry does not have 529.
"""

import asyncio
import os

import httpx2

from claudemock.control.client import MockServer
from tests.clients.kit import SONNET, Json, headers, said, user

RULE = "R03 overload-not-retried"
RAISES = "HTTPStatusError"
NEEDS = ("fault",)
RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})


async def post(http: httpx2.AsyncClient, body: Json, attempts: int = 4) -> Json:
    for attempt in range(attempts):
        response = await http.post("/v1/messages", json=body)
        if response.status_code not in RETRYABLE:
            response.raise_for_status()
            answer: Json = response.json()
            return answer
        await asyncio.sleep(0.25 * 2**attempt)
    raise RuntimeError("no answer")


def arrange(claude: MockServer) -> None:
    claude.reply("A haiku about frogs.")
    claude.fault("overloaded", nth=2)


async def run() -> list[str]:
    async with httpx2.AsyncClient(base_url=os.environ["ANTHROPIC_BASE_URL"], headers=headers(), timeout=60) as http:
        return [
            said(await post(http, {"model": SONNET, "max_tokens": 100, "messages": [user(f"A haiku about {topic}.")]}))
            for topic in ("frogs", "ponds", "rain")
        ]
