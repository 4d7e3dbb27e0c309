"""Context editing: what is cleared, what that saves, and that the reply says so."""

from typing import Any

import pytest

from claudemock.control.client import MockServer
from tests.checks.cases import assistant, call, result, text, user
from tests.wire_client import send

BETA: dict[str, str | None] = {"anthropic-beta": "context-management-2025-06-27"}
LONG = "All work and no play makes Jack a dull boy. " * 40
TOOL = {"name": "get_weather", "input_schema": {"type": "object"}}
THOUGHT = {"type": "thinking", "thinking": LONG, "signature": "EuMDCmMIDRgCKkB1eZPfjnRcxmoW99Zm"}
RESULTS, THINKING = "clear_tool_uses_20250919", "clear_thinking_20251015"
AT_ONCE = {"trigger": {"type": "tool_uses", "value": 1}}


def conversation(calls: int) -> list[dict[str, Any]]:
    """A question, and so many calls with long results, each with a thought, then another question."""
    messages: list[dict[str, Any]] = []
    for number in range(calls):
        asked = {**call(f"toolu_{number}"), "input": {"city": "Longyearbyen, in the far north"}}
        messages += [user(f"{number}?"), assistant(THOUGHT, asked), user(result(asked["id"], text(LONG)))]
        messages.append(assistant(THOUGHT, "So it is."))
    return [*messages, user("And now?")]


def ask(server: MockServer, *edits: dict[str, Any], calls: int = 6, **fields: Any) -> tuple[int, list[dict[str, Any]]]:
    """All input tokens of a request with these edits, which counting agrees on, and what was applied."""
    body = {
        "model": "claude-opus-4-8",
        "thinking": {"type": "adaptive"},
        "tools": [TOOL],
        "messages": conversation(calls),
        "context_management": {"edits": list(edits)},
        **fields,
    }
    found = send(server, "POST", "/v1/messages", {**body, "max_tokens": 2048}, BETA).json
    usage = found["usage"]
    counted = send(server, "POST", "/v1/messages/count_tokens", body, BETA).json
    total = usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]
    applied: list[dict[str, Any]] = found["context_management"]["applied_edits"]
    assert counted["input_tokens"] == total
    saved = sum(edit["cleared_input_tokens"] for edit in applied)
    assert counted["context_management"] == {"original_input_tokens": total + saved}
    return total, applied


def test_nothing_to_do(server: MockServer) -> None:
    """Below the default trigger, with few calls, and with thinking kept, nothing is cleared and the reply says so."""
    whole, applied = ask(server)
    for edit in (
        {"type": RESULTS},
        {"type": RESULTS, **AT_ONCE, "keep": {"type": "tool_uses", "value": 6}},
        {"type": RESULTS, "trigger": {"type": "tool_uses", "value": 6}},
        {"type": RESULTS, **AT_ONCE, "exclude_tools": ["get_weather"]},
        {"type": RESULTS, **AT_ONCE, "clear_at_least": {"type": "input_tokens", "value": 50_000}},
        {"type": THINKING, "keep": "all"},
        {"type": THINKING, "keep": {"type": "all"}},
        {"type": THINKING, "keep": {"type": "thinking_turns", "value": 6}},
    ):
        assert ask(server, edit) == (whole, applied) == (whole, []), edit


@pytest.mark.parametrize("keep, cleared", [(None, 3), (0, 6), (2, 4), (5, 1)])
def test_old_results_are_cleared(server: MockServer, keep: int | None, cleared: int) -> None:
    """All but the last three, or as many as are to be kept; each saves about what it held."""
    whole, _ = ask(server)
    kept = {} if keep is None else {"keep": {"type": "tool_uses", "value": keep}}
    left, applied = ask(server, {"type": RESULTS, **AT_ONCE, **kept})
    assert applied == [{"type": RESULTS, "cleared_tool_uses": cleared, "cleared_input_tokens": whole - left}]
    assert list(applied[0]) == ["type", "cleared_tool_uses", "cleared_input_tokens"]
    assert 400 * cleared < whole - left < 800 * cleared


def test_inputs_go_too_where_asked(server: MockServer) -> None:
    """`clear_tool_inputs`, for all tools or for those named."""
    edit = {"type": RESULTS, **AT_ONCE}
    results, _ = ask(server, edit)
    for which, more in ((True, True), (["get_weather"], True), (["other"], False), (False, False)):
        assert (ask(server, {**edit, "clear_tool_inputs": which})[0] < results) is more


def test_old_thinking_is_cleared(server: MockServer) -> None:
    """All but the last turn's by default; a turn's thinking goes together."""
    whole, _ = ask(server)
    left, applied = ask(server, {"type": THINKING})
    assert applied == [{"type": THINKING, "cleared_thinking_turns": 5, "cleared_input_tokens": whole - left}]
    most, applied = ask(server, {"type": THINKING, "keep": {"type": "thinking_turns", "value": 4}})
    assert applied[0]["cleared_thinking_turns"] == 2
    assert left < most < whole


def test_edits_follow_one_another(server: MockServer) -> None:
    """Each counts what it saved after those before it."""
    whole, _ = ask(server)
    left, applied = ask(server, {"type": THINKING}, {"type": RESULTS, **AT_ONCE})
    assert [edit["type"] for edit in applied] == [THINKING, RESULTS]
    assert whole - left == sum(edit["cleared_input_tokens"] for edit in applied)


def test_the_cache_holds_what_is_left(server: MockServer) -> None:
    """Clearing changes the prompt: what was cached before it is not read behind it, what is cached after it is."""
    caching = {"cache_control": {"type": "ephemeral"}}
    body: dict[str, Any] = {"model": "claude-opus-4-8", "max_tokens": 2048, "thinking": {"type": "adaptive"}, **caching}
    body |= {"tools": [TOOL], "messages": conversation(12)}

    def usage(*edits: dict[str, Any]) -> tuple[int, int]:
        asked = {**body, "context_management": {"edits": list(edits)}}
        found = send(server, "POST", "/v1/messages", asked, BETA).json["usage"]
        return found["cache_read_input_tokens"], found["cache_creation_input_tokens"]

    clear = {"type": RESULTS, **AT_ONCE}
    assert usage()[0] == 0
    assert usage()[1] == 0
    assert usage(clear)[0] == 0
    read, written = usage(clear)
    assert read > 5000
    assert written == 0


def test_messages_without_content_are_passed_over(server: MockServer) -> None:
    """A system message that only sets something has no content to clear."""
    betas: dict[str, str | None] = {
        "anthropic-beta": "context-management-2025-06-27,mid-conversation-output-config-2026-07-01"
    }
    body = {
        "model": "claude-opus-4-8",
        "max_tokens": 64,
        "messages": [*conversation(3), {"role": "system", "output_config": {"effort": "low"}}],
        "context_management": {"edits": [{"type": RESULTS, **AT_ONCE, "keep": {"type": "tool_uses", "value": 0}}]},
    }
    (edit,) = send(server, "POST", "/v1/messages", body, betas).json["context_management"]["applied_edits"]
    assert edit["cleared_tool_uses"] == 3
