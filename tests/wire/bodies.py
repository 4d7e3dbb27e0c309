"""Small request bodies for the tests of the wire layer."""

from typing import Any

from claudemock.wire.errors import ApiError
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.parse import parse_messages

OLD = "2023-06-01"
NEW = "2026-10-21"
TOOL = {"name": "get_weather", "input_schema": {"type": "object"}}
REMOVED = object()


def body(**changes: Any) -> dict[str, Any]:
    """A valid request with some fields replaced, added or (`REMOVED`) left out."""
    whole = {"model": "claude-sonnet-5", "max_tokens": 16, "messages": [user("Hello")], **changes}
    return {key: value for key, value in whole.items() if value is not REMOVED}


def user(content: Any) -> dict[str, Any]:
    """A user turn."""
    return {"role": "user", "content": content}


def assistant(*blocks: Any) -> dict[str, Any]:
    """An assistant turn of blocks."""
    return {"role": "assistant", "content": list(blocks)}


def parse(data: object, version: str = OLD, *betas: str) -> MessagesRequest:
    """The request, or `ApiError`."""
    return parse_messages(data, version=version, betas=frozenset(betas))


def refusal(data: object, version: str = OLD, *betas: str) -> str | None:
    """The message of the API's 400, or None if the request is accepted."""
    try:
        parse(data, version, *betas)
    except ApiError as error:
        refused = error
    else:
        return None
    assert (refused.status, refused.type) == (400, "invalid_request_error")
    return refused.message
