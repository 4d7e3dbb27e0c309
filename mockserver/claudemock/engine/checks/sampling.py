"""Sampling parameters, stop sequences and the number of tokens asked for.

Wording: quoted with request ids or measured (Q13, Q14, Q15, Q16), quoted in public issues (`top_k` while thinking),
captured (Q47, Q48, Q58). That `top_p` below 0.95 is refused while thinking is quoted without its last sentence,
which is taken from its siblings. Values that change nothing (`temperature` 1, `top_p` 1) are accepted where others are
not (measured for `temperature`).
"""

from claudemock.engine.checks.subject import Subject
from claudemock.wire.errors import invalid_request
from claudemock.wire.messages import MessagesRequest

_EXTENDED_OUTPUT = "output-300k-2026-03-24"
_LEAST_TOP_P = 0.95  # while thinking
_CONSULT = "Please consult our documentation at"
_MANUAL = (
    f"when thinking is enabled. {_CONSULT} https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
    "#important-considerations-when-using-extended-thinking"
)
_ADAPTIVE = (
    f"when thinking is enabled or in adaptive mode. {_CONSULT} "
    "https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
)


def check_max_tokens(request: MessagesRequest, subject: Subject) -> None:
    """Not more than the model can write; extended output is for batches."""
    model = subject.model
    most = model.max_output
    if subject.context.endpoint == "batch":
        if request.max_tokens == 0:
            raise invalid_request("max_tokens: must be greater than or equal to 1")
        if model.max_output_extended is not None and _EXTENDED_OUTPUT in subject.context.betas:
            most = model.max_output_extended
    if request.max_tokens > most:
        raise invalid_request(
            f"max_tokens: {request.max_tokens} > {most}, which is the maximum allowed number of output tokens for "
            f"{model.id}"
        )


def check_prewarm(request: MessagesRequest, _: Subject) -> None:
    """`max_tokens: 0` only fills the cache: there is nothing to stream, to format or to force (documented).

    The wording is unproven. Thinking with a budget is refused by the budget's own rule.
    """
    if request.max_tokens != 0:
        return
    formatted = request.output_format is not None or bool(request.output_config and request.output_config.format)
    if request.stream:
        refused = "stream"
    elif formatted:
        refused = "output_config.format"
    elif request.tool_choice is not None and request.tool_choice.type in ("any", "tool"):
        refused = f'tool_choice type "{request.tool_choice.type}"'
    else:
        return
    raise invalid_request(f"max_tokens: 0 is not supported with {refused}")


def check_stop_sequences(request: MessagesRequest, _: Subject) -> None:
    """A stop sequence has something to stop at."""
    if request.stop_sequences and not all(sequence.strip() for sequence in request.stop_sequences):
        raise invalid_request("stop_sequences: each stop sequence must contain non-whitespace")


def check_sampling(request: MessagesRequest, subject: Subject) -> None:
    """What the model, and the thinking asked for, leave of `temperature`, `top_p` and `top_k`."""
    if request.temperature is None and request.top_p is None and request.top_k is None:
        return
    accepts = subject.model.sampling
    if accepts == "deprecated":
        _refuse_deprecated(request)
    elif accepts == "one_of" and request.temperature is not None and request.top_p is not None:
        raise invalid_request("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")
    if request.thinking is not None and request.thinking.type in ("enabled", "adaptive"):
        _refuse_while_thinking(request, _MANUAL if request.thinking.type == "enabled" else _ADAPTIVE)


def _refuse_deprecated(request: MessagesRequest) -> None:
    for name, changes in (
        ("temperature", request.temperature not in (None, 1)),
        ("top_p", request.top_p not in (None, 1)),
        ("top_k", request.top_k is not None),
    ):
        if changes:
            raise invalid_request(f"`{name}` is deprecated for this model.")


def _refuse_while_thinking(request: MessagesRequest, reason: str) -> None:
    if request.temperature not in (None, 1):
        raise invalid_request(f"`temperature` may only be set to 1 {reason}")
    if request.top_p is not None and request.top_p < _LEAST_TOP_P:
        raise invalid_request(f"`top_p` must be greater than or equal to {_LEAST_TOP_P} or unset {reason}")
    if request.top_k is not None:
        raise invalid_request(f"`top_k` must be unset {reason}")
