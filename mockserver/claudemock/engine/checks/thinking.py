"""The `thinking` parameter: which modes a model takes, and what they ask of the rest of the request.

Wording: recorded (R21), quoted with request ids or measured (Q8, Q18, thinking first, `between_tools`, effort while
thinking is off), documented (Q19, Sonnet 5.5's refusal of `disabled`), quoted in public issues (Q20, no thinking at
all). `disabled` is accepted by models that cannot think (recorded).
"""

from claudemock.catalog import Model
from claudemock.engine.checks.subject import Placed, Subject, Turn
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.messages import MessagesRequest

_LEVELS = ("low", "medium", "high", "xhigh", "max")
_INTERLEAVED = "interleaved-thinking-2025-05-14"
_BLOCKS = frozenset({"thinking", "redacted_thinking"})
_BEFORE_THINKING = frozenset({"compaction", "fallback"})
_CONSULT = "Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking"


def check_mode(subject: Subject) -> None:
    """The model takes this `thinking.type`, and at this effort."""
    thinking = subject.request.thinking
    if thinking is None:
        return
    mode = thinking.type
    model = subject.model
    if mode not in model.thinking:
        raise _unsupported(model, mode)
    effort = subject.request.output_config.effort if subject.request.output_config else None
    highest = model.disabled_effort_max
    if effort is None or highest is None or mode not in ("disabled", "between_tools"):
        return
    if _LEVELS.index(effort) > _LEVELS.index(highest):
        raise invalid_request(
            f"output_config.effort '{effort}' is not supported when thinking is disabled on this model. "
            f"Use effort '{highest}' or below, or enable thinking."
        )


def _unsupported(model: Model, mode: str) -> ApiError:
    instead = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
    if model.thinking <= {"disabled"}:
        return invalid_request(f"'{model.id}' does not support thinking.")
    if mode == "adaptive":
        return invalid_request("adaptive thinking is not supported on this model")
    if mode == "between_tools":
        return invalid_request('"thinking.type.between_tools" is not supported for this model.')
    if mode == "disabled" and "between_tools" in model.thinking:
        return invalid_request(
            'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of '
            '{"type": "disabled"}. The model does not think before responding. The short updates it writes between '
            "tool calls come back as thinking blocks."
        )
    if mode == "disabled" and "enabled" in model.thinking:
        instead = (
            'Thinking defaults to adaptive mode when not specified; use "thinking.type.enabled" with "budget_tokens" '
            "for extended thinking."
        )
    return invalid_request(f'"thinking.type.{mode}" is not supported for this model. {instead}')


def check_budget(request: MessagesRequest, subject: Subject) -> None:
    """A budget leaves room for the answer; interleaved thinking may exceed it, being spread over several."""
    thinking = request.thinking
    if thinking is None or thinking.type != "enabled":
        return
    if _INTERLEAVED in subject.context.betas and subject.model.interleaved_thinking != "none":
        return
    if thinking.budget_tokens >= request.max_tokens:
        raise invalid_request(
            f"`max_tokens` must be greater than `thinking.budget_tokens`. {_CONSULT}#max-tokens-and-context-window-size"
        )


def check_thinking_first(subject: Subject) -> None:
    """With a budget, thinking comes first in its message, and a turn that is still going on began with it.

    Adaptive thinking asks for neither (23 recorded answers).
    """
    thinking = subject.request.thinking
    if thinking is None or thinking.type != "enabled":
        return
    for turn in subject.turns:
        first = _first(turn)
        if first is None or turn.role != "assistant" or first.block.type in _BLOCKS:
            continue
        if any(each.block.type in _BLOCKS for each in turn.blocks):
            raise invalid_request(
                f"{first.path}: If an assistant message contains any thinking blocks, the first block must be "
                f"`thinking` or `redacted_thinking`. Found `{first.block.type}`."
            )
    going_on = _turn_going_on(subject)
    if going_on and not any(first.block.type in _BLOCKS for first in going_on):
        latest = going_on[0]
        raise invalid_request(
            f"{latest.path}.type: Expected `thinking` or `redacted_thinking`, but found `{latest.block.type}`. When "
            "`thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
            "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from "
            f"previous turns. To avoid this requirement, disable `thinking`. {_CONSULT}"
        )


def _first(turn: Turn) -> Placed | None:
    return next((each for each in turn.blocks if each.block.type not in _BEFORE_THINKING), None)


def _turn_going_on(subject: Subject) -> list[Placed]:
    """What the assistant began each of its messages with, latest first, in the tool loop or prefill that comes last.

    Nothing if the user has the last word.
    """
    firsts = []
    for turn in reversed(subject.turns):
        if turn.role == "user" and turn.blocks and turn.blocks[0].block.type != "tool_result":
            break
        first = _first(turn)
        if turn.role == "assistant" and first is not None:
            firsts.append(first)
    return firsts
