"""Each malformed request is refused in the API's own words: recorded, quoted, or measured on the live API."""

from typing import Any

import pytest

from tests.wire.bodies import REMOVED, TOOL, assistant, body, refusal, user

IMAGE = {"type": "base64", "media_type": "image/png", "data": "aGk="}


def image(**source: Any) -> dict[str, Any]:
    """A user turn with text and an image of this source."""
    return user([{"type": "text", "text": "look"}, {"type": "image", "source": source}])


def tool(**changes: Any) -> list[dict[str, Any]]:
    """One custom tool."""
    whole = {**TOOL, **changes}
    return [{key: value for key, value in whole.items() if value is not REMOVED}]


RECORDED = [
    ({"messages": ["Invalid content"]}, "messages.0: Input does not match the expected shape."),
    ({"tools": tool(description=None)}, "tools.0.custom.description: Input should be a valid string"),
    ({"tools": tool(input_schema={})}, "tools.0.custom.input_schema.type: Field required"),
    ({"tools": tool(input_schema={"type": "string"})}, "tools.0.custom.input_schema.type: Input should be 'object'"),
    (
        {"tools": tool(input_schema={"type": "object", "properties": []})},
        "tools.0.custom.input_schema.properties: Input should be an object",
    ),
    (
        {"tools": tool(input_schema={"type": "object", "required": None})},
        "tools.0.custom.input_schema.required: Input should be a valid list",
    ),
    ({"tools": tool(input_schema=True)}, "tools.0.custom.input_schema: Input does not match the expected shape."),
    ({"temperature": 2.0}, "temperature: range: 0..1"),
]

