"""The newest official Python SDK, with strict response validation, sync and async."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anthropic
import pydantic
import pytest
from anthropic import Anthropic, AsyncAnthropic, beta_tool

from claudemock import text, thinking, tool_use
from claudemock.control.client import MockServer

MODEL = "claude-opus-4-8"
HELLO: Any = [{"role": "user", "content": "Hello"}]
WEATHER: Any = {
    "name": "get_weather",
    "description": "The temperature in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client(server: MockServer) -> Iterator[Anthropic]:
    """A client that raises on any response that is not exactly as typed."""
    with Anthropic(
        base_url=server.base_url, api_key=server.api_key, max_retries=0, _strict_response_validation=True
    ) as made:
        yield made


def run(server: MockServer, use: Callable[[AsyncAnthropic], Awaitable[Any]]) -> Any:
    """Run one async program against the server."""

    async def main() -> Any:
        async with AsyncAnthropic(
            base_url=server.base_url, api_key=server.api_key, max_retries=0, _strict_response_validation=True
        ) as client:
            return await use(client)

    return asyncio.run(main())


def said(message: Any) -> str:
    """The text of a message's only block."""
    (block,) = message.content
    assert block.type == "text"
    return str(block.text)


def test_create(client: Anthropic, server: MockServer) -> None:
    """create: content, ids, usage."""
    server.reply(thinking("Hm."), text("Hi!"), tool_use("get_weather", city="Oslo"))
    message = client.messages.create(model=MODEL, max_tokens=100, messages=HELLO, tools=[WEATHER])
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
    assert message.stop_reason == "tool_use"
    assert message._request_id is not None
    assert message._request_id.startswith("req_")


def test_stream_helpers_assemble_what_create_returns(client: Anthropic, server: MockServer) -> None:
    """messages.stream and create(stream=True) end in the message that create returns, but for its ids."""
    server.reply(thinking("Hm."), text("Hi there, you!"), tool_use("get_weather", city="Oslo"), times=3)
    arguments: Any = {"model": MODEL, "max_tokens": 100, "messages": HELLO, "tools": [WEATHER]}
    created = client.messages.create(**arguments).to_dict()
    with client.messages.stream(**arguments) as stream:
        pieces = "".join(stream.text_stream)
        streamed = stream.get_final_message().to_dict()
    assert pieces == "Hi there, you!"
    kinds = {event.type for event in client.messages.create(**arguments, stream=True)}
    assert kinds == {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    }
    assert _anonymous(streamed) == _anonymous(created)


def _anonymous(message: dict[str, Any]) -> dict[str, Any]:
    content = [{key: value for key, value in block.items() if key != "id"} for block in message["content"]]
    # the SDK's snapshot keeps its own parse of a streamed tool input
    return {**message, "id": "", "content": [{k: v for k, v in block.items() if v is not None} for block in content]}


def test_async_create_and_stream(server: MockServer) -> None:
    """The async client sees the same."""
    server.reply("Hello from the mock.", times=2)

    async def use(client: AsyncAnthropic) -> tuple[str, str]:
        created = await client.messages.create(model=MODEL, max_tokens=100, messages=HELLO)
        async with client.messages.stream(model=MODEL, max_tokens=100, messages=HELLO) as stream:
            streamed = await stream.get_final_message()
        return said(created), said(streamed)

    assert run(server, use) == ("Hello from the mock.", "Hello from the mock.")


class City(pydantic.BaseModel):
    """What `parse` should give."""

    name: str
    population: int


def test_parse(client: Anthropic, server: MockServer) -> None:
    """parse works unscripted, because the default reply keeps the requested format."""
    parsed = client.messages.parse(model=MODEL, max_tokens=500, messages=HELLO, output_format=City)
    assert isinstance(parsed.parsed_output, City)
    server.reply(json.dumps({"name": "Oslo", "population": 1}))
    again = client.messages.parse(model=MODEL, max_tokens=500, messages=HELLO, output_format=City)
    assert again.parsed_output == City(name="Oslo", population=1)


