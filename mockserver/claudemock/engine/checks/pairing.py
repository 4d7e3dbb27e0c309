"""Calls and their results: each `tool_use` answered in the next turn, each server tool's call in its own.

Wording: recorded (R28, R31) and quoted with request ids (Q1, Q2, Q29; the pending server tool). Turns are judged after
consecutive messages of one role were merged; locations are those of the messages as sent.
"""

from itertools import takewhile

from claudemock.engine.checks.subject import Placed, Subject, Turn, only
from claudemock.wire.base import tags
from claudemock.wire.content import (
    AdvisorToolResultBlock,
    BashCodeExecutionToolResultBlock,
    CodeExecutionToolResultBlock,
    ServerToolUseBlock,
    TextEditorCodeExecutionToolResultBlock,
    ToolResultBlock,
    ToolSearchToolResultBlock,
    ToolUseBlock,
    WebFetchToolResultBlock,
    WebSearchToolResultBlock,
)
from claudemock.wire.errors import invalid_request

_SERVER_RESULTS = (
    AdvisorToolResultBlock,
    BashCodeExecutionToolResultBlock,
    CodeExecutionToolResultBlock,
    TextEditorCodeExecutionToolResultBlock,
    ToolSearchToolResultBlock,
    WebFetchToolResultBlock,
    WebSearchToolResultBlock,
)
SERVER_TYPES = frozenset({"server_tool_use"}.union(*map(tags, _SERVER_RESULTS)))


def check_unique_ids(subject: Subject) -> None:
    """No two calls of a conversation share an id."""
    if "tool_use" not in subject.blocks:
        return
    seen: set[str] = set()
    for placed, call in only(subject.blocks["tool_use"], ToolUseBlock):
        if call.id in seen:
            raise invalid_request(f"{placed.path}: `tool_use` ids must be unique")
        seen.add(call.id)


def check_results(subject: Subject) -> None:
    """The turn after calls starts with one result for each of them, and results answer the turn before them.

    A result behind other content does not count as an answer (documented, and recorded without exception).
    """
    if "tool_use" not in subject.blocks and "tool_result" not in subject.blocks:
        return
    first = subject.whole
    if first and subject.turns[first - 1].role == "assistant":
        first -= 1  # its calls are answered in a turn that is not known
    asked: dict[str, Placed] = {}
    for turn in subject.turns[first:]:
        if turn.role == "user":
            _check_answers(turn, asked)
            asked = {}
        else:
            asked = {call.id: placed for placed, call in only(turn.blocks, ToolUseBlock)}
    if asked:
        _refuse_unanswered(asked)


def _check_answers(turn: Turn, asked: dict[str, Placed]) -> None:
    leading = takewhile(lambda each: each.block.type == "tool_result", turn.blocks)
    answered = {result.tool_use_id for _, result in only(leading, ToolResultBlock)}
    unanswered = {name: placed for name, placed in asked.items() if name not in answered}
    if unanswered:
        _refuse_unanswered(unanswered)
    seen: set[str] = set()
    for placed, result in only(turn.blocks, ToolResultBlock):
        name = result.tool_use_id
        if name not in asked:
            raise invalid_request(
                f"{placed.path}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. Each `tool_result` "
                "block must have a corresponding `tool_use` block in the previous message."
            )
        if name in seen:
            raise invalid_request(
                f"{placed.path}: each tool_use must have a single result. Found multiple `tool_result` blocks with "
                f"id: {name}"
            )
        seen.add(name)


def _refuse_unanswered(unanswered: dict[str, Placed]) -> None:
    first = next(iter(unanswered.values()))
    raise invalid_request(
        f"messages.{first.message}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(unanswered)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
        "message."
    )


def check_server_tools(subject: Subject) -> None:
    """A server tool's result follows its call, before the user says anything but results of their own tools.

    A call that nothing followed yet is what `pause_turn` left, and stays pending.
    """
    if SERVER_TYPES.isdisjoint(subject.blocks):
        return
    called: set[str] = set()
    pending: dict[str, tuple[Placed, ServerToolUseBlock]] = {}
    for turn in subject.turns:
        if turn.role == "assistant":
            for placed in turn.blocks:
                _follow(placed, called, pending)
        elif pending and any(each.block.type != "tool_result" for each in turn.blocks):
            placed, call = next(iter(pending.values()))
            kind = "tool_search" if call.name.startswith("tool_search") else call.name
            raise invalid_request(
                f"messages.{placed.message}: `{call.name}` tool use with id `{call.id}` was found without a "
                f"corresponding `{kind}_tool_result` block"
            )


def _follow(placed: Placed, called: set[str], pending: dict[str, tuple[Placed, ServerToolUseBlock]]) -> None:
    block = placed.block
    if block.type == "server_tool_use":
        called.add(block.id)
        pending[block.id] = placed, block
    elif block.type in SERVER_TYPES and isinstance(block, _SERVER_RESULTS):
        name = block.tool_use_id
        if name not in called:
            raise invalid_request(
                f"{placed.path}: unexpected `tool_use_id` found in `{block.type}` blocks: {name}. Each "
                f"`{block.type}` block must have a corresponding `server_tool_use` block before it."
            )
        pending.pop(name, None)