QUOTED = [
    (
        {"metadata": {"user_id": "jane.doe@mail.example.com"}},
        "metadata.user_id: user_id appears to contain an email address",
    ),
    (
        {"messages": [user([{"type": "image", "source": {"type": "ftp"}}])]},
        (
            "messages.0.content.0.image.source: Input tag 'ftp' found using 'type' does not match any of the expected "
            "tags: 'base64', 'file', 'url'"
        ),
    ),
    (
        {"messages": [user([{"type": "document", "source": {"type": "ftp"}}])]},
        (
            "messages.0.content.0.document.source: Input tag 'ftp' found using 'type' does not match any of the "
            "expected tags: 'base64', 'content', 'file', 'text', 'url'"
        ),
    ),
    (
        {"messages": [user([{"type": "tool_result", "tool_use_id": "a", "content": [{"type": "video"}]}])]},
        (
            "messages.0.content.0.tool_result.content.0: Input tag 'video' found using 'type' does not match any of "
            "the expected tags: 'browser_state', 'document', 'image', 'search_result', 'text', 'tool_reference'"
        ),
    ),
    (
        {"thinking": {"type": "enabled", "budget_tokens": 512}},
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    (
        {"thinking": {"type": "off"}},
        (
            "thinking: Input tag 'off' found using 'type' does not match any of the expected tags: "
            "'adaptive', 'between_tools', 'disabled', 'enabled'"
        ),
    ),
    (
        {"thinking": {"type": "adaptive", "display": "full"}},
        "thinking.adaptive.display: Input should be 'summarized', 'omitted'",
    ),
    (
        {"thinking": {"type": "adaptive", "block_binding": {}}},
        "thinking.adaptive.block_binding: Extra inputs are not permitted",
    ),
    (
        {"output_config": {"effort": "minimal"}},
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ),
    (
        {"tool_choice": {"type": "required"}},
        (
            "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: "
            "'auto', 'any', 'tool', 'none'"
        ),
    ),
    (
        {"messages": [user("hi"), assistant({"type": "tool_use", "id": "a", "name": "b", "input": "{}"})]},
        "messages.1.content.0.tool_use.input: Input should be an object",
    ),
    (
        {"messages": [user("hi"), assistant({"type": "tool_use", "id": "a b", "name": "b", "input": {}})]},
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ),
    (
        {"messages": [user("hi"), assistant({"type": "server_tool_use", "id": "call_1", "name": "x", "input": {}})]},
        "messages.1.content.0.server_tool_use.id: String should match pattern '^srvtoolu_[a-zA-Z0-9_]+$'",
    ),
    (
        {
            "messages": [
                user("hi"),
                assistant({"type": "server_tool_use", "id": "srvtoolu_1", "name": "x", "input": {}}),
            ]
        },
        (
            "messages.1.content.0.server_tool_use.name: Input should be 'web_search', 'web_fetch', 'code_execution', "
            "'bash_code_execution', 'text_editor_code_execution', 'tool_search_tool_regex', 'tool_search_tool_bm25'"
        ),
    ),
    (
        {
            "messages": [
                assistant(
                    {
                        "type": "web_search_tool_result",
                        "tool_use_id": "srvtoolu_1",
                        "content": [{"type": "web_search_result", "url": "u", "title": "t"}],
                    }
                )
            ]
        },
        (
            "messages.0.content.0.web_search_tool_result.content.list[RequestWebSearchResultBlock].0."
            "encrypted_content: Field required"
        ),
    ),
    (
        {"tools": tool(name="get weather")},
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    ({"tools": tool(name="a" * 129)}, "tools.0.custom.name: String should have at most 128 characters"),
    ({"tools": tool(input_schema=REMOVED)}, "tools.0.custom.input_schema: Field required"),
    ({"tools": tool(examples=[])}, "tools.0.custom.examples: Extra inputs are not permitted"),
    (
        {"tools": [{"type": "bash_20250124", "name": "bash", "parameters": {}}]},
        "tools.0.bash_20250124.parameters: Extra inputs are not permitted",
    ),
    (
        {"tools": [{"type": "text_editor_20250124", "name": "editor"}]},
        "tools.0.text_editor_20250124.name: Input should be 'str_replace_editor'",
    ),
    (
        {"tools": [{"type": "browser_toolset_20260801", "name": "browser"}]},
        (
            "tools.0.browser_toolset_20260801: name is not accepted on a toolset entry: the member names are fixed by "
            "the dated type, and the served tool keeps the family's bare name"
        ),
    ),
    (
        {"tools": [{"type": "computer_toolset_20260801", "configs": {"fly": {}}}]},
        "tools.0.computer_toolset_20260801.configs.fly: Extra inputs are not permitted",
    ),
    (
        {"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "scope": "global"}}]},
        "system.0.cache_control.ephemeral.scope: Extra inputs are not permitted",
    ),
    (
        {"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": 3600}}]},
        "system.0.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
    ),
    ({"campo_inventato_xyz": 1}, "campo_inventato_xyz: Extra inputs are not permitted"),
    ({"context_management": {"edits": []}}, "context_management: Extra inputs are not permitted"),
    (
        {"messages": [image(**{**IMAGE, "media_type": "image/heic"})]},
        (
            "messages.0.content.1.image.source.base64.media_type: "
            "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        ),
    ),
    (
        {"messages": [image(type="base64", data="aGk=")]},
        "messages.0.content.1.image.source.base64.media_type: Field required",
    ),
    ({"messages": [image(type="url")]}, "messages.0.content.1.image.source.url.url: Field required"),
    ({"messages": [user([{"type": "text"}])]}, "messages.0.content.0.text.text: Field required"),
    (
        {"messages": [user([{"type": "text", "text": None}])]},
        "messages.0.content.0.text.text: Input should be a valid string",
    ),
    (
        {"messages": [user([{"type": "tool_result", "content": "x"}])]},
        "messages.0.content.0.tool_result.tool_use_id: Field required",
    ),
    (
        {"messages": [user("hi"), {"role": "tool", "content": "4 °C"}]},
        (
            'messages: Unexpected role "tool". Allowed roles are "user" or "assistant". For instructions on how to use '
            "tools, see https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
        ),
    ),
    (
        {"messages": [user("hi"), {"role": "system", "content": [{"type": "tool_addition"}]}]},
        "messages.1.content.0: `tool_addition` blocks require anthropic-beta: inline-tools-2026-09-15",
    ),
    (
        {"container": {"file_ids": []}},
        "container.ContainerParams.file_ids: Extra inputs are not permitted",
    ),
]

MEASURED = [
    ({"model": REMOVED}, "model: Field required"),
    ({"model": None}, "model: Input should be a valid string"),
    ({"model": ""}, "model: String should have at least 1 character"),
    ({"messages": REMOVED}, "messages: Field required"),
    ({"messages": None}, "messages: Input should be a valid array"),
    ({"messages": "x"}, "messages: Input should be a valid array"),
    ({"max_tokens": REMOVED}, "max_tokens: Field required"),
    ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": "16"}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": -1}, "max_tokens: must be greater than or equal to 0"),
    ({"messages": [{"content": "ping"}]}, "messages.0.role: Field required"),
    (
        {"messages": [{"role": "bogus", "content": "ping"}]},
        'messages: Unexpected role "bogus". Allowed roles are "user" or "assistant"',
    ),
    ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    ({"messages": [user(None)]}, "messages.0.content: Input should be a valid array"),
    ({"messages": [user({})]}, "messages.0.content: Input should be a valid array"),
    ({"messages": [user([7])]}, "messages.0.content.0: Input should be an object"),
    ({"messages": [user([{}])]}, "messages.0.content.0.type: Field required"),
    ({"messages": [{**user("ping"), "bogus": 1}]}, "messages.0.bogus: Extra inputs are not permitted"),
    ({"messages": [user("a"), {"role": "system"}]}, "messages.1.content: Field required"),
    ({"tool_choice": 7}, "tool_choice: Input should be an object"),
    ({"tool_choice": "auto"}, "tool_choice: Input should be an object"),
    ({"tool_choice": None}, "tool_choice: Input should be an object"),
    ({"tools": "x"}, "tools: Input should be a valid array"),
    ({"tools": None}, "tools: Input should be a valid array"),
    ({"tools": [7]}, "tools.0: Input should be an object"),
    ({"tools": tool(name="")}, "tools.0.custom.name: String should have at least 1 character"),
    ({"tools": tool(name=REMOVED)}, "tools.0.custom.name: Field required"),
    ({"tools": tool(name="   ")}, "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
    ({"system": 7}, "system: Input should be a valid array"),
    ({"system": None}, "system: Input should be a valid array"),
    ({"system": [7]}, "system.0: Input does not match the expected shape."),
    ({"thinking": "x"}, "thinking: Input should be an object"),
    ({"thinking": None}, "thinking: Input should be an object"),
    ({"thinking": {}}, "thinking.type: Field required"),
    ({"output_config": "x"}, "output_config: Input does not match the expected shape."),
    ({"output_config": None}, "output_config: Input does not match the expected shape."),
    ({"cache_control": "x"}, "cache_control: Input should be an object"),
    ({"metadata": "x"}, "metadata: Input does not match the expected shape."),
    ({"metadata": {"bogus": "x"}}, "metadata.bogus: Extra inputs are not permitted"),
    ({"metadata": {"user_id": 7}}, "metadata.user_id: Input should be a valid string"),
    ({"stop_sequences": "ZZ"}, "stop_sequences: Input should be a valid array"),
    ({"stop_sequences": [1]}, "stop_sequences.0: Input should be a valid string"),
    ({"temperature": "x"}, "temperature: Input should be a valid number"),
    ({"temperature": None}, "temperature: Input should be a valid number"),
    ({"service_tier": "bogus"}, "service_tier: Input should be 'auto' or 'standard_only'"),
    ({"service_tier": None}, "service_tier: Input should be 'auto' or 'standard_only'"),
    ({"top_k": "x"}, "top_k: Input should be a valid integer"),
    ({"top_k": None}, "top_k: Input should be a valid integer"),
    ({"top_p": None}, "top_p: Input should be a valid number"),
    ({"top_p": 1.5}, "top_p: range: 0..1"),
    ({"stream": "yes"}, "stream: Input should be a valid boolean"),
    ({"stream": None}, "stream: Input should be a valid boolean"),
    ({"container": 7}, "container.ContainerParams: Input does not match the expected shape."),
    ({"inference_geo": 7}, "inference_geo: Input should be a valid string"),
    ({"inference_geo": "bogus-geo"}, "inference_geo: must be one of ['global', 'us']"),
]


