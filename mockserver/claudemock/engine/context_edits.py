"""Context editing (beta, documentation of context editing, 2026): old tool results and thinking leave the prompt.

The request is checked as it came; the model reads, the cache keeps and `usage` counts what is left. Defaults are the
documented ones. A compaction is only noticed here: the reply brings it. That a turn ends where the user says more than
tool results, and what stands in place of a result, is unproven.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from claudemock.wire.params import ClearThinking, ClearToolUses, Compact, ThinkingTurns

_TRIGGER = 100_000  # input tokens
_COMPACTED = 150_000  # input tokens
_KEPT_USES = 3
_KEPT_TURNS = 1
_CLEARED = "[Old tool result content cleared]"
_THINKING = frozenset({"thinking", "redacted_thinking"})
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})

Json = Mapping[str, Any]
Count = Callable[[Json], int]


class Edited(NamedTuple):
    """A request as the model reads it, its input tokens, the reply's `applied_edits`, and the compaction now due."""

    body: Json
    input_tokens: int
    applied: Sequence[Mapping[str, Any]]
    compact: Compact | None = None


def edited(body: Json, edits: Sequence[ClearToolUses | ClearThinking | Compact], tokens: int, count: Count) -> Edited:
    """The request after its edits, one after another. `tokens` are those of `body`; `count` counts an edited one.

    An edit that clears nothing, or less than it is asked to, leaves everything as it is.
    """
    applied, compact = [], None
    for edit in edits:
        found: tuple[Json, int, str] | None = None
        if isinstance(edit, ClearThinking):
            found = _without_thinking(body, edit)
        elif isinstance(edit, ClearToolUses):
            found = _without_results(body, edit, tokens)
        elif tokens > (edit.trigger.value if edit.trigger is not None else _COMPACTED):
            compact = edit
        if found is None:
            continue
        left, number, name = found
        cleared = tokens - count(left)
        least = edit.clear_at_least.value if isinstance(edit, ClearToolUses) and edit.clear_at_least else 1
        if cleared >= max(least, 1):
            body, tokens = left, tokens - cleared
            applied.append({"type": edit.type, name: number, "cleared_input_tokens": cleared})
    return Edited(body, tokens, applied, compact)


def _without_thinking(body: Json, edit: ClearThinking) -> tuple[Json, int, str] | None:
    if edit.keep == "all" or (edit.keep is not None and not isinstance(edit.keep, ThinkingTurns)):
        return None
    turns: dict[int, list[int]] = {}  # the messages with thinking, by the number of their turn
    turn = 0
    for number, message in enumerate(body["messages"]):
        if message["role"] == "user" and any(block["type"] != "tool_result" for block in _blocks(message)):
            turn += 1
        elif message["role"] == "assistant" and any(block["type"] in _THINKING for block in _blocks(message)):
            turns.setdefault(turn, []).append(number)
    kept = _KEPT_TURNS if edit.keep is None else edit.keep.value
    former = list(turns.values())[:-kept]
    numbers = {number for found in former for number in found}

    def left(message: Json) -> Json:
        return {**message, "content": [block for block in _blocks(message) if block["type"] not in _THINKING]}

    messages = [left(message) if number in numbers else message for number, message in enumerate(body["messages"])]
    return ({**body, "messages": messages}, len(former), "cleared_thinking_turns") if former else None


def _without_results(body: Json, edit: ClearToolUses, tokens: int) -> tuple[Json, int, str] | None:
    messages = body["messages"]
    answered = {block.get("tool_use_id") for message in messages for block in _blocks(message)}
    calls = [block for message in messages for block in _blocks(message) if block["type"] in _CALLS]
    size = len(calls) if edit.trigger is not None and edit.trigger.type == "tool_uses" else tokens
    if size <= (_TRIGGER if edit.trigger is None else edit.trigger.value):
        return None
    kept = _KEPT_USES if edit.keep is None else edit.keep.value
    excluded = frozenset(edit.exclude_tools or ())
    old = {
        call["id"]: call["name"]
        for call in calls[: len(calls) - kept]
        if call["name"] not in excluded and call["id"] in answered
    }

    def left(block: Json) -> Json:
        if block["type"] == "tool_result" and block["tool_use_id"] in old:
            return {**block, "content": _CLEARED}
        if block["type"].endswith("_tool_result") and block["tool_use_id"] in old:
            return {**block, "content": []}
        if block["type"] in _CALLS and _clears_input(edit, old.get(block["id"])):
            return {**block, "input": {}}
        return block

    made = [{**message, "content": [left(block) for block in _blocks(message)]} for message in messages]
    return ({**body, "messages": made}, len(old), "cleared_tool_uses") if old else None


def _clears_input(edit: ClearToolUses, name: str | None) -> bool:
    which = edit.clear_tool_inputs
    return name is not None and (name in which if isinstance(which, list) else bool(which))


def _blocks(message: Json) -> Sequence[Json]:
    content: str | Sequence[Json] = message.get("content", ())  # a system message that only sets something has none
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content
