"""A request as canonical blocks: what is the same prompt, what is another, and where everything stands."""

import json
from dataclasses import astuple
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.catalog import Model
from claudemock.engine.cache import PromptCache
from claudemock.prompt.canonical import BlockDigests
from claudemock.prompt.chain import read_prompt
from claudemock.prompt.tokens import TokenEstimator
from tests.cache.prompts import (
    FIVE,
    HOUR,
    MODEL,
    FlatCounts,
    Json,
    assistant,
    body,
    key_at_end,
    make_model,
    prompt_of,
    text,
    tool,
    user,
)

CALL: Json = {"type": "tool_use", "id": "t", "name": "a", "input": {"x": 1, "y": 2}}
RESULT: Json = {"type": "tool_result", "tool_use_id": "t", "content": "r"}


def said(*messages: Json) -> Json:
    """A request of these messages with a system prompt and a tool."""
    return body(*messages, tools=[tool("a")], system="s")


SAME = [
    pytest.param(said({"role": "user", "content": "a"}), said(user("a")), id="string, list"),
    pytest.param(said(user("a")), {**said(user("a")), "system": [text("s")]}, id="system string, list"),
    pytest.param(said(user("a"), user("b")), said(user("a", "b")), id="neighbours of one role are one turn"),
    pytest.param(said(user("a")), said(user(text("a", HOUR))), id="markers are no part of the prompt"),
    pytest.param(said(user("a")), said(user({"text": "a", "type": "text"})), id="key order of a block"),
    pytest.param(said(user("a")), said(user({**text("a"), "citations": None})), id="null"),
    pytest.param(
        said(user("a"), assistant(CALL)),
        said(user("a"), assistant({**CALL, "caller": {"type": "direct"}})),
        id="caller",
    ),
    pytest.param(said(user(RESULT)), said(user({**RESULT, "content": [text("r")]})), id="result string, list"),
    pytest.param(said(user(RESULT)), said(user({**RESULT, "is_error": False})), id="no error, said"),
    pytest.param(said(user(RESULT)), said(user({**RESULT, "content": [text("r", FIVE)]})), id="marker in a result"),
    pytest.param(
        said(user({**RESULT, "content": ""})), said(user({"type": "tool_result", "tool_use_id": "t"})), id="no result"
    ),
    pytest.param(said(user("a")), {**said(user("a")), "tools": [tool("a", type="custom")]}, id="custom tool, said"),
    pytest.param(said(user("a")), {**said(user("a")), "tools": [tool("a", strict=False)]}, id="not strict, said"),
]


@pytest.mark.parametrize("one, other", SAME)
def test_the_same_prompt(one: Json, other: Json) -> None:
    """Ways to write one prompt have one key."""
    assert key_at_end(one) == key_at_end(other)


DIFFERENT = [
    pytest.param(said(user("a")), said(user("A")), id="text"),
    pytest.param(said(user("a", "b")), said(user("ab")), id="one block, two"),
    pytest.param(said(user("a"), assistant("b")), said(user("a"), user("b")), id="role"),
    pytest.param(said(user("s", "a")), {**said(user("a")), "system": ["s", "s"]}, id="group"),
    pytest.param(
        said(assistant(CALL)), said(assistant({**CALL, "input": {"y": 2, "x": 1}})), id="key order of a tool input"
    ),
    pytest.param(said(assistant(CALL)), said(assistant({**CALL, "id": "u"})), id="id of a call"),
    pytest.param(said(user(RESULT)), said(user({**RESULT, "is_error": True})), id="an error"),
    pytest.param(said(user(RESULT)), said(user({**RESULT, "tool_use_id": "u"})), id="whose result"),
    pytest.param(said(user(RESULT)), said(user({**RESULT, "content": [text("r"), text("r")]})), id="two results"),
    pytest.param(said(user(text(json.dumps(CALL)))), said(user(CALL)), id="a text that is a block's JSON"),
    pytest.param(
        said({"role": "system", "content": "a"}),
        said({"role": "system", "content": "a", "output_config": {"effort": "low"}}),
        id="what a system message sets",
    ),
]


@pytest.mark.parametrize("one, other", DIFFERENT)
def test_another_prompt(one: Json, other: Json) -> None:
    """What the model would read otherwise has another key, with and without a shared memory."""
    assert key_at_end(one) != key_at_end(other)
    memo = BlockDigests()
    keys = [read_prompt(each, MODEL, FlatCounts(), memo).digests() for each in (one, other)]
    assert keys[0] != keys[1]


def test_segments_tell_everything() -> None:
    """Order, locations in the API's notation, groups, cumulative tokens, markers and what can be marked."""
    thought = {"type": "thinking", "thinking": "", "signature": "s"}
    web = {"type": "web_search_20260318", "name": "web_search"}
    request = body(
        user("a", text("30", HOUR)),
        assistant(thought, "b"),
        {"role": "user", "content": ""},
        {"role": "user", "content": "c"},
        tools=[web, tool("x"), tool("later", defer_loading=True)],
        system="s",
        cache_control=FIVE,
    )
    seen = [
        (each.location, each.group, each.place, each.tokens, each.ttl, each.cacheable)
        for each in prompt_of(request).segments()
    ]
    assert seen == [
        ("tools.1", "tools", "tools", 104, None, True),
        ("tools.0", "tools", "tools", 204, None, True),
        ("system.0", "system", "system", 304, None, True),
        ("messages.0.content.0", "messages", "user", 404, None, True),
        ("messages.0.content.1", "messages", "user", 434, "1h", True),
        ("messages.1.content.0", "messages", "assistant", 534, None, False),
        ("messages.1.content.1", "messages", "assistant", 634, None, True),
        ("messages.3.content.0", "messages", "user", 735, "5m", True),
    ]


