"""Thinking bound to its conversation, from 5.1 on: what counts as an edit, and what the API then says and does."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.catalog import Model
from claudemock.engine.checks.signatures import input_transformations
from claudemock.wire.parse import parse_messages
from tests.checks.cases import OTHER_TOOL, TOOL, assistant, call, model, result, text, user
from tests.thinking.conversations import (
    BOUND,
    BOUND_FABLE,
    CONTROLS,
    UNBOUND,
    answered,
    closed_turn,
    open_turn,
    request,
    thought,
)
from tests.thinking.test_returned import refusal

Json = dict[str, Any]
Edit = Callable[[Json], object]
BOUND_ELSEWHERE = (
    "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation. "
    'Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
)
SETTING = " That setting requires the `thinking-binding-controls-2026-08-01` value in the `anthropic-beta` header."
TOOLS = " The `tools` list differs from the one this block was created with."
SYSTEM = " The `system` prompt differs from the one this block was created with."
CONTENT = " Content before this block differs from when it was created, first at `messages.0.content.{}`."
DROP = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}
ERROR = {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "error"}}


def transformations(data: Json, judged_by: Model, betas: frozenset[str] = CONTROLS) -> list[dict[str, str]] | None:
    """What the reply reports of a request's thinking."""
    return input_transformations(parse_messages(data, version="2023-06-01", betas=betas), judged_by, betas)


def first(data: Json) -> Json:
    """The first block of the first message."""
    block: Json = data["messages"][0]["content"][0]
    return block


EDITS: list[tuple[str, Edit, str]] = [
    ("a tool's description", lambda data: data.update(tools=[{**TOOL, "description": "New."}]), TOOLS),
    ("a tool more", lambda data: data.update(tools=[TOOL, OTHER_TOOL]), TOOLS),
    ("no tools", lambda data: data.pop("tools"), TOOLS),
    ("the system prompt", lambda data: data.update(system="Be kind. It is Tuesday."), SYSTEM),
    ("no system prompt", lambda data: data.pop("system"), SYSTEM),
    ("tools and system", lambda data: data.update(system="Other.", tools=[]), TOOLS),
    ("the first message", lambda data: first(data).update(text="How warm is it in Rome?"), CONTENT.format(0)),
    ("a block added", lambda data: data["messages"][0]["content"].append(text("Now.")), CONTENT.format(1)),
    ("a block in front", lambda data: data["messages"][0]["content"].insert(0, text("Now.")), CONTENT.format(0)),
]


