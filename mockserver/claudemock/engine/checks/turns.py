"""What a conversation is made of: roles, empty turns and texts, system messages, and how it may end.

Wording: recorded (R16, R32), quoted with request ids (thinking blocks in user messages, system placement), or measured
on the live API by third parties in August and September 2026 (the other system rules, whitespace). A leading assistant
message and turns that do not alternate are accepted, as recorded.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from claudemock.catalog import Model
from claudemock.engine.checks.subject import Placed, Subject, only
from claudemock.wire.content import MidConversationSystemBlock, TextBlock
from claudemock.wire.errors import invalid_request
from claudemock.wire.messages import InputMessage

_THINKING = frozenset({"thinking", "redacted_thinking"})
_ASSISTANT_ONLY = frozenset({"tool_use", "server_tool_use", "mcp_tool_use", "connector_text"})
_USER_ONLY = frozenset({"tool_result", "search_result", "mid_conv_system"})
_SYSTEM = frozenset({"text", "tool_addition", "tool_removal", "tool_definition"})
_ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
_CONTINUED = frozenset({"server_tool_use", "mcp_tool_use", "compaction", "fallback"})


def check_roles(subject: Subject) -> None:
    """Calls and thinking come from the assistant, results from the user."""
    messages = subject.request.messages
    for kind in subject.blocks:
        wanted = _role_of(kind)
        if wanted is None:
            continue
        for placed in subject.new(kind):
            if placed.inner is None and messages[placed.message].role != wanted:
                if kind in _THINKING:
                    raise invalid_request(
                        f"messages.{placed.message}.content: thinking blocks may only be in `assistant` messages"
                    )
                raise invalid_request(f"messages.{placed.message}: `{kind}` blocks can only be in `{wanted}` messages")


def _role_of(kind: str) -> str | None:
    if kind in _USER_ONLY:
        return "user"
    return "assistant" if kind in _THINKING or kind in _ASSISTANT_ONLY or kind.endswith("_tool_result") else None


def check_system_messages(subject: Subject) -> None:
    """Messages of role `system`: which models take them, what they hold and where they stand.

    Several in a row stand where the row stands; those that only direct the output may stand anywhere.
    """
    messages = subject.request.messages
    for row in _rows(subject.system_messages):
        before = messages[row.start - 1] if row.start else None
        after = messages[row.stop] if row.stop < len(messages) else None
        for number in row:
            message = messages[number]
            if not message.content and message.output_config is not None:
                continue
            _check_system_content(message, number)
            _check_system_place(f"messages.{number}", subject.model, before, after)
            if any(block.type == "text" and not block.text.strip() for block in message.content):
                raise invalid_request(f"messages.{number}: system text blocks must contain non-whitespace text")


def check_system_blocks(subject: Subject) -> None:
    """A system message as a block of the user's: on models that take such messages, at the end of what the user says.

    A public project found the place by trying (July 2026); its wording is unproven.
    """
    for placed, block in only(subject.new("mid_conv_system"), MidConversationSystemBlock):
        if not subject.model.system_messages:
            raise invalid_request("role 'system' is not supported on this model")
        content = subject.request.messages[placed.message].content
        if any(later.type != "mid_conv_system" for later in content[placed.position :]):
            raise invalid_request(
                f"{placed.path}: `mid_conv_system` blocks can only be at the end of a `user` message; put the other "
                "blocks before them"
            )
        if not block.content:
            raise invalid_request(f"{placed.path}: system content must contain at least one block")


def _rows(numbers: Sequence[int]) -> Iterator[range]:
    for _, row in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        found = [number for _, number in row]
        yield range(found[0], found[-1] + 1)


def _check_system_content(message: InputMessage, number: int) -> None:
    if not message.content:
        raise invalid_request(f"messages.{number}: system content must contain at least one block")
    if any(block.type not in _SYSTEM for block in message.content):
        raise invalid_request(
            f"messages.{number}: role 'system' supports text, tool_addition and tool_removal blocks only"
        )


def _check_system_place(where: str, model: Model, before: InputMessage | None, after: InputMessage | None) -> None:
    if before is None:
        raise invalid_request(f"{where}: use the top-level 'system' parameter for the initial system prompt{_ANYWHERE}")
    if not model.system_messages:
        raise invalid_request("role 'system' is not supported on this model")
    if before.role == "assistant" and not (before.content and is_server_result(before.content[-1].type)):
        raise invalid_request(
            f"{where}: role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool "
            f"result{_ANYWHERE}"
        )
    if after is not None and after.role != "assistant":
        raise invalid_request(f"{where}: role 'system' must precede an 'assistant' message or end the array{_ANYWHERE}")


def is_server_result(kind: str) -> bool:
    """Whether blocks of this type carry what a tool on the API's side gave back."""
    return kind.endswith("_tool_result")


def check_content(subject: Subject) -> None:
    """There are turns, and each says something, except a final assistant turn; a message may be empty in a turn."""
    if not subject.turns:
        raise invalid_request("messages: at least one message is required")
    last = len(subject.turns) - 1
    for position, turn in enumerate(subject.turns):
        if not turn.blocks and not (position == last and turn.role == "assistant"):
            raise invalid_request(
                f"messages.{turn.message}: all messages must have non-empty content except for the optional final "
                "assistant message"
            )


def check_texts(subject: Subject) -> None:
    """No text is empty.

    White space alone is refused from users and in `system`; from the assistant it is accepted (recorded).
    """
    for index, block in enumerate(subject.request.system):
        if not block.text:
            if block.cache_control:
                raise invalid_request(f"system.{index}: cache_control cannot be set for empty text blocks")
            raise invalid_request("system: text content blocks must be non-empty")
        if block.text.isspace():
            raise invalid_request("system: text content blocks must contain non-whitespace text")
    for placed, block in only(subject.new("text"), TextBlock):
        if not block.text or block.text.isspace():
            _check_no_text(subject, placed, block)


def _check_no_text(subject: Subject, placed: Placed, block: TextBlock) -> None:
    if not block.text and block.cache_control:
        raise invalid_request(f"{placed.location}.text: cache_control cannot be set for empty text blocks")
    if placed.inner is None and not block.text:
        raise invalid_request("messages: text content blocks must be non-empty")
    if placed.inner is None and subject.request.messages[placed.message].role == "user":
        raise invalid_request("messages: text content blocks must contain non-whitespace text")


def check_ending(subject: Subject) -> None:
    """An assistant turn at the end is a prefill, unless it goes on with what a server tool had paused.

    Whether a model that takes no prefill counts the tokens of one is unproven, so it does.
    """
    last = subject.turns[-1]
    kind = last.last_type
    if last.role != "assistant" or (kind is not None and (kind in _CONTINUED or is_server_result(kind))):
        return
    if not subject.model.prefill and subject.context.endpoint != "count_tokens":
        raise invalid_request(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    block = last.blocks[-1].block if last.blocks else None
    if block is not None and block.type == "text" and block.text[-1:].isspace():
        raise invalid_request("messages: final assistant content cannot end with trailing whitespace")
