"""The official Python SDK, any major version: what its users do most, sync and async, with response validation on."""

import asyncio
import warnings
from collections.abc import Callable
from typing import Any

import anthropic
from mocking import call, script
from pydantic import BaseModel

MODEL = "claude-opus-5"
HELLO: Any = {"model": MODEL, "max_tokens": 256, "messages": [{"role": "user", "content": "Hello"}]}
WEATHER: Any = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
STRICT: Any = {"_strict_response_validation": True, "max_retries": 0}


class City(BaseModel):
    """A structured answer."""

    name: str
    people: int


@anthropic.beta_tool
def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: Its name.
    """
    return f"4 °C in {city}"


@anthropic.beta_async_tool
async def get_weather_async(city: str) -> str:
    """The weather in a city.

    Args:
        city: Its name.
    """
    return f"4 °C in {city}"


def check_message(message: Any, text: str) -> None:
    """A message as `create` gives it: content, ids, usage."""
    assert message.content[0].text == text, message
    assert message.id.startswith("msg_01"), message.id
    assert message.stop_reason == "end_turn", message.stop_reason
    assert message.usage.input_tokens > 0, message.usage
    assert message.usage.output_tokens > 0, message.usage


def create(client: anthropic.Anthropic) -> None:
    """`create`, its raw and its streaming response."""
    script("Hi.", "Raw.", "Slow.")
    message = client.messages.create(**HELLO)
    check_message(message, "Hi.")
    assert (message._request_id or "").startswith("req_01"), message._request_id
    raw = client.messages.with_raw_response.create(**HELLO)
    assert raw.headers["content-type"] == "application/json", raw.headers
    assert raw.headers["request-id"].startswith("req_01"), raw.headers
    check_message(raw.parse(), "Raw.")
    with client.messages.with_streaming_response.create(**HELLO) as response:
        assert response.status_code == 200
        check_message(response.parse(), "Slow.")


def stream(client: anthropic.Anthropic) -> None:
    """The stream helper, and plain events."""
    script("One two three four five.", call("get_weather", city="Oslo"), "Events.")
    with client.messages.stream(**HELLO) as helper:
        assert "".join(helper.text_stream) == "One two three four five."
        check_message(helper.get_final_message(), "One two three four five.")
    with client.messages.stream(**HELLO, tools=[WEATHER]) as helper:
        kinds = [event.type for event in helper]
        final: Any = helper.get_final_message()
    assert "input_json" in kinds, kinds
    assert final.content[0].input == {"city": "Oslo"}, final
    assert final.stop_reason == "tool_use"
    names = [event.type for event in client.messages.create(**HELLO, stream=True)]
    assert (names[0], names[1], names[-2], names[-1]) == (
        "message_start",
        "content_block_start",
        "message_delta",
        "message_stop",
    ), names


def structured(client: anthropic.Anthropic) -> None:
    """`parse` with a scripted answer, and with whatever the mock makes up for the schema."""
    script('{"name": "Oslo", "people": 700000}')
    parsed: Any = client.messages.parse(**HELLO, output_format=City)
    assert parsed.parsed_output == City(name="Oslo", people=700000), parsed
    made_up: Any = client.messages.parse(**HELLO, output_format=City)
    assert isinstance(made_up.parsed_output, City), made_up


def tool_loop(client: anthropic.Anthropic) -> None:
    """Two tool calls at once by hand, then the SDK's own runner."""
    asked: Any = {"tool_use": [{"name": "get_weather", "input": {"city": city}} for city in ("Oslo", "Rome")]}
    script(asked, "Cold and warm.")
    first: Any = client.messages.create(**HELLO, tools=[WEATHER])
    results = [{"type": "tool_result", "tool_use_id": block.id, "content": "4 °C"} for block in first.content]
    assert len({block.id for block in first.content}) == 2, first
    turns: Any = [*HELLO["messages"], {"role": "assistant", "content": first.content}]
    turns.append({"role": "user", "content": results})
    check_message(client.messages.create(**{**HELLO, "messages": turns}, tools=[WEATHER]), "Cold and warm.")
    script(call("get_weather", city="Oslo"), "It is 4 °C.")
    runner: Any = client.beta.messages.tool_runner(**HELLO, tools=[get_weather])
    check_message(runner.until_done(), "It is 4 °C.")


def thinking(client: anthropic.Anthropic) -> None:
    """Thinking comes before the text and may be sent back."""
    script({"thinking": "Let me see.", "text": "Seen."}, "Again.")
    first: Any = client.messages.create(**HELLO, thinking={"type": "adaptive", "display": "summarized"})
    assert [block.type for block in first.content] == ["thinking", "text"], first
    assert first.content[0].signature
    turns: Any = [*HELLO["messages"], {"role": "assistant", "content": first.content}, *HELLO["messages"]]
    check_message(client.messages.create(**{**HELLO, "messages": turns}, thinking={"type": "adaptive"}), "Again.")


def lookups(client: anthropic.Anthropic) -> None:
    """Token counts and models."""
    assert client.messages.count_tokens(model=MODEL, messages=HELLO["messages"]).input_tokens > 0
    ids = [model.id for model in client.models.list(limit=3)]
    assert MODEL in ids, ids
    assert len(ids) == len(set(ids)) > 3, ids
    assert client.models.retrieve(MODEL).display_name


