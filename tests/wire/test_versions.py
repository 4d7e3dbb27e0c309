"""What the API version and the beta header open and close."""

from typing import Any

import pytest

from tests.wire.bodies import NEW, OLD, assistant, body, refusal, user

BINDING = "thinking-binding-controls-2026-08-01"
SERVER = {"type": "url", "url": "https://mcp.example.com", "name": "s"}
SYSTEM = {"role": "system", "content": "s"}


def block(type_: str, **fields: Any) -> dict[str, Any]:
    """A request whose last turn is one block of the assistant's."""
    return {"messages": [user("hi"), assistant({"type": type_, **fields})]}


OPENED = [
    ("context_management", {"context_management": {"edits": []}}, "context-management-2025-06-27"),
    ("context_management", {"context_management": {"edits": [{"type": "compact_20260112"}]}}, "compact-2026-01-12"),
    ("compaction", {"compaction": {"type": "summarize"}}, "compact-2026-09-04"),
    ("mcp_servers", {"mcp_servers": [SERVER]}, "mcp-client-2025-04-04"),
    ("mcp_servers", {"mcp_servers": [SERVER]}, "mcp-client-2026-09-15"),
    ("fallbacks", {"fallbacks": "default"}, "server-side-fallback-2026-07-01"),
    ("fallbacks", {"fallbacks": [{"model": "claude-opus-5"}]}, "server-side-fallback-2026-06-01"),
    ("fallback_credit_token", {"fallback_credit_token": "t"}, "fallback-credit-2026-07-01"),
    ("billing_policy", {"billing_policy": {"type": "billing_policy"}}, "user-profiles-billing-2026-10-01"),
    ("thread", {"thread": {"type": "create"}}, "message-threads-2026-08-12"),
    (
        "output_format",
        {"output_format": {"type": "json_schema", "schema": {}}},
        "structured-outputs-2025-11-13",
    ),
    (
        "output_config.task_budget",
        {"output_config": {"task_budget": {"type": "tokens", "total": 20_000}}},
        "task-budgets-2026-03-13",
    ),
    ("thinking.adaptive.block_binding", {"thinking": {"type": "adaptive", "block_binding": {}}}, BINDING),
    (
        "cache_control.ephemeral.scope",
        {"cache_control": {"type": "ephemeral", "scope": "global"}},
        "prompt-caching-scope-2026-01-05",
    ),
    (
        "messages.1.clear_at",
        {"messages": [user("a"), {**SYSTEM, "clear_at": "never"}]},
        "mid-conversation-system-clear-at-2026-08-21",
    ),
    (
        "messages.1.output_config",
        {"messages": [user("a"), {**SYSTEM, "output_config": {"effort": "low"}}]},
        "mid-conversation-output-config-2026-07-01",
    ),
]


@pytest.mark.parametrize("where, changes, beta", OPENED)
def test_a_beta_header_opens_a_field(where: str, changes: dict[str, Any], beta: str) -> None:
    """Without the header the field does not exist; with it, and among others, it does."""
    assert refusal(body(**changes)) == f"{where}: Extra inputs are not permitted"
    assert refusal(body(**changes), OLD, "some-other-beta-2026-01-01", beta) is None


TYPES = [
    (
        "tools.0",
        {"tools": [{"type": "advisor_20260301", "name": "advisor", "model": "claude-opus-5"}]},
        "advisor-tool-2026-03-01",
    ),
    (
        "tools.0",
        {
            "tools": [
                {"type": "computer_20250124", "name": "computer", "display_width_px": 800, "display_height_px": 600}
            ]
        },
        "computer-use-2025-01-24",
    ),
    ("tools.0", {"tools": [{"type": "mcp_toolset", "mcp_server_name": "s"}]}, "mcp-client-2025-11-20"),
    ("messages.1.content.0", block("compaction", content="c"), "compact-2026-01-12"),
    (
        "messages.1.content.0",
        block("mcp_tool_use", id="mcptoolu_01", name="n", server_name="s", input={}),
        "mcp-client-2025-11-20",
    ),
    (
        "messages.1.content.0",
        block("fallback", **{"from": {"model": "a"}, "to": {"model": "b"}}),
        "server-side-fallback-2026-06-01",
    ),
]


