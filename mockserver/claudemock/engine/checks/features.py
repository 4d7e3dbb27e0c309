"""Parameters that only some models or endpoints have: speed, region, context management, diagnostics.

Wording: observed live by third parties (speed), captured (Q95), quoted (Q43), quoted with a request id (Q46). Some
rules are documented and their wording is unproven: older models refuse `inference_geo` (worded as the API refuses
`fallbacks`), batches refuse `speed` and `thread`, fast mode on some models and default fallbacks take a header.
"""

from claudemock.engine.checks.subject import Subject
from claudemock.wire.errors import invalid_request
from claudemock.wire.messages import MessagesRequest

_FAST = "fast-mode-2026-02-01"
_DEFAULT_FALLBACKS = "server-side-fallback-2026-07-01"


def check_batched(request: MessagesRequest, subject: Subject) -> None:
    """A batch has nobody to stream to, no fast mode and no thread."""
    if subject.context.endpoint != "batch":
        return
    if request.stream:
        raise invalid_request('"stream=True" is not supported in the Message Batches API')
    if request.speed is not None:
        raise invalid_request("speed: Extra inputs are not permitted")
    if request.thread is not None:
        raise invalid_request("thread: Extra inputs are not permitted")


def check_speed(subject: Subject) -> None:
    """Fast mode is a model's own."""
    if subject.request.speed != "fast" or subject.context.endpoint == "batch":  # which has no fast mode at all
        return
    if subject.model.fast_mode == "refused":
        raise invalid_request(f"'{subject.model.id}' does not support the `speed` parameter.")
    if subject.model.fast_mode == "beta" and _FAST not in subject.context.betas:
        raise invalid_request(f"'{subject.model.id}' does not support `speed` without anthropic-beta: {_FAST}")


def check_fallbacks(request: MessagesRequest, subject: Subject) -> None:
    """Fallbacks that the API chooses came with the second version of the beta."""
    if request.fallbacks == "default" and _DEFAULT_FALLBACKS not in subject.context.betas:
        raise invalid_request("fallbacks: Input should be a valid array")


def check_inference_geo(request: MessagesRequest, subject: Subject) -> None:
    """Older models do not let the region be chosen."""
    if request.inference_geo is not None and subject.model.inference_geo == "not_available":
        raise invalid_request(f"'{subject.model.id}' does not support the inference_geo parameter")


def check_context_management(subject: Subject) -> None:
    """Thinking can be cleared only where there is thinking."""
    request = subject.request
    if request.context_management is None:
        return
    if not any(edit.type == "clear_thinking_20251015" for edit in request.context_management.edits):
        return
    thinking = request.thinking.type if request.thinking else subject.model.thinking_default
    if thinking in ("disabled", "off"):
        raise invalid_request("`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive")


def check_diagnostics(request: MessagesRequest, _: Subject) -> None:
    """The message to compare with is one of the API's."""
    previous = request.diagnostics.previous_message_id if request.diagnostics else None
    if previous is not None and not previous.startswith("msg_"):
        raise invalid_request(
            "diagnostics.previous_message_id: must be the `id` from a prior /v1/messages response (starts with `msg_`)"
        )
