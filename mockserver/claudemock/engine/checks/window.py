"""Whether the prompt fits into the model's window; asked when its tokens have been counted."""

from claudemock.catalog import Model
from claudemock.wire.errors import invalid_request
from claudemock.wire.messages import MessagesRequest


def check_window(request: MessagesRequest, model: Model, input_tokens: int) -> None:
    """Refuse a prompt over the window, and on older models one that leaves no room for `max_tokens`.

    Newer models answer such a request and stop when the window is full. Recorded (R36), quoted with a request id
    (Q59). Raises `ApiError` (400).
    """
    window = model.context_window
    if input_tokens > window:
        raise invalid_request(f"prompt is too long: {input_tokens} tokens > {window} maximum")
    if model.window_overflow == "error" and input_tokens + request.max_tokens > window:
        raise invalid_request(
            f"input length and `max_tokens` exceed context limit: {input_tokens} + {request.max_tokens} > {window}, "
            "decrease input length or `max_tokens` and try again"
        )
