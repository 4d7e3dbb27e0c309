"""From parsed JSON to a validated request, or to the API's own 400."""

from typing import TypeVar

from pydantic import ValidationError

from claudemock.wire.base import tags
from claudemock.wire.batches import BatchCreateRequest
from claudemock.wire.content import ContentBlock
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.messages import InputMessage, MessagesRequest, PromptRequest
from claudemock.wire.tokens import CountTokensRequest
from claudemock.wire.version import STRICT_BLOCKS, Rules
from claudemock.wire.wording import BATCHES, MESSAGES, wording

Request = TypeVar("Request", bound=PromptRequest)


def parse_messages(data: object, *, version: str, betas: frozenset[str]) -> MessagesRequest:
    """The body of `POST /v1/messages`, `data` being what the JSON parser returned.

    `version` and `betas` are the request's headers; they decide which fields and types exist. Raises `ApiError` (400).
    """
    return _parse(MessagesRequest, data, Rules(version, betas))


def parse_count_tokens(data: object, *, version: str, betas: frozenset[str]) -> CountTokensRequest:
    """The body of `POST /v1/messages/count_tokens`; see `parse_messages`."""
    return _parse(CountTokensRequest, data, Rules(version, betas))


def parse_batch(data: object) -> BatchCreateRequest:
    """The body of `POST /v1/messages/batches`; each request's `params` stay as they are. Raises `ApiError` (400)."""
    try:
        return BatchCreateRequest.model_validate(data)
    except ValidationError as error:
        raise invalid_request(wording(error, BATCHES)) from None


def _parse(kind: type[Request], data: object, rules: Rules) -> Request:
    try:
        request = kind.model_validate(data, context=rules)
    except ValidationError as error:
        raise invalid_request(wording(error, MESSAGES, rules)) from None
    if rules.version in STRICT_BLOCKS:
        for index, message in enumerate(request.messages):
            _check_blocks(message, f"messages.{index}.content", rules)
    return request


def _check_blocks(message: InputMessage, where: str, rules: Rules) -> None:
    """No documents from the assistant and no citations from the user (documented; the wording is unproven)."""
    for index, block in enumerate(message.content):
        if message.role == "assistant" and block.type == "document":
            raise _unknown_block(f"{where}.{index}", block.type, rules)
        if message.role == "user" and block.type == "text" and block.citations is not None:
            raise invalid_request(f"{where}.{index}.text.citations: Extra inputs are not permitted")


def _unknown_block(where: str, found: str, rules: Rules) -> ApiError:
    expected = ", ".join(f"'{tag}'" for tag in sorted(tags(ContentBlock)) if tag != found and rules.knows(tag))
    return invalid_request(
        f"{where}: Input tag '{found}' found using 'type' does not match any of the expected tags: {expected}"
    )
