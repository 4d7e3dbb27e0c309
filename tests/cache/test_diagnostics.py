"""Cache diagnostics: all six reasons, and when there is none."""

from typing import Any

import pytest

from claudemock.catalog import Model
from claudemock.engine.diagnostics import Diagnostics
from tests.cache.prompts import MODEL, Json, assistant, body, make_model, prompt_of, tool, user

BEFORE = body(user("a", "b"), assistant("c"), user("d"), tools=[tool("x"), tool("y")], system=["s", "t"])


class Asking:
    """Diagnostics and what was asked of them."""

    def __init__(self, **options: Any) -> None:
        self.diagnostics = Diagnostics(**options)

    def ask(
        self,
        request: Json,
        previous: str | None,
        message_id: str = "msg_2",
        *,
        model: Model = MODEL,
        betas: frozenset[str] = frozenset(),
        now: float = 0.0,
    ) -> Any:
        """One request with `diagnostics`."""
        asked = {"previous_message_id": previous}
        return self.diagnostics.answer(asked, prompt_of(request, model), message_id, betas, now)


def reason(after: Json, before: Json = BEFORE, **changes: Any) -> Any:
    """The answer to a second request that names the first."""
    asking = Asking()
    assert asking.ask(before, None, "msg_1") is None
    return asking.ask(after, "msg_1", **changes)


def changed(kind: str, tokens: int) -> Json:
    """A reason with an estimate."""
    return {"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": tokens}}


APPENDED = {**BEFORE, "messages": [*BEFORE["messages"], assistant("e"), user("f")]}


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(BEFORE, id="the same again"),
        pytest.param(APPENDED, id="messages appended"),
        pytest.param({**APPENDED, "max_tokens": 5, "cache_control": {"type": "ephemeral"}}, id="not of the prompt"),
    ],
)
def test_no_divergence(after: Json) -> None:
    """Compared and nothing found: null."""
    assert reason(after) is None


def test_model_changed() -> None:
    """Another model: all that the former request had is missed."""
    assert reason(BEFORE, model=make_model(id="claude-test-2")) == changed("model_changed", 804)


def test_speed_counts_as_the_model() -> None:
    """`speed` is reported as the model, although the tools stay cached."""
    assert reason({**BEFORE, "speed": "fast"}) == changed("model_changed", 804)


@pytest.mark.parametrize(
    "tools, missed",
    [
        pytest.param([tool("x"), tool("z")], 700, id="changed"),
        pytest.param([tool("y"), tool("x")], 804, id="reordered"),
        pytest.param([tool("x")], 700, id="removed"),
        pytest.param([tool("x"), tool("y"), tool("z")], 600, id="added"),
    ],
)
def test_tools_changed(tools: list[Json], missed: int) -> None:
    """The tokens behind the first tool that differs are missed."""
    assert reason({**APPENDED, "tools": tools}) == changed("tools_changed", missed)


@pytest.mark.parametrize(
    "system, missed",
    [
        pytest.param(["s", "other"], 500, id="changed"),
        pytest.param(["s"], 500, id="removed"),
        pytest.param(["s", "t", "u"], 400, id="added"),
        pytest.param(None, 600, id="gone"),
    ],
)
def test_system_changed(system: list[str] | None, missed: int) -> None:
    """The tokens behind the first system block that differs are missed."""
    assert reason({**APPENDED, "system": system}) == changed("system_changed", missed)


@pytest.mark.parametrize(
    "messages, missed",
    [
        pytest.param([user("a", "x"), assistant("c"), user("d")], 300, id="changed"),
        pytest.param([user("a", "b")], 200, id="shortened"),
        pytest.param([user("a", "b"), assistant("c"), assistant("d")], 100, id="another role"),
        pytest.param([user("new"), user("a", "b"), assistant("c"), user("d")], 400, id="inserted"),
    ],
)
def test_messages_changed(messages: list[Json], missed: int) -> None:
    """An earlier message changed instead of messages being appended."""
    assert reason({**BEFORE, "messages": messages}) == changed("messages_changed", missed)


def test_only_the_earliest_divergence_is_reported() -> None:
    """Everything changed: the model is named; then tools, then system, in prompt order."""
    after = body(user("z"), tools=[tool("z")], system="z")
    assert reason(after, model=make_model(id="other"))["cache_miss_reason"]["type"] == "model_changed"
    assert reason(after)["cache_miss_reason"]["type"] == "tools_changed"
    assert reason({**after, "tools": BEFORE["tools"]})["cache_miss_reason"]["type"] == "system_changed"


UNAVAILABLE = {"cache_miss_reason": {"type": "unavailable"}}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"thinking": {"type": "adaptive"}}, id="thinking"),
        pytest.param({"tool_choice": {"type": "any"}}, id="tool_choice"),
        pytest.param({"output_config": {"effort": "low"}}, id="effort"),
    ],
)
def test_other_parameters_are_unavailable(fields: Json) -> None:
    """No diagnosis where only parameters differ that have no reason of their own."""
    assert reason({**APPENDED, **fields}) == UNAVAILABLE


def test_other_betas_are_unavailable() -> None:
    """A different set of active betas may shape the prompt."""
    assert reason(APPENDED, betas=frozenset({"context-1m-2025-08-07"})) == UNAVAILABLE


def test_beyond_the_horizon_is_unavailable() -> None:
    """A change further back in the prompt than single blocks are remembered: noticed, but not explained."""
    asking = Asking(horizon=6)
    asking.ask(BEFORE, None, "msg_1")
    assert asking.ask(APPENDED, "msg_1") is None
    after = {**BEFORE, "messages": [user("a", "b"), assistant("c"), user("other")]}
    assert asking.ask(after, "msg_1") == UNAVAILABLE


NOT_FOUND = {"cache_miss_reason": {"type": "previous_message_not_found"}}


def test_unknown_and_expired_ids_are_not_found() -> None:
    """Nothing is known of the id, or no longer; what was asked for once is."""
    assert reason(BEFORE, now=86_399.0) is None
    assert reason(BEFORE, now=86_400.0) == NOT_FOUND
    assert Asking().ask(BEFORE, "msg_elsewhere") == NOT_FOUND


def test_fingerprints_are_bounded() -> None:
    """The oldest are forgotten first."""
    asking = Asking(most=3)
    for number in range(5):
        asking.ask(BEFORE, None, f"msg_{number}")
    assert len(asking.diagnostics) == 3
    assert asking.ask(BEFORE, "msg_0", "msg_5") == NOT_FOUND
    assert asking.ask(BEFORE, "msg_4", "msg_6") is None


def test_each_turn_is_compared_with_the_one_it_names() -> None:
    """Every diagnosed request can be named later, in any order."""
    asking = Asking()
    asking.ask(BEFORE, None, "msg_1")
    assert asking.ask(APPENDED, "msg_1", "msg_2") is None
    assert asking.ask(APPENDED, "msg_2", "msg_3") is None
    assert asking.ask(BEFORE, "msg_2", "msg_4")["cache_miss_reason"]["type"] == "messages_changed"
