"""The model's window."""

import pytest

from claudemock.engine.checks import check_window
from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_messages
from tests.checks.cases import body, model

ASKING_64K = parse_messages(body(max_tokens=64_000), version="2023-06-01", betas=frozenset())


NO_ROOM = (
    "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, "
    "decrease input length or `max_tokens` and try again"
)


@pytest.mark.parametrize(
    ("overflow", "window", "tokens", "message"),
    [
        ("stop", 200_000, 200_001, "prompt is too long: 200001 tokens > 200000 maximum"),
        ("error", 200_000, 3_333_404, "prompt is too long: 3333404 tokens > 200000 maximum"),
        ("stop", 1_000_000, 1_000_123, "prompt is too long: 1000123 tokens > 1000000 maximum"),
        ("error", 200_000, 178_959, NO_ROOM),
    ],
)
def test_over_the_window(overflow: str, window: int, tokens: int, message: str) -> None:
    """A prompt over the window is refused, by older models also one that leaves too little room."""
    with pytest.raises(ApiError) as refused:
        check_window(ASKING_64K, model(context_window=window, window_overflow=overflow), tokens)
    assert (refused.value.status, refused.value.type, refused.value.message) == (400, "invalid_request_error", message)


@pytest.mark.parametrize(("overflow", "tokens"), [("stop", 200_000), ("error", 136_000)])
def test_within_the_window(overflow: str, tokens: int) -> None:
    """Newer models take what fills the window, and stop when it is full."""
    check_window(ASKING_64K, model(window_overflow=overflow), tokens)
