"""Effort, formats, and parameters that only some models or endpoints have."""

import pytest

from tests.checks.cases import ADAPTIVE, SCHEMA, Case, Json, assert_answer, assistant, body, model, user

OPEN: Json = {"type": "json_schema", "schema": {"type": "object"}}
CITED: Json = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green."},
    "citations": {"enabled": True},
}
MUST_CLOSE = "For 'object' type, 'additionalProperties' must be explicitly set to false"
CLEARING = frozenset({"context-management-2025-06-27"})
CLEAR_THINKING: Json = {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}
NO_THINKING = "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive"

OUTPUT = [
    Case(
        name="effort on a model without it",
        body=body(output_config={"effort": "high"}),
        model=model(effort=()),
        message="This model does not support the effort parameter.",
    ),
    Case(
        name="a level the model does not know",
        body=body(output_config={"effort": "xhigh"}),
        message="This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
    ),
    Case(
        name="format on a model without it",
        body=body(output_config={"format": SCHEMA}),
        model=model(structured_outputs=False),
        message="'claude-test-1' does not support output format.",
    ),
    Case(
        name="open schema",
        body=body(output_config={"format": OPEN}),
        message=f"output_config.format.schema: {MUST_CLOSE}",
    ),
    Case(
        name="open schema on a model without formats",
        body=body(output_config={"format": OPEN}),
        model=model(structured_outputs=False),
        message=f"output_config.format.schema: {MUST_CLOSE}",
    ),
    Case(
        name="open schema under the old name",
        body=body(output_format=OPEN),
        betas=frozenset({"structured-outputs-2025-11-13"}),
        message=f"output_format.schema: {MUST_CLOSE}",
    ),
    Case(
        name="format and citations",
        body=body(user(CITED), output_config={"format": SCHEMA}),
        message="output_config.format: citations cannot be enabled together with an output format",
    ),
    Case(
        name="format and prefill",
        body=body(user("a"), assistant("{"), output_config={"format": SCHEMA}),
        message="output_config.format: assistant message prefill is not supported with an output format",
    ),
    Case(
        name="format and prefill on a model without prefill",
        body=body(user("a"), assistant("{"), output_config={"format": SCHEMA}),
        model=model(prefill=False),
        message="This model does not support assistant message prefill. The conversation must end with a user message.",
    ),
    Case(name="accepted: effort", body=body(output_config={"effort": "max"})),
    Case(name="accepted: format", body=body(output_config={"format": SCHEMA})),
    Case(
        name="accepted: format under the old name",
        body=body(output_format=SCHEMA),
        betas=frozenset({"structured-outputs-2025-11-13"}),
    ),
    Case(name="accepted: nothing asked", body=body(output_config={}), model=model(effort=(), structured_outputs=False)),
]

FEATURES = [
    Case(
        name="fast where it is unknown",
        body=body(speed="fast"),
        model=model(fast_mode="refused"),
        message="'claude-test-1' does not support the `speed` parameter.",
    ),
    Case(
        name="fast without the header it takes",
        body=body(speed="fast"),
        model=model(fast_mode="beta"),
        message="'claude-test-1' does not support `speed` without anthropic-beta: fast-mode-2026-02-01",
    ),
    Case(
        name="default fallbacks with the first beta",
        body=body(fallbacks="default"),
        betas=frozenset({"server-side-fallback-2026-06-01"}),
        message="fallbacks: Input should be a valid array",
    ),
    Case(
        name="region where it is unknown",
        body=body(inference_geo="us"),
        model=model(inference_geo="not_available"),
        message="'claude-test-1' does not support the inference_geo parameter",
    ),
    Case(
        name="streamed batch",
        body=body(stream=True),
        endpoint="batch",
        message='"stream=True" is not supported in the Message Batches API',
    ),
    Case(name="fast batch", body=body(speed="fast"), endpoint="batch", message="speed: Extra inputs are not permitted"),
    Case(
        name="thread in a batch",
        body=body(thread={"type": "create"}),
        betas=frozenset({"message-threads-2026-08-12"}),
        endpoint="batch",
        message="thread: Extra inputs are not permitted",
    ),
    Case(
        name="thinking cleared where there is none",
        body=body(context_management=CLEAR_THINKING),
        betas=CLEARING,
        message=NO_THINKING,
    ),
    Case(
        name="thinking cleared where it is off",
        body=body(context_management=CLEAR_THINKING, thinking={"type": "disabled"}),
        model=model(thinking_default="on"),
        betas=CLEARING,
        message=NO_THINKING,
    ),
    Case(
        name="diagnostics of no message",
        body=body(diagnostics={"previous_message_id": "chatcmpl-1"}),
        message="diagnostics.previous_message_id: must be the `id` from a prior /v1/messages response "
        "(starts with `msg_`)",
    ),
    Case(name="accepted: fast", body=body(speed="fast")),
    Case(
        name="accepted: fast with its header",
        body=body(speed="fast"),
        model=model(fast_mode="beta"),
        betas=frozenset({"fast-mode-2026-02-01"}),
    ),
    Case(
        name="accepted: default fallbacks",
        body=body(fallbacks="default"),
        betas=frozenset({"server-side-fallback-2026-07-01"}),
    ),
    Case(name="accepted: fast and ignored", body=body(speed="fast"), model=model(fast_mode="ignored")),
    Case(name="accepted: standard speed", body=body(speed="standard"), model=model(fast_mode="refused")),
    Case(name="accepted: region", body=body(inference_geo="us")),
    Case(name="accepted: batch", body=body(stream=False), endpoint="batch"),
    Case(
        name="accepted: adaptive thinking cleared",
        body=body(context_management=CLEAR_THINKING, thinking=ADAPTIVE),
        betas=CLEARING,
    ),
    Case(
        name="accepted: default thinking cleared",
        body=body(context_management=CLEAR_THINKING),
        model=model(thinking_default="on"),
        betas=CLEARING,
    ),
    Case(
        name="accepted: tool uses cleared",
        body=body(context_management={"edits": [{"type": "clear_tool_uses_20250919"}]}),
        betas=CLEARING,
    ),
    Case(name="accepted: diagnostics", body=body(diagnostics={"previous_message_id": "msg_01AbC"})),
    Case(name="accepted: first diagnostics", body=body(diagnostics={"previous_message_id": None})),
]


@pytest.mark.parametrize("case", [*OUTPUT, *FEATURES], ids=str)
def test_output(case: Case) -> None:
    """What a model or an endpoint does not have is refused by its name."""
    assert_answer(case)