@pytest.mark.parametrize("where, changes, beta", TYPES)
def test_a_beta_header_opens_a_type(where: str, changes: dict[str, Any], beta: str) -> None:
    """Without the header the type is neither accepted nor listed among the expected ones."""
    shut = refusal(body(**changes))
    assert shut is not None
    found, _, expected = shut.partition(" found using 'type' does not match any of the expected tags: ")
    assert found.startswith(f"{where}: Input tag '")
    assert found.partition("Input tag ")[2] not in expected.split(", ")
    assert refusal(body(**changes), OLD, beta) is None


def test_the_tags_of_an_unknown_type_are_those_the_request_may_use() -> None:
    """The list grows with the header, as the API's does."""
    unknown = body(tools=[{"type": "function"}])
    without, with_beta = refusal(unknown), refusal(unknown, OLD, "advisor-tool-2026-03-01")
    assert without is not None
    assert with_beta == without.replace("tags: '", "tags: 'advisor_20260301', '", 1)


def test_a_beta_header_opens_a_value() -> None:
    """The values of such a field are listed with commas only, those that need a header left out."""
    updates = body(thinking={"type": "adaptive", "display": "updates"})
    assert refusal(updates) == "thinking.adaptive.display: Input should be 'summarized', 'omitted'"
    assert refusal(updates, OLD, "thinking-display-updates-2026-08-18") is None


@pytest.mark.parametrize("beta", ["mid-conversation-tool-changes-2026-07-01", "inline-tools-2026-09-15"])
def test_tool_changes_say_which_header_they_need(beta: str) -> None:
    """The one type that the API knows without its header."""
    tool = {"type": "tool_reference", "name": "f"}
    change = body(messages=[user("a"), {"role": "system", "content": [{"type": "tool_removal", "tool": tool}]}])
    assert refusal(change) == (
        "messages.1.content.0: `tool_removal` blocks require anthropic-beta: inline-tools-2026-09-15"
    )
    assert refusal(change, OLD, beta) is None


@pytest.mark.parametrize("field", ["temperature", "top_p", "top_k"])
def test_the_version_of_2026_10_21_has_no_sampling_parameters(field: str) -> None:
    """They are gone for every model, whatever their value."""
    assert refusal(body(**{field: 1}), OLD) is None
    assert refusal(body(**{field: 1}), NEW) == f"{field}: Extra inputs are not permitted"
    assert refusal(body(**{field: "x"}, zzz=1), NEW) == f"{field}: Extra inputs are not permitted"


def test_the_version_of_2026_10_21_has_no_documents_from_the_assistant() -> None:
    """They stay what they were in user turns and in the older version."""
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}
    assert refusal(body(messages=[user([document])]), NEW) is None
    assert refusal(body(messages=[assistant(document)]), OLD) is None
    message = refusal(body(messages=[user("a"), assistant(document)]), NEW)
    assert message is not None
    assert message.startswith("messages.1.content.0: Input tag 'document' found using 'type' does not match")
    assert message.count("'document'") == 1


def test_the_version_of_2026_10_21_has_no_citations_from_the_user() -> None:
    """What the assistant once cited may still be sent back."""
    cited = {"type": "text", "text": "a", "citations": []}
    assert refusal(body(messages=[user([cited])]), OLD) is None
    assert refusal(body(messages=[user("a"), assistant(cited)]), NEW) is None
    assert refusal(body(messages=[user("a"), user([cited])]), NEW) == (
        "messages.1.content.0.text.citations: Extra inputs are not permitted"
    )
