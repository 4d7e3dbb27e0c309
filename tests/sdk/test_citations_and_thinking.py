"""Citations and thinking through the newest official Python SDK, with strict response validation."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from claudemock import text, thinking, tool_use
from claudemock.control.client import MockServer
from tests.citations.requests import found, pdf, plain

NATURE: Any = [
    {
        "role": "user",
        "content": [
            plain("The grass is green. The sky is blue.", title="Nature"),
            pdf("Sample PDF\nThis is simple."),
            {"type": "text", "text": "Which colours?"},
        ],
    }
]
WEATHER: Any = {"name": "get_weather", "input_schema": {"type": "object"}}


@pytest.fixture
def client(server: MockServer) -> Iterator[Anthropic]:
    """A client that raises on any response that is not exactly as typed."""
    with Anthropic(
        base_url=server.base_url, api_key=server.api_key, max_retries=0, _strict_response_validation=True
    ) as made:
        yield made


def test_unscripted_replies_cite(client: Anthropic) -> None:
    """With citations on, every text block has the key, and some cite; a stream says the same."""
    message = client.messages.create(model="claude-opus-5", max_tokens=500, messages=NATURE)
    kinds = [each.type for block in message.content if block.type == "text" for each in block.citations or ()]
    assert kinds == ["char_location", "page_location"]
    with client.messages.stream(model="claude-opus-5", max_tokens=500, messages=NATURE) as stream:
        streamed = [event.citation.type for event in stream if event.type == "citation"]
    assert streamed == kinds


def test_a_script_cites_by_quote(server: MockServer, client: Anthropic) -> None:
    """The server finds where the quotes stand."""
    server.reply(text("Green.", citations=["grass", {"quote": "This is simple", "document": 1}]))
    (block,) = client.messages.create(model="claude-opus-5", max_tokens=500, messages=NATURE).content
    assert block.type == "text"
    assert [each.cited_text for each in block.citations or ()] == [
        "The grass is green. ",
        "Sample PDF\r\nThis is simple.",
    ]


def test_a_quote_that_is_nowhere_says_so(server: MockServer, client: Anthropic) -> None:
    """The error reaches the client of the test whose script it is."""
    server.reply(text("Red.", citations=["The sky is red."]))
    with pytest.raises(anthropic.NotFoundError, match=r"Nearest, in document 0: “The sky is blue\.”"):
        client.messages.create(model="claude-opus-5", max_tokens=500, messages=NATURE)


def test_search_results_in_a_tool_result_are_cited(server: MockServer, client: Anthropic) -> None:
    """Their index is their own."""
    called: Any = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
    result: Any = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [found("By mail.")]}
    messages: Any = [
        {"role": "user", "content": "How?"},
        {"role": "assistant", "content": [called]},
        {"role": "user", "content": [result]},
    ]
    server.reply(text("By mail.", citations=["By mail."]))
    (block,) = client.messages.create(model="claude-opus-5", max_tokens=500, messages=messages, tools=[WEATHER]).content
    assert block.type == "text"
    assert [each.type for each in block.citations or ()] == ["search_result_location"]


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-4-6", "claude-opus-5", "claude-opus-5-5"])
def test_a_tool_loop_with_thinking(server: MockServer, client: Anthropic, model: str) -> None:
    """What the SDK sends back verifies turn after turn; an altered signature does not."""
    mode: Any = {"type": "enabled", "budget_tokens": 1024} if model == "claude-haiku-4-5" else {"type": "adaptive"}
    settings: Any = {"model": model, "max_tokens": 3000, "thinking": mode, "tools": [WEATHER]}
    messages: Any = [{"role": "user", "content": "How warm is it?"}]
    for city in ("Oslo", "Rome"):
        server.reply(thinking("Where is that?"), tool_use("get_weather", city=city))
        reply = client.messages.create(messages=messages, **settings)
        call = reply.content[-1]
        assert call.type == "tool_use"
        messages.append({"role": "assistant", "content": reply.content})
        messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "4"}]})
    assert client.messages.create(messages=messages, **settings).stop_reason == "end_turn"
    block = messages[1]["content"][0]
    messages[1]["content"][0] = block.model_copy(
        update={"signature": block.signature[:-9] + "A" + block.signature[-8:]}
    )
    with pytest.raises(
        anthropic.BadRequestError, match=r"messages\.1\.content\.0: Invalid `signature` in `thinking` block"
    ):
        client.messages.create(messages=messages, **settings)


def test_dropped_thinking_is_reported(server: MockServer, client: Anthropic) -> None:
    """A changed conversation with `drop_block` is served, and says what the model did not see."""
    server.reply(thinking("Hm."), text("Hello."))
    first = client.messages.create(
        model="claude-opus-5-5", max_tokens=100, messages=[{"role": "user", "content": "Hi"}]
    )
    history: Any = [
        {"role": "user", "content": "Edited"},
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": "Go on"},
    ]
    message = client.beta.messages.create(
        model="claude-opus-5-5",
        max_tokens=100,
        messages=history,
        thinking={"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}},
        betas=["thinking-binding-controls-2026-08-01"],
    )
    assert [(each.path, each.reason) for each in message.input_transformations or ()] == [
        ("messages.1.content.0", "prefix_binding_mismatch")
    ]


def test_thinking_can_use_up_all_there_is(server: MockServer, client: Anthropic) -> None:
    """Thinking alone, `max_tokens`, and all tokens thinking."""
    server.reply(thinking("Long. " * 2000), text("Never said."))
    message = client.messages.create(
        model="claude-opus-4-6",
        max_tokens=200,
        thinking={"type": "adaptive"},
        messages=[{"role": "user", "content": "Hi"}],
    )
    assert [block.type for block in message.content] == ["thinking"]
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens_details is not None
    assert message.usage.output_tokens == message.usage.output_tokens_details.thinking_tokens == 200
