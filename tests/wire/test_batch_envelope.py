"""The envelope of a batch: checked at once, its requests later."""

from typing import Any

import pytest

from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_batch

PATTERN = "^[a-zA-Z0-9_-]{1,64}$"


@pytest.mark.parametrize(
    "data, message",
    [
        ({}, "requests: Field required"),
        ({"requests": []}, "requests: List should have at least 1 item after validation, not 0"),
        ({"requests": {}}, "requests: Input should be a valid list"),
        (
            {"requests": ["x"]},
            "requests.0: Input should be a valid dictionary or object to extract fields from",
        ),
        ({"requests": [{"params": {}}]}, "requests.0.custom_id: Field required"),
        (
            {"requests": [{"custom_id": "a" * 65, "params": {}}]},
            "requests.0.custom_id: String should have at most 64 characters",
        ),
        (
            {"requests": [{"custom_id": "a b", "params": {}}]},
            f"requests.0.custom_id: String should match pattern '{PATTERN}'",
        ),
        ({"requests": [{"custom_id": "a"}]}, "requests.0.params: Field required"),
        ({"requests": [{"custom_id": "a", "params": {}}], "x": 1}, "x: Extra inputs are not permitted"),
    ],
)
def test_a_malformed_envelope_is_refused(data: Any, message: str) -> None:
    """The texts are pydantic's own there (captured on the live API in September 2026)."""
    with pytest.raises(ApiError) as caught:
        parse_batch(data)
    assert (caught.value.status, caught.value.message) == (400, message)


def test_params_are_not_looked_at() -> None:
    """What is wrong with one request becomes its own result, so it must not stop the batch."""
    params = {"model": 7, "nonsense": True}
    assert parse_batch({"requests": [{"custom_id": "a", "params": params}]}).requests[0].params == params