def errors(client: anthropic.Anthropic) -> None:
    """Refusals arrive as the SDK's own classes."""
    expect(anthropic.NotFoundError, lambda: client.messages.create(**{**HELLO, "model": "claude-none"}))
    expect(anthropic.BadRequestError, lambda: client.messages.create(**{**HELLO, "max_tokens": -1}))
    stranger = anthropic.Anthropic(api_key="sk-ant-mock-invalid", **STRICT)
    expect(anthropic.AuthenticationError, lambda: stranger.messages.create(**HELLO))


def expect(error: type[anthropic.APIStatusError], action: Callable[[], object]) -> None:
    """`action` raises `error`, with a request id and an error body."""
    caught = refusal(error, action)
    assert (caught.request_id or "").startswith("req_01"), caught
    assert isinstance(caught.body, dict), caught
    assert caught.body["type"] == "error", caught


def refusal(error: type[anthropic.APIStatusError], action: Callable[[], object]) -> anthropic.APIStatusError:
    """The `error` that `action` raises."""
    try:
        action()
    except error as caught:
        return caught
    raise AssertionError(f"no {error.__name__}")


def files(client: anthropic.Anthropic) -> None:
    """Upload, refer by id, page, download, delete: in the beta's own shapes of each version, and outside beta."""
    for resource in (client.beta.files, getattr(client, "files", None)):
        if resource is not None:
            use_files(client, resource)


def use_files(client: anthropic.Anthropic, resource: Any) -> None:
    """The same with either resource."""
    script("Read.")
    uploaded = [resource.upload(file=(f"{number}.txt", b"Oslo is cold.", "text/plain")) for number in range(3)]
    document: Any = {"type": "document", "source": {"type": "file", "file_id": uploaded[0].id}}
    turns: Any = [{"role": "user", "content": [document, {"type": "text", "text": "Cold?"}]}]
    check_message(client.messages.create(**{**HELLO, "messages": turns}), "Read.")
    assert [file.id for file in resource.list(limit=1)] == [file.id for file in reversed(uploaded)]
    assert resource.retrieve_metadata(uploaded[1].id).filename == "1.txt"
    try:
        resource.download(uploaded[0].id)
    except anthropic.BadRequestError as error:
        refusal = str(error)
    else:
        raise AssertionError("an upload was downloaded")
    assert "is not downloadable" in refusal
    for file in uploaded:
        assert resource.delete(file.id).type == "file_deleted"
    assert resource.list().data == []


def batches(client: anthropic.Anthropic) -> None:
    """Create, poll, iterate over the results, list, cancel, delete; the same with the beta resource."""
    items: Any = [{"custom_id": name, "params": HELLO} for name in ("one", "two")]
    for resource in (client.messages.batches, client.beta.messages.batches):
        made: Any = resource.create(requests=[*items, {"custom_id": "bad", "params": {**HELLO, "max_tokens": -1}}])
        ended: Any = resource.retrieve(made.id)
        assert (ended.processing_status, ended.request_counts.succeeded) == ("ended", 2), ended
        found: Any = {row.custom_id: row.result for row in resource.results(made.id)}
        assert found["one"].message.usage.service_tier == "batch", found
        assert found["bad"].error.error.type == "invalid_request_error", found
        assert made.id in [batch.id for batch in resource.list(limit=1)]
        assert resource.delete(made.id).type == "message_batch_deleted"
        stopped: Any = resource.create(requests=items)
        assert resource.cancel(stopped.id).processing_status == "canceling"
        assert resource.retrieve(stopped.id).request_counts.canceled == 2


async def asynchronous(client: anthropic.AsyncAnthropic) -> None:
    """The same calls on the async client."""
    script("Hi.")
    check_message(await client.messages.create(**HELLO), "Hi.")
    script("One two three.")
    async with client.messages.stream(**HELLO) as helper:
        assert "".join([text async for text in helper.text_stream]) == "One two three."
        check_message(await helper.get_final_message(), "One two three.")
    script('{"name": "Rome", "people": 2800000}')
    parsed: Any = await client.messages.parse(**HELLO, output_format=City)
    assert parsed.parsed_output.name == "Rome", parsed
    script(call("get_weather_async", city="Oslo"), "It is 4 °C.")
    runner: Any = client.beta.messages.tool_runner(**HELLO, tools=[get_weather_async])
    check_message(await runner.until_done(), "It is 4 °C.")
    assert (await client.messages.count_tokens(model=MODEL, messages=HELLO["messages"])).input_tokens > 0
    assert [model.id async for model in client.models.list()]
    made = await client.messages.batches.create(requests=[{"custom_id": "one", "params": HELLO}])
    assert (await client.messages.batches.retrieve(made.id)).processing_status == "ended"
    assert [row.result.type async for row in await client.messages.batches.results(made.id)] == ["succeeded"]
    answers = await asyncio.gather(*(client.messages.create(**HELLO) for _ in range(20)))
    assert len({answer.id for answer in answers}) == 20


async def run_async() -> None:
    """The async half, with its client closed at the end."""
    async with anthropic.AsyncAnthropic(**STRICT) as client:
        await asynchronous(client)


warnings.simplefilter("error")
with anthropic.Anthropic(**STRICT) as sdk:
    for part in (create, stream, structured, tool_loop, thinking, lookups, errors, files, batches):
        part(sdk)
asyncio.run(run_async())
