"""What the sample programs share: ways to reach the API, and texts long enough to be worth caching.

Products wrap the API in a small class of their own; these four are such classes. A sample whose `run` takes `llm` is
run once with the SDK and once with raw HTTP.
"""

import os
from types import TracebackType
from typing import Any, Protocol, Self

import anthropic
import httpx2

Json = dict[str, Any]

SONNET = "claude-sonnet-4-6"
OPUS = "claude-opus-4-8"
HAIKU = "claude-haiku-4-5-20251001"
EPHEMERAL: Json = {"type": "ephemeral"}

WEATHER: Json = {
    "name": "get_weather",
    "description": "The temperature in a city, in degrees Celsius.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SEARCH: Json = {
    "name": "search",
    "description": "Search the company's documents.",
    "input_schema": {
        "type": "object",
        "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["query"],
    },
}


class Llm(Protocol):
    """A way to ask for one message."""

    def create(self, **body: Any) -> Json:
        """The message that answers `body`."""


class AsyncLlm(Protocol):
    """The same for asyncio."""

    async def create(self, **body: Any) -> Json:
        """The message that answers `body`."""


class SdkLlm:
    """The official SDK."""

    def __init__(self) -> None:
        self._client = anthropic.Anthropic()

    def create(self, **body: Any) -> Json:
        """The message as a dict. Raises the SDK's errors."""
        message: Any = self._client.messages.create(**body)
        answer: Json = message.to_dict()
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        self._client.close()


class RawLlm:
    """Raw HTTP."""

    def __init__(self) -> None:
        self._client = raw_client()

    def create(self, **body: Any) -> Json:
        """The message. Raises `httpx2.HTTPStatusError` for anything but 2xx."""
        response = self._client.post("/v1/messages", json=body)
        response.raise_for_status()
        answer: Json = response.json()
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        self._client.close()


class AsyncSdkLlm:
    """The official SDK for asyncio."""

    def __init__(self) -> None:
        self._client = anthropic.AsyncAnthropic()

    async def create(self, **body: Any) -> Json:
        """The message as a dict. Raises the SDK's errors."""
        message: Any = await self._client.messages.create(**body)
        answer: Json = message.to_dict()
        return answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        await self._client.close()


class AsyncRawLlm:
    """Raw HTTP for asyncio."""

    def __init__(self) -> None:
        self._client = httpx2.AsyncClient(base_url=os.environ["ANTHROPIC_BASE_URL"], headers=headers(), timeout=60)

    async def create(self, **body: Any) -> Json:
        """The message. Raises `httpx2.HTTPStatusError` for anything but 2xx."""
        response = await self._client.post("/v1/messages", json=body)
        response.raise_for_status()
        answer: Json = response.json()
        return answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        await self._client.aclose()


def headers() -> dict[str, str]:
    """What a hand-written client sends."""
    return {"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}


def raw_client(timeout: float = 60) -> httpx2.Client:
    """An HTTP client for the address and key in the environment; to be used in a `with`."""
    return httpx2.Client(base_url=os.environ["ANTHROPIC_BASE_URL"], headers=headers(), timeout=timeout)


def said(message: Json) -> str:
    """The text of a message."""
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def calls(message: Json) -> list[Json]:
    """The tool calls of a message."""
    return [block for block in message["content"] if block["type"] == "tool_use"]


def result(call: Json, content: Any, **more: Any) -> Json:
    """The result of a tool call."""
    return {"type": "tool_result", "tool_use_id": call["id"], "content": content, **more}


def marked(text: str, **more: Any) -> Json:
    """A text block with a cache breakpoint."""
    return {"type": "text", "text": text, "cache_control": {**EPHEMERAL, **more}}


def user(content: Any) -> Json:
    """A user turn."""
    return {"role": "user", "content": content}


def assistant(content: Any) -> Json:
    """An assistant turn."""
    return {"role": "assistant", "content": content}


def handbook(topic: str, characters: int = 14_000) -> str:
    """A long, dull, always equal text about `topic`; the default is above the cache minimum of Sonnet and Opus."""
    who = ("a new customer", "a reseller", "a colleague", "an auditor", "a visitor", "a supplier", "a journalist")
    what = ("a refund", "an invoice", "the warranty", "a late parcel", "their data", "an upgrade", "a contract")
    how = ("answer politely", "ask for the reference", "look it up first", "quote the policy", "offer a call")
    lines = [f"Handbook: {topic}."]
    size, number = len(lines[0]), 0
    while size < characters:
        line = (
            f"{number + 1}. When {who[number % 7]} writes about {what[number // 7 % 7]}, {how[number % 5]}, "
            f"then follow section {number * 7 % 97} of the {topic} guide."
        )
        lines.append(line)
        size += len(line) + 1
        number += 1
    return "\n".join(lines)
