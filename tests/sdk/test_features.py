"""What agents use, through the newest official Python SDK with strict response validation: sync, and async alike."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pydantic
import pytest
from anthropic import Anthropic, AsyncAnthropic, BadRequestError, beta_async_tool, beta_tool

from claudemock import text, thinking, tool_use
from claudemock.control.client import MockServer
from tests.citations.requests import plain

MODEL = "claude-opus-4-8"
HELLO: Any = [{"role": "user", "content": "Hello"}]
QUESTION = {"type": "text", "text": "Which colours?"}
DOCUMENT: Any = [{"role": "user", "content": [plain("The grass is green. The sky is blue."), QUESTION]}]
LONG = "All work and no play makes Jack a dull boy. " * 300
SEARCH: Any = {"type": "web_search_20250305", "name": "web_search"}
FOUND: list[dict[str, Any]] = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Oslo"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
]
Use = Callable[[Any], Awaitable[Any]]


class Awaited:
    """The sync client with the async one's manners, so that one program serves both."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._wrapped, name)
        return Awaited(found) if name in ("messages", "beta") else _awaitable(found)


def _awaitable(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    async def call(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **options)

    return call


@pytest.fixture(params=["sync", "async"])
def run(server: MockServer, request: pytest.FixtureRequest) -> Callable[[Use], Any]:
    """Runs an async program with either client; both raise on a response that is not exactly as typed."""
    options: Any = {"base_url": server.base_url, "api_key": server.api_key, "_strict_response_validation": True}

    async def main(use: Use) -> Any:
        if request.param == "sync":
            with Anthropic(**options, max_retries=0) as client:
                return await use(Awaited(client))
        async with AsyncAnthropic(**options, max_retries=0) as made:
            return await use(made)

    return lambda use: asyncio.run(main(use))


async def streamed(client: Any, **arguments: Any) -> tuple[list[Any], Any]:
    """The events of `messages.stream`, and the message they make."""
    if isinstance(client, Awaited):
        with client._wrapped.messages.stream(**arguments) as stream:
            return list(stream), stream.get_final_message()
    async with client.messages.stream(**arguments) as stream:
        return [event async for event in stream], await stream.get_final_message()


class Town(pydantic.BaseModel):
    """What `parse` should give."""

    name: str
    population: int


def test_parse_and_parsed_streams(run: Callable[[Use], Any]) -> None:
    """The unscripted reply keeps a requested format, whole and streamed."""

    async def use(client: Any) -> tuple[Any, Any]:
        arguments: Any = {"model": MODEL, "max_tokens": 500, "messages": HELLO, "output_format": Town}
        _, final = await streamed(client, **arguments)
        return (await client.messages.parse(**arguments)).parsed_output, final.parsed_output

    assert [type(parsed) for parsed in run(use)] == [Town, Town]


def test_streams_with_thinking(run: Callable[[Use], Any], server: MockServer) -> None:
    """Shown thinking comes as thinking events and a signature; omitted thinking as a signature alone."""
    server.when().reply(thinking("Grass, sky."), text("Green and blue."))

    async def use(client: Any) -> list[tuple[set[str], str, bool]]:
        found = []
        for display in ("summarized", "omitted"):
            asked: Any = {"type": "adaptive", "display": display}
            events, final = await streamed(client, model=MODEL, max_tokens=500, messages=HELLO, thinking=asked)
            thought = final.content[0]
            found.append(({event.type for event in events}, thought.thinking, bool(thought.signature)))
        return found

    shown, omitted = run(use)
    assert {"thinking", "signature", "text"} <= shown[0]
    assert shown[1:] == ("Grass, sky.", True)
    assert "thinking" not in omitted[0]
    assert omitted[1:] == ("", True)


def test_streams_with_citations(run: Callable[[Use], Any], server: MockServer) -> None:
    """Citations come one by one, and end in the message that is not streamed."""
    server.when().reply(text("Both: ", citations=["The grass is green.", "The sky is blue."]))

    async def use(client: Any) -> tuple[list[Any], Any, Any]:
        arguments: Any = {"model": MODEL, "max_tokens": 500, "messages": DOCUMENT}
        events, final = await streamed(client, **arguments)
        whole = await client.messages.create(**arguments)
        return [event.citation for event in events if event.type == "citation"], final, whole

    cited, final, whole = run(use)
    assert [each.cited_text.strip() for each in cited] == ["The grass is green.", "The sky is blue."]
    assert final.content[0].citations == whole.content[0].citations
    assert [each.start_char_index for each in final.content[0].citations] == [0, 20]


def test_cache_diagnostics(run: Callable[[Use], Any]) -> None:
    """A second request reads what the first wrote; one with another system prompt learns what changed."""

    async def use(client: Any) -> list[Any]:
        previous, found = None, []
        for system in (LONG, LONG, "B" + LONG):
            marked: Any = [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]
            arguments: Any = {"model": MODEL, "max_tokens": 50, "messages": HELLO, "system": marked}
            message = await client.messages.create(**arguments, diagnostics={"previous_message_id": previous})
            previous = message.id
            usage = message.usage
            found.append((usage.cache_creation_input_tokens, usage.cache_read_input_tokens, message.diagnostics))
        return found

    first, second, third = run(use)
    assert first[0] == second[1] > 3000
    assert (first[1], second[0], first[2], second[2]) == (0, 0, None, None)
    assert third[2].cache_miss_reason.type == "system_changed"
    assert third[2].cache_miss_reason.cache_missed_input_tokens > 3000


@beta_tool
def weather(city: str) -> str:
    """The temperature in a city.

    Args:
        city: Which one.
    """
    return f"4 °C in {city}"


@beta_async_tool(name="weather")
async def weather_later(city: str) -> str:
    """The temperature in a city.

    Args:
        city: Which one.
    """
    return f"4 °C in {city}"


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("paused", [False, True])
def test_tool_runner(run: Callable[[Use], Any], server: MockServer, threads: bool, paused: bool) -> None:
    """The runner calls its tools, resumes what a server tool paused, and ends, with threads and without."""
    if paused:
        server.reply(content=FOUND, stop_reason="pause_turn")
    server.reply(tool_use("weather", city="Oslo"))
    server.when(tool_result="re:weather").reply("Four.")

    async def use(client: Any) -> Any:
        options: Any = {} if threads else {"thread": False}
        arguments: Any = {"model": MODEL, "max_tokens": 500, "messages": HELLO, **options}
        if isinstance(client, Awaited):
            runner = client._wrapped.beta.messages.tool_runner(tools=[weather, SEARCH], **arguments)
            return runner.until_done()
        return await client.beta.messages.tool_runner(tools=[weather_later, SEARCH], **arguments).until_done()

    assert run(use).content[0].text == "Four."
    assert server.exchanges.statuses == [200] * (3 if paused else 2)
    asked = server.exchanges.requests[1:]
    assert all(("thread" in body, "tools" in body) == (threads, not threads) for body in asked)
    if threads:
        assert [len(body["messages"]) for body in asked] == ([0, 1] if paused else [1])


def test_server_tools_and_context_management(run: Callable[[Use], Any], server: MockServer) -> None:
    """Server tool blocks, iterations, applied edits and a compaction are as the SDK types them."""
    server.reply(content=[*FOUND, {"type": "text", "text": "Cold."}])

    async def use(client: Any) -> tuple[Any, Any]:
        context: Any = {"edits": [{"type": "clear_tool_uses_20250919"}]}
        arguments: Any = {"model": MODEL, "max_tokens": 500, "messages": HELLO}
        searched = await client.beta.messages.create(
            **arguments, tools=[SEARCH], context_management=context, betas=["context-management-2025-06-27"]
        )
        summed: Any = {"type": "summarize"}
        compacted = await client.beta.messages.create(**arguments, compaction=summed, betas=["compact-2026-09-04"])
        return searched, compacted

    searched, compacted = run(use)
    assert searched.context_management.applied_edits == []
    assert searched.usage.server_tool_use.web_search_requests == 1
    assert sum(each.input_tokens for each in searched.usage.iterations) == searched.usage.input_tokens
    assert compacted.stop_reason == "compaction"
    assert [block.type for block in compacted.content] == ["compaction"]


def test_members_of_toolsets(run: Callable[[Use], Any], server: MockServer) -> None:
    """A scripted call of a member carries its family; one of another tool carries none."""
    tools: Any = [{"type": "computer_toolset_20260801"}, {"name": "find", "input_schema": {"type": "object"}}]
    server.reply(tool_use("left_click", coordinate=[1, 2]), tool_use("find"))
    arguments: Any = {"model": MODEL, "max_tokens": 500, "messages": HELLO, "tools": tools}

    async def use(client: Any) -> Any:
        return await client.messages.create(**arguments)

    clicked, found = run(use).content
    assert (clicked.name, clicked.toolset_name, clicked.input) == ("left_click", "computer", {"coordinate": [1, 2]})
    assert "toolset_name" not in found.model_fields_set


@pytest.mark.parametrize("pause", [False, True])
def test_a_compacted_conversation_goes_on(run: Callable[[Use], Any], pause: bool) -> None:
    """The block that the helper assembles from a stream can be sent back, and stands for all before it."""
    trigger: Any = {"type": "input_tokens", "value": 50_000}
    edit: Any = {"type": "compact_20260112", "trigger": trigger, "pause_after_compaction": pause}
    long: Any = [{"role": "user", "content": "All work and no play. " * 13_000}]
    arguments: Any = {"model": "claude-opus-4-6", "max_tokens": 500, "context_management": {"edits": [edit]}}

    async def use(client: Any) -> tuple[Any, Any]:
        _, compacted = await streamed(client.beta, **arguments, messages=long, betas=["compact-2026-01-12"])
        said = [*long, {"role": "assistant", "content": compacted.content}, *HELLO]
        return compacted, await client.beta.messages.create(**arguments, messages=said, betas=["compact-2026-01-12"])

    compacted, after = run(use)
    assert [block.type for block in compacted.content] == ["compaction", *([] if pause else ["text"])]
    assert "summarised" in compacted.content[0].content
    assert [each.type for each in compacted.usage.iterations] == ["compaction", *([] if pause else ["message"])]
    assert (after.stop_reason, [block.type for block in after.content]) == ("end_turn", ["text"])
    assert after.usage.input_tokens < 500


def test_a_fallback_that_served(run: Callable[[Use], Any], server: MockServer) -> None:
    """Whole and streamed, a scripted change of models is labelled with the one that took over."""
    refused, served = "claude-opus-5-5", "claude-opus-4-8"
    trigger = {"type": "refusal", "category": "cyber"}
    change = {"type": "fallback", "from": {"model": refused}, "to": {"model": served}, "trigger": trigger}
    server.reply(content=[change, {"type": "text", "text": "So it is."}], times=2)
    arguments: Any = {"model": refused, "max_tokens": 500, "messages": HELLO, "fallbacks": [{"model": served}]}
    arguments["betas"] = ["server-side-fallback-2026-07-01"]

    async def use(client: Any) -> list[Any]:
        _, final = await streamed(client.beta, **arguments)
        return [await client.beta.messages.create(**arguments), final]

    for message in run(use):
        assert (message.model, message.stop_reason) == (served, "end_turn")
        assert [block.type for block in message.content] == ["fallback", "text"]
        assert [each.type for each in message.usage.iterations] == ["message", "fallback_message"]
        assert message.usage.iterations[-1].model == served
        assert message.usage.iterations[-1].input_tokens == message.usage.input_tokens


def test_a_refusal_with_fallbacks_has_to_be_told(run: Callable[[Use], Any], server: MockServer) -> None:
    """Who is asked next would answer on the API: a script that leaves it out is refused, not silently obeyed."""
    server.reply(refusal="cyber")
    arguments: Any = {"model": "claude-opus-5-5", "max_tokens": 500, "messages": HELLO, "fallbacks": "default"}

    async def use(client: Any) -> Any:
        return await client.beta.messages.create(**arguments, betas=["server-side-fallback-2026-07-01"])

    with pytest.raises(BadRequestError, match="script `content` with a `fallback` block"):
        run(use)
