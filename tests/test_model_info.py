"""GET /v1/models: the model object, its pages and their refusals."""

import json
from collections.abc import Mapping
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import ModelInfo
from hypothesis import given
from hypothesis import strategies as st

from claudemock.catalog import Catalog, Model
from claudemock.engine.model_info import model_object, models_page
from claudemock.wire.errors import ApiError

CATALOG = Catalog.load()
LISTED = [model.id for model in CATALOG.models if model.lifecycle != "retired"]


def page(limit: int = 20, *, after_id: str | None = None, before_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A page of the shipped catalogue."""
    return models_page(CATALOG, limit=limit, after_id=after_id, before_id=before_id, lifecycle=more.get("lifecycle"))


def ids(answer: Mapping[str, Any]) -> list[str]:
    """The ids on a page."""
    return [model["id"] for model in answer["data"]]


def test_model_object_keys_in_the_apis_order() -> None:
    """Clients that print or hash the JSON see what the API sends."""
    answer = model_object(CATALOG.by_name["claude-opus-5"])
    assert " ".join(answer) == (
        "type id display_name created_at lifecycle deprecated_at retires_at line max_input_tokens max_tokens"
        " capabilities"
    )
    assert " ".join(answer["capabilities"]) == (
        "batch citations code_execution context_management effort image_input pdf_input server_tools"
        " structured_outputs thinking"
    )
    assert list(answer["capabilities"]["effort"]) == ["supported", "low", "medium", "high", "xhigh", "max"]


@pytest.mark.parametrize("model", CATALOG.models, ids=lambda model: model.id)
def test_model_object_is_what_the_sdk_expects(model: Model) -> None:
    """Validates strictly, without a key the SDK's type does not have."""
    answer = model_object(model)
    parsed = ModelInfo.model_validate(answer, strict=False)
    assert parsed.model_dump(mode="json", exclude_unset=True).keys() == answer.keys()
    assert json.loads(parsed.model_dump_json(exclude_unset=True)) == answer
    assert parsed.model_extra == {}
    assert parsed.capabilities is not None
    assert parsed.capabilities.model_extra == {}
    assert parsed.capabilities.thinking.types.model_extra == {}


def test_capabilities_follow_the_columns() -> None:
    """The flags say what the server does: each is read off the same column."""
    flags = model_object(CATALOG.by_name["claude-haiku-4-5"])["capabilities"]
    assert not flags["effort"]["supported"]
    assert not any(flags["effort"][level]["supported"] for level in ("low", "medium", "high", "xhigh", "max"))
    assert flags["thinking"]["supported"]
    assert {kind for kind, flag in flags["thinking"]["types"].items() if flag["supported"]} == {"enabled", "disabled"}
    assert not flags["code_execution"]["supported"]
    assert flags["server_tools"]["code_execution"]["supported"]
    oldest = model_object(CATALOG.by_name["claude-2.1"])["capabilities"]
    assert not oldest["thinking"]["supported"]
    assert oldest["thinking"]["types"]["disabled"]["supported"]


def test_the_sdk_pages_through_all_models() -> None:
    """The official client, validating every answer strictly, sees the whole list page by page."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        query = request.url.params
        found = models_page(
            CATALOG,
            limit=int(query["limit"]),
            after_id=query.get("after_id"),
            before_id=query.get("before_id"),
            lifecycle=query.get_list("lifecycle[]"),
        )
        return httpx2.Response(200, json=found)

    transport = httpx2.MockTransport(answer)
    with anthropic.DefaultHttpxClient(transport=transport) as http_client:
        client = anthropic.Anthropic(api_key="k", http_client=http_client, _strict_response_validation=True)
        assert [model.id for model in client.models.list(limit=4)] == LISTED
        retired = client.models.list(limit=100, lifecycle=["retired"])
        assert {model.lifecycle for model in retired} == {"retired"}
        back = client.models.list(limit=4, before_id=LISTED[10])
        assert [model.id for model in back.data] == LISTED[6:10]


@given(limit=st.integers(1, 40), stages=st.sets(st.sampled_from(["active", "deprecated", "retired"])))
def test_walking_either_way_meets_every_model_once(limit: int, stages: set[str]) -> None:
    """Cursors neither skip nor repeat, whatever the page size and filter."""
    wanted = [model.id for model in CATALOG.models if model.lifecycle in (stages or {"active", "deprecated"})]
    found = page(limit, lifecycle=sorted(stages))
    forward = ids(found)
    while found["has_more"]:
        found = page(limit, after_id=found["last_id"], lifecycle=sorted(stages))
        forward += ids(found)
    assert forward == wanted
    backward = ids(found)[-1:]
    found = page(limit, before_id=backward[0], lifecycle=sorted(stages)) if backward else {"data": [], "has_more": 0}
    backward = ids(found) + backward
    while found["has_more"]:
        found = page(limit, before_id=found["first_id"], lifecycle=sorted(stages))
        backward = ids(found) + backward
    assert backward == wanted


def test_a_cursor_may_be_a_model_that_is_filtered_out() -> None:
    """A client that pages through active models may start from a retired one."""
    assert ids(page(1, after_id="claude-sonnet-4-5", lifecycle=["active", "retired"])) == ["claude-opus-4-1-20250805"]
    assert ids(page(1, before_id="claude-sonnet-4-5", lifecycle=["active"])) == ["claude-haiku-4-5-20251001"]
    assert ids(page(1000, after_id="claude-opus-4-1")) == []
    assert ids(page(1000, before_id="claude-opus-4-1")) == LISTED


def test_an_empty_page() -> None:
    """No data: both ends are null."""
    assert page(after_id=CATALOG.models[-1].id) == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 0}, "limit: Input should be greater than or equal to 1"),
        ({"limit": 1001}, "limit: Input should be less than or equal to 1000"),
        ({"after_id": "nope"}, "Invalid pagination cursor for 'after_id'"),
        ({"before_id": "nope"}, "Invalid pagination cursor for 'before_id'"),
        ({"lifecycle": ["active", "x"]}, "lifecycle.1: Input should be 'active', 'deprecated' or 'retired'"),
        ({"lifecycle": ["active"] * 4}, "lifecycle: List should have at most 3 items after validation, not 4"),
    ],
)
def test_wrong_pages_are_refused(query: dict[str, Any], message: str) -> None:
    """400 in the API's words."""
    with pytest.raises(ApiError) as raised:
        page(**query)
    assert (raised.value.status, raised.value.type, raised.value.message) == (400, "invalid_request_error", message)