@pytest.mark.parametrize("edit, said", [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edited_prefix_is_refused_and_named(edit: Edit, said: str) -> None:
    """Q10 with each sentence that says what differs, with the controls' header and without it."""
    data = open_turn(BOUND)
    edit(data)
    assert refusal(data, BOUND) == BOUND_ELSEWHERE + said
    assert refusal(data, BOUND, frozenset()) == BOUND_ELSEWHERE + SETTING + said
    assert refusal({**data, "thinking": ERROR}, BOUND, endpoint="batch") == BOUND_ELSEWHERE + said


@pytest.mark.parametrize("edit", [row[1] for row in EDITS], ids=[row[0] for row in EDITS])
def test_models_that_do_not_bind_accept_edits(edit: Edit) -> None:
    """Up to 5.0 a conversation may be rewritten under its thinking."""
    data = open_turn(UNBOUND)
    edit(data)
    assert refusal(data, UNBOUND) is None
    assert transformations(data, UNBOUND) == []


NO_EDITS: list[tuple[str, Edit]] = [
    (
        "a system string as blocks",
        lambda data: data.update(system=[text("Be kind.", cache_control={"type": "ephemeral"})]),
    ),
    ("a marker", lambda data: first(data).update(cache_control={"type": "ephemeral"})),
    ("a message as a string", lambda data: data["messages"][0].update(content=first(data)["text"])),
    ("a marked tool", lambda data: data.update(tools=[{**TOOL, "cache_control": {"type": "ephemeral"}}])),
    ("a deferred tool", lambda data: data.update(tools=[TOOL, {**OTHER_TOOL, "defer_loading": True}])),
    ("effort and length", lambda data: data.update(output_config={"effort": "low"}, max_tokens=99)),
    ("another tool choice", lambda data: data.update(tool_choice={"type": "none"})),
    ("another display", lambda data: data.update(thinking={"type": "adaptive", "display": "omitted"})),
    ("more messages", lambda data: data["messages"].extend([assistant("4 °C."), user("And Rome?")])),
    ("no thinking", lambda data: data["messages"][1]["content"].pop(0)),
    ("keys in another order", lambda data: data.update(tools=[dict(reversed(TOOL.items()))])),
]


@pytest.mark.parametrize("edit", [row[1] for row in NO_EDITS], ids=[row[0] for row in NO_EDITS])
def test_what_does_not_count_as_an_edit(edit: Edit) -> None:
    """The documented list of changes after which thinking stays valid."""
    data = open_turn(BOUND)
    edit(data)
    assert refusal(data, BOUND) is None
    assert transformations(data, BOUND) == []


def test_the_order_of_tools_does_not_count() -> None:
    """The check compares the set of tools."""
    data = open_turn(BOUND, tools=[TOOL, OTHER_TOOL])
    data["tools"] = [OTHER_TOOL, TOOL]
    assert refusal(data, BOUND) is None


def test_numbers_may_be_written_differently() -> None:
    """A client in JavaScript sends 1.0 back as 1."""
    data = open_turn(BOUND, text("Look."), call("toolu_1", input={"at": [1.0, {"high": 2.0}], "low": 0.5}), thought())
    data["messages"][1]["content"][1]["input"] = {"low": 0.5, "at": [1, {"high": 2}]}
    assert refusal(data, BOUND) is None
    data["messages"][1]["content"][1]["input"]["at"] = [1.5, {"high": 2}]
    assert refusal(data, BOUND) is not None


def test_a_rotating_signed_url_is_no_edit() -> None:
    """The API looks at the file, not at the URL; the mock fetches nothing and leaves the query out."""
    picture = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png?sig=1"}}
    asked = request(user(picture, "What is it?"))
    data = {**asked, "messages": [*asked["messages"], answered(asked, BOUND, thought(), text("A cat.")), user("Sure?")]}
    data = deepcopy(data)
    first(data)["source"]["url"] = "https://example.com/a.png?sig=2"
    assert refusal(data, BOUND) is None
    first(data)["source"]["url"] = "https://example.com/b.png?sig=1"
    assert refusal(data, BOUND) == BOUND_ELSEWHERE + CONTENT.format(0)


def three_turns(by: Model) -> Json:
    """A conversation with three thinking blocks, in messages 1, 3 and 5."""
    data = request(user("One"))
    for number, following in enumerate(("Two", "Three", "Four")):
        reply = answered(data, by, thought(f"Thought {number}."), text(f"Answer {number}."))
        data = {**data, "messages": [*data["messages"], reply, user(following)]}
    return data


@pytest.mark.parametrize("removed", [(1,), (1, 3), (5,), (3, 5), (1, 3, 5)])
def test_thinking_may_be_removed_from_either_end(removed: tuple[int, ...]) -> None:
    """What is kept is an unbroken run of the original sequence."""
    data = three_turns(BOUND)
    for number in removed:
        del data["messages"][number]["content"][0]
    assert refusal(data, BOUND) is None


def test_a_gap_invalidates_what_follows_it() -> None:
    """Thinking removed from the middle; the sentence on what differs is left out, as it may be."""
    data = three_turns(BOUND)
    del data["messages"][3]["content"][0]
    assert refusal(data, BOUND) == BOUND_ELSEWHERE.replace("messages.1", "messages.5")


def test_thinking_put_back_invalidates_what_was_made_without_it() -> None:
    """Once removed, it has to stay out."""
    data = closed_turn(BOUND)
    kept = deepcopy(data["messages"][1]["content"][0])
    del data["messages"][1]["content"][0]
    data["messages"] += [answered(data, BOUND, thought("More."), text("Yes.")), user("Go on")]
    assert refusal(data, BOUND) is None
    data["messages"][1]["content"].insert(0, kept)
    assert refusal(data, BOUND) == BOUND_ELSEWHERE.replace("messages.1", "messages.3")


def test_the_first_failing_block_is_named_and_all_later_ones_are_dropped() -> None:
    """An edit in the middle: thinking before it stays, thinking after it goes."""
    data = three_turns(BOUND)
    data["messages"][2]["content"][0]["text"] = "Zwei"
    place = "messages.2.content.0"
    assert refusal(data, BOUND) == (
        BOUND_ELSEWHERE.replace("messages.1", "messages.3") + CONTENT.replace("messages.0.content.{}", place)
    )
    data["thinking"] = DROP
    assert refusal(data, BOUND) is None
    assert transformations(data, BOUND) == [
        {"type": "thinking_dropped", "path": f"messages.{number}.content.0", "reason": "prefix_binding_mismatch"}
        for number in (3, 5)
    ]


def test_in_a_batch_unset_means_dropped() -> None:
    """Items that leave the behaviour unset do not fail."""
    data = open_turn(BOUND)
    data["system"] = "Other."
    assert refusal(data, BOUND, endpoint="batch") is None


def test_transformations_need_the_header_and_a_model_that_thinks() -> None:
    """Without either the field is not in the reply; with both it is there, empty if nothing was dropped."""
    data = open_turn(BOUND)
    assert transformations(data, BOUND) == []
    assert transformations(data, BOUND, frozenset()) is None
    assert transformations({**data, "thinking": {"type": "disabled"}}, model(thinking=frozenset({"disabled"}))) is None


def test_without_checks_nothing_is_reported_of_what_would_be_refused() -> None:
    """A server that does not check still answers."""
    data = open_turn(BOUND)
    data["messages"][1]["content"][0]["signature"] = ""
    assert transformations(data, BOUND) == []


OPUS_5 = model(id="claude-opus-5", line="opus")
OPUS_5_5 = model(id="claude-opus-5-5", line="opus", thinking_bound=True)
FABLE_5 = model(id="claude-fable-5", line="fable")
FABLE_5_1 = model(id="claude-fable-5-1", line="fable", thinking_bound=True)
HAIKU_5_5 = model(id="claude-haiku-5-5", line="haiku", thinking_bound=True)


@pytest.mark.parametrize(
    "by, reader, read",
    [
        (OPUS_5, OPUS_5_5, True),
        (OPUS_5, FABLE_5_1, True),
        (OPUS_5_5, FABLE_5_1, True),
        (FABLE_5, FABLE_5_1, True),
        (FABLE_5_1, BOUND_FABLE, True),
        (BOUND_FABLE, FABLE_5_1, False),
        (FABLE_5_1, OPUS_5_5, False),
        (FABLE_5, OPUS_5_5, False),
        (FABLE_5_1, OPUS_5, False),
        (OPUS_5_5, OPUS_5, False),
        (OPUS_5_5, HAIKU_5_5, False),
        (HAIKU_5_5, FABLE_5_1, False),
    ],
    ids=lambda value: getattr(value, "id", str(value)),
)
def test_which_models_read_which_thinking(by: Model, reader: Model, read: bool) -> None:
    """A block that the model cannot read is dropped without an error and reported."""
    data = open_turn(by)
    dropped = {"type": "thinking_dropped", "path": "messages.1.content.0", "reason": "model_binding_mismatch"}
    assert refusal(data, reader) is None
    assert transformations(data, reader) == ([] if read else [dropped])


def test_behind_a_compaction_block_anything_may_have_changed() -> None:
    """It stands for what was before it, which may be gone; thinking before it stays bound."""
    compact = frozenset({"compact-2026-01-12"}) | CONTROLS
    summary = {"type": "compaction", "content": "They talked about Oslo."}
    asked = request(user("Old"), assistant("Old answer."), user("x"), assistant(summary, "Go on."), user("And Rome?"))
    reply = answered(asked, BOUND, thought(), call("toolu_1"), betas=compact)
    data = {**asked, "messages": [*asked["messages"], reply, user(result("toolu_1"))]}
    assert refusal(data, BOUND, compact) is None
    assert refusal({**data, "messages": [user("y"), *data["messages"][3:]]}, BOUND, compact) is None


@given(
    st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), min_size=1, max_size=80), st.data()
)
def test_any_conversation_verifies_and_any_edit_is_found(said: list[str], data: st.DataObject) -> None:
    """However long the first message: unchanged it passes, and one changed block is found and, early on, named."""
    asked = request(user(*said))
    reply = answered(asked, BOUND, thought(), text("Yes."))
    whole = {**asked, "messages": [*asked["messages"], reply, user("Go on")]}
    assert refusal(whole, BOUND) is None
    at = data.draw(st.integers(0, len(said) - 1))
    whole["messages"][0]["content"][at]["text"] += "!"
    found = refusal(whole, BOUND)
    assert found is not None
    named = CONTENT.format(at) if at < 64 else " Content before this block differs from when it was created."
    assert found == BOUND_ELSEWHERE + named
