"""The token estimator: the laws that hold for every request, reply and text, and its bounds."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.prompt.text_tokens import Memo
from claudemock.prompt.tokens import TokenEstimator

ESTIMATOR = TokenEstimator.load()
OLD, NEW = "claude-3", "claude-4-7"
TOOL = {"name": "f", "description": "Does it", "input_schema": {"type": "object"}}

words = st.text(st.characters(codec="utf-8"), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)
kinds = st.sampled_from(
    [
        "text",
        "image",
        "document",
        "search_result",
        "tool_use",
        "server_tool_use",
        "tool_result",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "thinking",
        "redacted_thinking",
        "container_upload",
        "mid_air",
    ]
)
fields = st.sampled_from(
    ["text", "source", "content", "input", "name", "title", "data", "signature", "thinking", "citations"]
)
sources = st.fixed_dictionaries(
    {"type": st.sampled_from(["base64", "url", "file", "text", "content"])},
    optional={"data": st.text("/9jAAEiVBORw0KGgo=", max_size=90), "url": words, "content": words},
)
blocks = st.builds(
    lambda kind, rest, source: {**rest, "type": kind, "source": source},
    kinds,
    st.dictionaries(fields, json_values, max_size=3),
    sources | json_values,
)
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant"]), "content": words | st.lists(blocks, max_size=4)}
)
tokenizers = st.sampled_from([OLD, NEW])


def body(*turns: dict[str, Any], **fields: object) -> dict[str, Any]:
    """A request to a model that keeps the thinking of all turns, so that no block ever drops out."""
    return {"model": "claude-opus-4-6", "messages": list(turns), **fields}


def said(role: str, content: object) -> dict[str, Any]:
    """One message."""
    return {"role": role, "content": content}


@given(st.lists(messages, max_size=4), blocks, tokenizers, st.lists(json_values, max_size=2))
def test_appending_never_lowers_the_total(
    turns: list[dict[str, Any]], block: dict[str, Any], tokenizer: str, tools: list[Any]
) -> None:
    """A longer prompt never counts less: one more block, message, system block or tool."""
    request = body(*turns, tools=tools)
    total = ESTIMATOR.request(request, tokenizer)
    longer = body(*turns, said("user", [block]), tools=tools)
    assert ESTIMATOR.request(longer, tokenizer) >= total
    assert ESTIMATOR.request({**request, "system": [block]}, tokenizer) >= total
    assert ESTIMATOR.request({**request, "tools": [*tools, TOOL]}, tokenizer) >= total
    twice = body(*turns, said("user", [block, block]), tools=tools)
    assert ESTIMATOR.request(twice, tokenizer) >= ESTIMATOR.request(longer, tokenizer)


@given(st.lists(messages, max_size=4), words, st.lists(json_values, max_size=2), tokenizers)
def test_the_total_is_the_rounded_sum_of_its_parts(
    turns: list[dict[str, Any]], system: str, tools: list[Any], tokenizer: str
) -> None:
    """Prefix sums never fall, every part of the request is counted, and the last sum is the total."""
    request = body(*turns, system=system, tools=tools)
    parts = ESTIMATOR.parts(request, tokenizer)
    assert all(tokens >= 0 for tokens in parts)
    assert ESTIMATOR.request(request, tokenizer) == max(1, round(sum(parts)))
    counted = [max(len(turn["content"]), 1) if isinstance(turn["content"], list) else 1 for turn in turns]
    assert len(parts) == 1 + len(tools) + bool(system) + sum(counted)


@given(st.lists(messages, max_size=4), words, st.lists(json_values, min_size=1, max_size=2), tokenizers)
def test_the_parts_are_in_the_order_of_the_prompt(
    turns: list[dict[str, Any]], system: str, tools: list[Any], tokenizer: str
) -> None:
    """What stands before the messages costs the same without them, and what stands before the system without it."""
    whole = ESTIMATOR.parts(body(*turns, system=system, tools=tools), tokenizer)
    head = ESTIMATOR.parts(body(system=system, tools=tools), tokenizer)
    alone = ESTIMATOR.parts(body(tools=tools), tokenizer)
    assert whole[1 : len(head)] == head[1:]
    assert head[1 : len(alone)] == alone[1:]


@given(blocks, blocks, tokenizers)
def test_a_block_costs_the_same_wherever_it_stands(first: object, second: object, tokenizer: str) -> None:
    """Two blocks in one place differ by what they differ in alone, so parts may be counted one by one."""

    def placed(block: object) -> float:
        opening = said("user", [{"type": "text", "text": "a"}, block])
        return ESTIMATOR.parts(body(opening), tokenizer)[-1]

    difference = ESTIMATOR.block(first, tokenizer) - ESTIMATOR.block(second, tokenizer)
    assert placed(first) - placed(second) == pytest.approx(difference, abs=1e-6)


@given(
    st.dictionaries(st.sampled_from(["model", "messages", "system", "tools", "tool_choice", "thinking"]), json_values)
)
def test_no_json_makes_it_fail(request_body: dict[str, Any]) -> None:
    """Recorded and broken requests are counted too: whatever JSON stands where, the total is a positive number."""
    for tokenizer in (OLD, NEW):
        assert ESTIMATOR.request(request_body, tokenizer) >= 1
        assert ESTIMATOR.output([request_body], tokenizer) >= 0


@given(st.lists(blocks, max_size=4), json_values, tokenizers)
def test_any_reply_has_a_count(reply: list[dict[str, Any]], choice: object, tokenizer: str) -> None:
    """Scripted replies may hold anything; their output tokens are never negative and grow with each block."""
    counts = [ESTIMATOR.output(reply[:n], tokenizer, choice) for n in range(len(reply) + 1)]
    calls = any(block["type"].endswith("tool_use") for block in reply)
    assert all(count >= 0 for count in counts)
    assert calls or counts == sorted(counts)


def test_deep_nesting_does_not_exhaust_the_stack() -> None:
    """Values and blocks nested thousands of levels deep are counted by their leaves."""
    value: Any = "leaf"
    block: Any = {"type": "text", "text": "leaf"}
    for _ in range(3000):
        value = [value]
        block = {"type": "tool_result", "content": [block]}
    assert ESTIMATOR.request({"messages": value, "system": value, "tools": value}, OLD) > 3
    assert ESTIMATOR.request(body(said("user", [block])), OLD) > 3000


@given(words, tokenizers)
def test_counts_do_not_depend_on_what_was_counted_before(text: str, tokenizer: str) -> None:
    """A fresh estimator, one without room to remember and a used one agree."""
    request = body(said("user", text), said("assistant", text), tools=[TOOL])
    used = ESTIMATOR.request(request, tokenizer)
    assert TokenEstimator.load(memo_bytes=0).request(request, tokenizer) == used
    assert ESTIMATOR.request(json.loads(json.dumps(request)), tokenizer) == used


@given(st.text(min_size=5, max_size=40))
def test_twice_the_text_counts_about_twice(text: str) -> None:
    """Counts are linear in the text: doubling a long one never comes near to squaring its count."""
    once, twice = (ESTIMATOR.text(text * n, OLD) for n in (50, 100))
    assert once < twice <= 2.7 * once


def test_the_memo_forgets_what_was_not_asked_for() -> None:
    """The memo never holds more keys than it has room for; what is asked for again stays."""
    memo = Memo(40_000)
    memo.put("kept", 1.0)
    for number in range(5000):
        memo.put(f"key {number}", float(number))
        assert memo.get("kept") == 1.0
    assert memo.get("key 4999") == 4999.0
    assert memo.get("key 0") is None
    assert len(memo) <= 40_000 // 150
    memo.put("x" * 30_000, 1.0)
    assert memo.get("x" * 30_000) is None


def test_memory_stays_bounded() -> None:
    """Megabytes of ever new texts leave no more behind than the memo may hold."""
    estimator = TokenEstimator.load(memo_bytes=200_000)
    estimator.text("warm up the table of pieces 0123456789", OLD)
    tracemalloc.start()
    try:
        for number in range(1500):
            estimator.text(f"{number} " + "always the same words " * 100, OLD)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000