def test_segments_and_single_keys_agree() -> None:
    """A key asked for by itself is that of the whole listing."""
    prompt = prompt_of(said(user(*map(str, range(30))), assistant(CALL), user(RESULT)))
    listed = [each.key for each in prompt.segments()]
    assert len({*listed}) == len(listed) == len(prompt)
    keys = prompt.keys([3, 17, 33])
    assert [keys[position] for position in (3, 17, 33)] == [listed[position] for position in (3, 17, 33)]


def test_a_reply_continues_the_prompt() -> None:
    """The prefix behind a reply's block is that of the request that echoes it."""
    first = said(user("a"))
    reply = [{"citations": None, **text("b")}, {**CALL, "caller": {"type": "direct"}}]
    behind = prompt_of(first).continued(reply)
    assert behind[-1].key == key_at_end(said(user("a"), assistant("b", CALL)))
    assert behind[-1].tokens == prompt_of(said(user("a"), assistant("b", CALL))).tokens(len(behind) + 2)


ESTIMATOR = TokenEstimator.load()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(("text", "tool_result", "thinking", "image", "document", "compaction", "web_search_20260318"))
BLOCK = st.dictionaries(st.sampled_from(("type", "text", "content", "cache_control", "citations")), JSON | KINDS)
CONTENT = JSON | st.lists(BLOCK | JSON, max_size=4)
ANYTHING = st.fixed_dictionaries(
    {},
    optional={
        "tools": CONTENT,
        "system": CONTENT,
        "messages": st.lists(st.fixed_dictionaries({"role": JSON | st.just("user"), "content": CONTENT}) | JSON),
        "cache_control": JSON | st.just(FIVE),
        **dict.fromkeys(("tool_choice", "thinking", "output_config", "speed", "mcp_servers"), JSON),
    },
)


@given(request=ANYTHING, kept=st.sampled_from(("all", "last_turn")))
def test_any_json_is_read(request: Any, kept: str) -> None:
    """Whatever was recorded can be read, with the real estimator: tokens rise to its total, locations are unique."""
    model = make_model(thinking_kept=kept)
    prompt = read_prompt(request, model, ESTIMATOR)
    segments = list(prompt.segments())
    tokens = [each.tokens for each in segments]
    assert all(one <= other for one, other in pairwise(tokens))
    assert prompt.input_tokens == ESTIMATOR.request(request, model.tokenizer)
    assert all(token < prompt.input_tokens for token in tokens)
    assert len({each.location for each in segments}) == len(segments)
    assert [each.ttl for each in segments if each.ttl] == [mark.ttl for mark in prompt.breakpoints]
    cache = PromptCache(minimum_tokens=0)
    for now in (0.0, 1.0):
        plan = cache.plan(prompt, now)
        cache.commit(plan, now)
        billed = astuple(plan.usage)
        assert min(billed) >= 0
        assert sum(billed) == prompt.input_tokens


@given(request=ANYTHING)
def test_what_is_remembered_changes_nothing(request: Any) -> None:
    """The same digests come from an empty memory, a full one, and one so small that it forgets."""
    full, small = BlockDigests(), BlockDigests(most=2)
    seen = [tuple(read_prompt(request, MODEL, ESTIMATOR, memo).digests()) for memo in (full, full, small)]
    fresh = tuple(read_prompt(request, MODEL, ESTIMATOR, BlockDigests()).digests())
    assert set(seen) == {fresh}


BUDGET = {"type": "enabled", "budget_tokens": 1024}
OLD = make_model(tokenizer="claude-3")
NEWER = make_model(tokenizer="claude-3", thinking=frozenset({"adaptive"}))
NEW = make_model(tokenizer="claude-4-7", thinking=frozenset({"adaptive"}))


@pytest.mark.parametrize(
    "model, thinking, last, behind",
    [
        pytest.param(OLD, None, text("a"), 3, id="up to 4.6"),
        pytest.param(NEW, None, text("a"), 2, id="from 4.7 on"),
        pytest.param(OLD, BUDGET, text("a"), 10, id="thinking"),
        pytest.param(OLD, None, RESULT, 6, id="tool result up to 4.5"),
        pytest.param(OLD, BUDGET, RESULT, 13, id="tool result, thinking"),
        pytest.param(NEWER, None, RESULT, 1, id="tool result on 4.6"),
    ],
)
def test_the_opening_of_the_reply_is_never_cached(model: Model, thinking: Json | None, last: Json, behind: int) -> None:
    """As recorded: a marker on the very last block leaves a few tokens of plain input."""
    prompt = prompt_of(body(user(last), thinking=thinking), model)
    assert prompt.input_tokens - prompt.tokens(0) == behind