@pytest.mark.parametrize("changes, message", [*RECORDED, *QUOTED, *MEASURED])
def test_a_malformed_request_is_refused_in_the_api_s_words(changes: dict[str, Any], message: str) -> None:
    """The location and the text are the API's, because client code and people match on them."""
    assert refusal(body(**changes)) == message


ORDER = [
    ("model", 7),
    ("tool_choice", 7),
    ("tools", "x"),
    ("messages", "x"),
    ("system", 7),
    ("thinking", "x"),
    ("output_config", "x"),
    ("cache_control", "x"),
    ("max_tokens", "x"),
    ("metadata", "x"),
    ("stop_sequences", "ZZ"),
    ("temperature", "x"),
    ("service_tier", 7),
    ("top_k", "x"),
    ("top_p", "x"),
    ("stream", "yes"),
    ("container", 7),
    ("inference_geo", 7),
    ("zzz_unknown", 1),
]


@pytest.mark.parametrize("index", range(len(ORDER) - 1))
def test_the_first_fault_in_the_api_s_order_is_reported(index: int) -> None:
    """Of two faults the API reports one, in an order of its own that does not depend on the body's."""
    (first, _), (second, _) = pair = ORDER[index], ORDER[index + 1]
    message = refusal(body(**dict(reversed(pair))))
    assert message is not None
    assert message.startswith((f"{first}: ", f"{first}."))
    assert not message.startswith(second)


@pytest.mark.parametrize("field", ["context_management", "mcp_servers", "thread"])
def test_a_field_that_lacks_its_beta_header_is_reported_like_an_unknown_one(field: str) -> None:
    """A known field's fault comes first, as it does before any unknown field."""
    assert refusal(body(**{field: {}}, inference_geo=7)) == "inference_geo: Input should be a valid string"


@pytest.mark.parametrize("data", [None, [], "{}", 7, True])
def test_a_body_that_is_no_object_is_refused(data: object) -> None:
    """Whatever JSON arrives, the answer is the API's envelope and no crash."""
    assert refusal(data) == "Input does not match the expected shape."
