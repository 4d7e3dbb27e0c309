"""Whatever arrives, the wire layer answers with a request or with the API's 400."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.wire.base import tags
from claudemock.wire.content import ContentBlock
from claudemock.wire.errors import ApiError
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.parse import parse_batch, parse_count_tokens
from claudemock.wire.tools import Tool
from tests.wire.bodies import NEW, OLD, body, parse, refusal, user

WORDS = sorted(
    {field.alias or name for name, field in MessagesRequest.model_fields.items()}
    | {"type", "text", "role", "content", "source", "data", "name", "input_schema", "id", "cache_control", "edits"}
)
TYPES = sorted({*tags(ContentBlock), *tags(Tool), "ephemeral", "base64", "adaptive", "auto", "user", "assistant"})
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and objects of `inner`, among them objects with a `type` that the API has."""
    fields = st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4)
    typed = st.builds(lambda type_, rest: {**rest, "type": type_}, st.sampled_from(TYPES), fields)
    return st.lists(inner, max_size=4) | fields | typed


JSON = st.recursive(LEAVES | st.sampled_from(TYPES), containers, max_leaves=25)
BETAS = st.frozensets(st.sampled_from(["context-management-2025-06-27", "mcp-client-2025-11-20", "x"]))


@given(data=JSON, version=st.sampled_from([OLD, NEW, ""]), betas=BETAS)
def test_any_json_is_a_request_or_a_400(data: Any, version: str, betas: frozenset[str]) -> None:
    """No body crashes the server."""
    refusal(data, version, *betas)
    with suppress(ApiError):
        parse_count_tokens(data, version=version, betas=betas)
    with suppress(ApiError):
        parse_batch(data)


@given(changes=st.dictionaries(st.sampled_from(WORDS), JSON, max_size=3), version=st.sampled_from([OLD, NEW]))
def test_a_refusal_says_where(changes: dict[str, Any], version: str) -> None:
    """Every refusal of an object names one of its fields first."""
    data = body(**changes)
    message = refusal(data, version)
    if message is not None:
        where = message.partition(": ")[0].split(".")[0]
        assert where in data or where in MessagesRequest.model_fields


@given(data=st.builds(body, messages=st.lists(st.builds(user, JSON), max_size=3)))
def test_validating_does_not_change_the_body(data: dict[str, Any]) -> None:
    """The body is also journalled and hashed, so it must stay what the client sent."""
    before = repr(data)
    refusal(data)
    assert repr(data) == before


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"type": "text", "content": inner}])
@pytest.mark.parametrize("where", ["messages", "content", "system", "tools", "input_schema", "unknown"])
def test_deep_nesting_is_no_problem(wrap: Any, where: str) -> None:
    """As deep as a JSON parser lets through, it ends in an answer."""
    deep: Any = {}
    for _ in range(1000):
        deep = wrap(deep)
    places: dict[str, dict[str, Any]] = {
        "content": {"messages": [user(deep)]},
        "input_schema": {"tools": [{"name": "f", "input_schema": {"type": "object", "properties": {"a": deep}}}]},
    }
    message = refusal(body(**places.get(where, {where: deep})))
    assert (message is None) == (where == "input_schema")


def test_a_long_list_of_faults_is_cut_to_its_first() -> None:
    """One message, however many turns are wrong."""
    assert refusal(body(messages=[user(7)] * 5000)) == "messages.0.content: Input should be a valid array"
    assert parse(body(messages=[user("x")] * 5000)).messages[-1].content
