"""The official SDK's types and ours say the same; each difference has its reason here."""

from collections.abc import Iterator
from typing import Any, Literal, Required, get_args, get_origin, get_type_hints

import anthropic.types as ga
import anthropic.types.beta as beta
import pytest
from anthropic.types import message_count_tokens_params as ga_count
from anthropic.types import message_create_params as ga_create
from anthropic.types.beta import message_count_tokens_params as beta_count
from anthropic.types.beta import message_create_params as beta_create
from pydantic import BaseModel
from typing_extensions import is_typeddict

from claudemock.wire.base import tags
from claudemock.wire.content import ContentBlock
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.params import Thinking
from claudemock.wire.tokens import CountTokensRequest
from claudemock.wire.tools import BROWSER_MEMBERS, COMPUTER_MEMBERS, Tool, ToolChoice
from claudemock.wire.version import FIELDS, TYPES

Shape = tuple[frozenset[str], frozenset[str]]  # all fields, required fields

HEADERS = {"betas", "user_profile_id", "workspace_id"}  # arguments that the SDK sends as headers
NOT_IN_THE_SDK = {
    "temperature",  # sampling parameters left its signatures in 1.0; the API still takes them
    "top_k",
    "top_p",
    "context_hint",  # these two only Claude Code sends
    "safeguards",
    "output_format",  # replaced by output_config.format; older SDKs send it
}
CALLER = {"caller"}  # the API puts it on every server tool block (recorded); the SDK's parameters on some
MORE_TYPES = {
    "mid_conv_system",  # the SDKs of May to August 2026 had it
    "connector_text",  # only Claude Code sends it; the API's own list of types has both
}
MORE_FIELDS = {
    "advisor_tool_result": CALLER,
    "bash_code_execution_tool_result": CALLER,
    "code_execution_tool_result": CALLER,
    "text_editor_code_execution_tool_result": CALLER,
    "tool_search_tool_result": CALLER,
    "browser_toolset_20260801": {"allowed_callers"},  # SDK 0.125 sends it
}


def dicts(union: Any) -> Iterator[Any]:
    """The TypedDicts of a union of the SDK's (responses, which its unions also name, are models and left out)."""
    if is_typeddict(union):
        yield union
    elif not isinstance(union, type):
        for member in get_args(union):
            yield from dicts(member)


def literals(annotation: Any) -> Iterator[str]:
    """The strings an annotation allows."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    else:
        for inner in get_args(annotation):
            yield from literals(inner)


def theirs(union: Any) -> dict[str, Shape]:
    """The shapes of a union of the SDK's by their tag."""
    shapes: dict[str, Shape] = {}
    for each in dicts(union):
        hints = get_type_hints(each, include_extras=True)
        required = frozenset(name for name, hint in hints.items() if get_origin(hint) is Required)
        shapes |= {tag: (frozenset(hints), required | {"type"}) for tag in literals(hints["type"])}
    return shapes


def ours(union: Any) -> dict[str, Shape]:
    """The shapes of one of our unions by their tag."""
    shapes: dict[str, Shape] = {}
    for model in get_args(get_args(union)[0]):
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        required = frozenset(name for name, field in fields.items() if field.is_required())
        shapes |= {tag: (frozenset(fields), required) for tag in tags(model)}
    return shapes


@pytest.mark.parametrize(
    "mine, sdk",
    [
        pytest.param(ContentBlock, beta.BetaContentBlockParam, id="content blocks"),
        pytest.param(Tool, beta.BetaToolUnionParam, id="tools"),
        pytest.param(ToolChoice, beta.BetaToolChoiceParam, id="tool choice"),
        pytest.param(Thinking, beta.BetaThinkingConfigParam, id="thinking"),
    ],
)
def test_the_types_of_a_union_and_their_fields_agree(mine: Any, sdk: Any) -> None:
    """A type or field the SDK can send must exist here, and nothing else without a reason."""
    here, there = ours(mine), theirs(sdk)
    assert here.keys() - MORE_TYPES == there.keys()
    for tag in there:
        fields, required = here[tag]
        assert fields - MORE_FIELDS.get(tag, frozenset()) == there[tag][0], tag
        assert required == there[tag][1], tag


def parameters(module: Any, name: str) -> set[str]:
    """The body's fields in a TypedDict of parameters."""
    return set(get_type_hints(getattr(module, name))) - HEADERS


CREATE = "MessageCreateParamsStreaming"
COUNT = "MessageCountTokensParams"


@pytest.mark.parametrize(
    "model, sdk, others",
    [
        (MessagesRequest, parameters(beta_create, CREATE), NOT_IN_THE_SDK),
        (CountTokensRequest, parameters(beta_count, COUNT), {"output_format"}),
    ],
)
def test_the_parameters_agree(model: type[BaseModel], sdk: set[str], others: set[str]) -> None:
    """A parameter the SDK can send must exist here, and nothing else without a reason."""
    assert set(model.model_fields) == sdk | others


def test_what_needs_a_beta_header_is_what_only_the_beta_client_has() -> None:
    """A parameter of the plain client is open to everybody; one of the beta client alone has its row in the table."""
    only_beta = parameters(beta_create, CREATE) - parameters(ga_create, CREATE)
    assert {name for name in FIELDS if "." not in name} == only_beta | NOT_IN_THE_SDK
    assert parameters(beta_count, COUNT) - parameters(ga_count, COUNT) <= only_beta


def test_the_types_that_need_a_beta_header_are_those_only_the_beta_client_has() -> None:
    """The same for tools and content blocks; a tool definition within a block is the one type further in."""
    plain = theirs(ga.ContentBlockParam).keys() | theirs(ga.ToolUnionParam).keys()
    all_types = theirs(beta.BetaContentBlockParam).keys() | theirs(beta.BetaToolUnionParam).keys()
    assert set(TYPES) == (all_types - plain) | {"tool_definition"}


@pytest.mark.parametrize(
    "members, sdk",
    [(COMPUTER_MEMBERS, ga.ComputerToolsetConfigsParam), (BROWSER_MEMBERS, ga.BrowserToolsetConfigsParam)],
)
def test_the_members_of_a_toolset_agree(members: str, sdk: Any) -> None:
    """A member's name is part of its toolset's version."""
    assert set(members.split()) == set(get_type_hints(sdk))