def test_count_tokens_and_models(client: Anthropic) -> None:
    """count_tokens, models.list with paging, models.retrieve by alias."""
    assert client.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens > 0
    assert client.beta.messages.count_tokens(model=MODEL, messages=HELLO).input_tokens > 0
    listed = [model.id for model in client.models.list(limit=4)]
    assert len(listed) == len(set(listed)) > 8
    assert client.models.retrieve("claude-haiku-4-5").id == "claude-haiku-4-5-20251001"


@beta_tool
def get_weather(city: str) -> str:
    """The temperature in a city.

    Args:
        city: Which one.
    """
    return {"Oslo": "4 °C", "Rome": "18 °C"}[city]


@pytest.mark.parametrize("thread", [True, False])
def test_tool_runner(client: Anthropic, server: MockServer, thread: bool) -> None:
    """With a thread, its default, the runner sends only what is new; without one, the whole history."""
    server.reply(tool_use("get_weather", city="Oslo"), tool_use("get_weather", city="Rome"))
    server.when(tool_result="get_weather").reply("4 and 18.")
    options: Any = {} if thread else {"thread": False}
    runner = client.beta.messages.tool_runner(
        model=MODEL, max_tokens=500, tools=[get_weather], messages=HELLO, **options
    )
    final = runner.until_done()
    assert said(final) == "4 and 18."
    assert server.exchanges.statuses == [200, 200]
    last = server.exchanges.requests[-1]
    assert (len(last["messages"]), "tools" in last) == ((1, False) if thread else (3, True))
    results = last["messages"][-1]["content"]
    assert [result["content"] for result in results] == ["4 °C", "18 °C"]


def test_tool_runner_falls_back_where_threads_are_not_supported(client: Anthropic, server: MockServer) -> None:
    """With thinking on, the runner is told to do without a thread and loops on full history."""
    server.reply(tool_use("get_weather", city="Oslo"))
    server.when(tool_result="get_weather").reply("4.")
    runner = client.beta.messages.tool_runner(
        model=MODEL, max_tokens=500, tools=[get_weather], messages=HELLO, thinking={"type": "adaptive"}
    )
    assert said(runner.until_done()) == "4."
    assert server.exchanges.statuses == [400, 200, 200]


def test_raw_responses(client: Anthropic) -> None:
    """with_raw_response shows headers, request id and workspace."""
    raw = client.messages.with_raw_response.create(model=MODEL, max_tokens=10, messages=HELLO)
    assert raw.headers["content-type"] == "application/json"
    assert raw.request_id is not None
    assert raw.parse().id.startswith("msg_")


def test_errors_are_the_sdks_classes(client: Anthropic, server: MockServer) -> None:
    """Status, type and message reach the SDK's exceptions."""
    with pytest.raises(anthropic.BadRequestError) as bad:
        client.messages.create(model=MODEL, max_tokens=-1, messages=HELLO)
    assert bad.value.status_code == 400
    with pytest.raises(anthropic.NotFoundError, match="model: claude-nope"):
        client.messages.create(model="claude-nope", max_tokens=10, messages=HELLO)
    wrong = Anthropic(base_url=server.base_url, api_key="sk-ant-mock-invalid", max_retries=0)
    with wrong, pytest.raises(anthropic.AuthenticationError):
        wrong.messages.create(model=MODEL, max_tokens=10, messages=HELLO)


def test_files(client: Anthropic) -> None:
    """files.upload, list, retrieve_metadata, delete; uploads cannot be downloaded."""
    made = client.files.upload(file=("notes.txt", b"hello", "text/plain"))
    assert (made.filename, made.size_bytes) == ("notes.txt", 5)
    assert [file.id for file in client.files.list()] == [made.id]
    assert client.files.retrieve_metadata(made.id) == made
    with pytest.raises(anthropic.BadRequestError, match="not downloadable"):
        client.files.download(made.id)
    assert client.files.delete(made.id).id == made.id
