"""Of several errors, the one the API reports."""

import pytest

from tests.checks.cases import (
    EPHEMERAL,
    SCHEMA,
    TOOL,
    Case,
    Json,
    assert_answer,
    assistant,
    body,
    call,
    model,
    result,
    server_call,
    system,
    text,
    user,
)
from tests.checks.media import image

OPEN: Json = {"type": "json_schema", "schema": {"type": "object"}}

CASES = [
    Case(
        name="recorded: the schema before the model's refusal of schemas",
        body=body(output_config={"format": OPEN}),
        model=model(structured_outputs=False),
        message="output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to "
        "false",
    ),
    Case(
        name="recorded: prefill before a format it cannot be combined with",
        body=body(user("a"), assistant("{"), output_config={"format": SCHEMA}),
        model=model(prefill=False),
        message="This model does not support assistant message prefill. The conversation must end with a user message.",
    ),
    Case(
        name="documented: a missing result before a pending server tool",
        body=body(user("a"), assistant(server_call("s"), call("t")), user("b", result("t"))),
        message="messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    ),
    Case(
        name="measured: what a conversation is made of before its container",
        body=body(user(), container="container_01"),
        message="messages.0: all messages must have non-empty content except for the optional final assistant message",
    ),
    Case(
        name="measured: a system message's blocks before its place",
        body=body(user("a"), system(image("AAAA")), user("b")),
        message="messages.1: role 'system' supports text, tool_addition and tool_removal blocks only",
    ),
    Case(
        name="measured: a system message's place before its blank text",
        body=body(user("a"), system(" "), user("b")),
        message="messages.1: role 'system' must precede an 'assistant' message or end the array; the directive-only "
        "form (content: [] with output_config) is accepted at any position",
    ),
    Case(
        name="the earlier message before the later",
        body=body(user("a"), assistant(call("t")), user(result("u")), assistant(call("v")), user("b"), tools=[TOOL]),
        message="messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    ),
    Case(
        name="the conversation before its breakpoints",
        body=body(user(*[text("a", cache_control=EPHEMERAL)] * 5, "")),
        message="messages: text content blocks must be non-empty",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_error(case: Case) -> None:
    """Where there is evidence of an order, it is kept."""
    assert_answer(case)
