"""What a validated request looks like to the layers above, and what must be accepted."""

from typing import Any

import pytest
from pydantic import ValidationError

from claudemock.wire.errors import ApiError
from claudemock.wire.params import ContainerParams, ThinkingEnabled
from claudemock.wire.parse import parse_count_tokens
from claudemock.wire.tools import CustomTool
from tests.wire.bodies import OLD, REMOVED, TOOL, assistant, body, parse, refusal, user


@pytest.mark.parametrize("content, texts", [("", []), ("x", ["x"]), ([], []), ([{"type": "text", "text": ""}], [""])])
def test_text_is_lifted_to_blocks(content: Any, texts: list[str]) -> None:
    """The layers above see blocks only, however the client wrote them."""
    result = {"type": "tool_result", "tool_use_id": "a", "content": content}
    request = parse(body(system=content, messages=[user(content), user([result])]))
    assert [block.text for block in request.system] == texts
    assert [getattr(block, "text", None) for block in request.messages[0].content] == texts
    assert [block["text"] for block in request.messages[1].content[0].model_dump()["content"]] == texts


def test_what_is_left_out_has_its_default() -> None:
    """Lists are empty and objects None, so that no layer needs to ask twice."""
    request = parse(body())
    assert (request.system, request.tools, request.mcp_servers) == ([], [], [])
    assert (request.thinking, request.tool_choice, request.output_config, request.cache_control) == (None,) * 4
    assert (request.stream, request.service_tier, request.temperature) == (False, "auto", None)


def test_an_untyped_tool_is_a_custom_tool_and_keeps_its_schema() -> None:
    """The order of a schema's keys is part of the prompt, so it stays as the client sent it."""
    schema = {"required": ["city"], "properties": {"city": {"type": "string"}}, "type": "object"}
    untyped, null, custom = parse(
        body(tools=[{**TOOL, "input_schema": schema}, {**TOOL, "type": None}, {**TOOL, "type": "custom"}])
    ).tools
    assert isinstance(untyped, CustomTool)
    assert list(untyped.input_schema) == ["required", "properties", "type"]
    assert {untyped.type, null.type, custom.type} == {"custom"}


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": 0},
        {"max_tokens": 16.0},
        {"tools": []},
        {"messages": []},
        {"temperature": 1},
        {"temperature": 0.5, "top_p": -1, "top_k": -1},
        {"metadata": None, "stop_sequences": None, "cache_control": None, "container": None, "inference_geo": None},
        {"metadata": {"user_id": "tenant@7"}},
        {"metadata": {"user_id": '{"session": "jane@example.com"}'}},
        {"container": "container_01"},
        {"container": {"id": "container_01", "skills": [{"type": "anthropic", "skill_id": "xlsx"}]}},
        {"speed": "fast", "diagnostics": {"previous_message_id": None}},
        {"output_config": {"effort": "max", "format": {"type": "json_schema", "schema": {}}}},
        {"thinking": {"type": "between_tools"}},
        {"thinking": {"type": "adaptive", "display": None}},
        {"messages": [user("a"), {"role": "system", "content": "b"}]},
        {"messages": [assistant({"type": "text", "text": "leading"})]},
        {"messages": [user([{"type": "document", "source": {"type": "file", "file_id": "file_01"}}])]},
        {"messages": [user([{"type": "image", "source": {"type": "file", "file_id": "file_01"}}])]},
        {"messages": [user([{"type": "tool_result", "tool_use_id": "a"}])]},
        {"messages": [user([{"type": "text", "text": "a", "cache_control": None, "citations": None}])]},
    ],
)
def test_what_the_api_accepts_is_accepted(changes: dict[str, Any]) -> None:
    """A mock that is stricter than the API breaks clients that work."""
    assert refusal(body(**changes)) is None


ECHOED = [
    {"type": "thinking", "thinking": "", "signature": "Ep=="},
    {"type": "redacted_thinking", "data": "Ep=="},
    {"type": "tool_use", "id": "toolu_01", "name": "f", "input": {}, "caller": {"type": "direct"}},
    {
        "type": "tool_use",
        "id": "toolu_01",
        "name": "f",
        "input": {},
        "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_01"},
    },
    {
        "type": "text",
        "text": "a",
        "citations": [
            {
                "type": "char_location",
                "cited_text": "a",
                "document_index": 0,
                "document_title": None,
                "file_id": None,
                "start_char_index": 0,
                "end_char_index": 1,
            }
        ],
    },
    {"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {"query": "q"}, "later": 1},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_01",
        "content": {"type": "web_search_tool_result_error", "error_code": "new_code"},
    },
    {
        "type": "code_execution_tool_result",
        "tool_use_id": "srvtoolu_01",
        "caller": {"type": "direct"},
        "content": {
            "type": "code_execution_result",
            "stdout": "",
            "stderr": "",
            "return_code": 0,
            "content": [],
            "abort_reason": None,
        },
    },
]


@pytest.mark.parametrize("block", ECHOED, ids=lambda block: block["type"])
def test_what_the_api_once_sent_may_be_sent_back(block: dict[str, Any]) -> None:
    """Clients append responses to the conversation as they are, with fields this project may not know yet."""
    assert refusal(body(messages=[user("hi"), assistant(block)])) is None


def test_values_have_the_types_the_layers_above_rely_on() -> None:
    """Objects become models, and whole numbers are integers."""
    request = parse(body(max_tokens=4096.0, thinking={"type": "enabled", "budget_tokens": 2048.0}, container={}))
    assert isinstance(request.thinking, ThinkingEnabled)
    assert isinstance(request.container, ContainerParams)
    assert (type(request.max_tokens), type(request.thinking.budget_tokens)) == (int, int)


def test_a_request_does_not_change() -> None:
    """Layers share one request, so none may write to it."""
    request = parse(body())
    with pytest.raises(ValidationError, match="frozen"):
        request.model = "other"


@pytest.mark.parametrize(
    "field, value",
    [
        ("max_tokens", 16),
        ("metadata", {}),
        ("stop_sequences", []),
        ("stream", False),
        ("temperature", 1),
        ("top_k", 1),
        ("top_p", 1),
        ("service_tier", "auto"),
        ("inference_geo", "us"),
        ("container", "c"),
    ],
)
def test_counting_tokens_knows_no_fields_of_the_answer(field: str, value: object) -> None:
    """What only shapes the answer is an unknown field there (probed on the live API)."""
    with pytest.raises(ApiError) as caught:
        parse_count_tokens({**body(max_tokens=REMOVED), field: value}, version=OLD, betas=frozenset())
    assert caught.value.message == f"{field}: Extra inputs are not permitted"


def test_counting_tokens_takes_what_makes_the_prompt() -> None:
    """The same prompt is validated alike by both endpoints."""
    prompt = body(
        max_tokens=REMOVED, system="s", tools=[TOOL], tool_choice={"type": "auto"}, thinking={"type": "adaptive"}
    )
    counted = parse_count_tokens(prompt, version=OLD, betas=frozenset())
    created = parse({**prompt, "max_tokens": 16})
    assert counted.messages == created.messages
    assert (counted.system, counted.tools) == (created.system, created.tools)
