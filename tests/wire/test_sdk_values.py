"""Whatever the official SDK's types let a program send is accepted: every field, every literal, every union member."""

import re
from typing import Any, Protocol

import pytest
from anthropic.types import message_count_tokens_params as ga_count
from anthropic.types import message_create_params as ga_create
from anthropic.types.beta import message_count_tokens_params as beta_count
from anthropic.types.beta import message_create_params as beta_create

from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_count_tokens, parse_messages
from tests.wire.bodies import NEW, OLD, refusal
from tests.wire.sdk_values import ALL_BETAS, objects

NO_BETAS: frozenset[str] = frozenset()
REFUSED_SINCE_2026_10 = {  # the version's own changes (documented)
    "messages.#.content.#.text.citations: Extra inputs are not permitted",
    "messages.#.content.#: Input tag 'document' found using 'type' does not match any of the expected tags",
}


class Parse(Protocol):
    """One of our parsers."""

    def __call__(self, data: object, *, version: str, betas: frozenset[str]) -> object:
        """The validated request."""


BODIES = [
    pytest.param(beta_create.MessageCreateParamsNonStreaming, parse_messages, ALL_BETAS, id="beta.messages.create"),
    pytest.param(beta_create.MessageCreateParamsStreaming, parse_messages, ALL_BETAS, id="beta.messages.stream"),
    pytest.param(beta_count.MessageCountTokensParams, parse_count_tokens, ALL_BETAS, id="beta.messages.count_tokens"),
    pytest.param(ga_create.MessageCreateParamsNonStreaming, parse_messages, NO_BETAS, id="messages.create"),
    pytest.param(ga_create.MessageCreateParamsStreaming, parse_messages, NO_BETAS, id="messages.stream"),
    pytest.param(ga_count.MessageCountTokensParams, parse_count_tokens, NO_BETAS, id="messages.count_tokens"),
]


@pytest.mark.parametrize("params, parse, betas", BODIES)
def test_all_that_the_sdk_can_send_is_accepted(params: Any, parse: Parse, betas: frozenset[str]) -> None:
    """What is not in the beta client alone needs no header; a field or value forgotten here would be refused."""
    refused = {}
    for body in objects(params):
        try:
            parse(body, version=OLD, betas=betas)
        except ApiError as error:
            refused[error.message] = body
    assert len(objects(params)) > 1000
    assert refused == {}


def test_the_newest_version_refuses_what_it_changed_and_nothing_else() -> None:
    """The SDK sends this version with every request."""
    refused = set()
    for body in objects(beta_create.MessageCreateParamsStreaming):
        message = refusal(body, NEW, *ALL_BETAS)
        if message is not None:
            refused.add(re.sub(r"(?<=\.)\d+", "#", re.sub(r"(?<=expected tags): .*", "", message)))
    assert refused == REFUSED_SINCE_2026_10
