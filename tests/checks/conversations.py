"""Strategies: conversations that agents hold, and anything else that has the right shape."""

from typing import Any

from hypothesis import strategies as st

from tests.checks.cases import (
    ADAPTIVE,
    BUDGET,
    EPHEMERAL,
    THINKING,
    TOOL,
    Json,
    assistant,
    body,
    call,
    model,
    result,
    server_call,
    server_result,
    text,
    user,
)
from tests.checks.media import document, image, pdf, png

WORDS = st.text(min_size=1, max_size=30).filter(lambda words: not words[-1].isspace() and bool(words.strip()))
DOCUMENT = document(pdf(2))
PICTURE = image(png(64, 64))


@st.composite
def agent_conversations(draw: st.DrawFn) -> Json:
    """A correct request of an agent: questions, tool loops with parallel calls, thinking, server tools, documents."""
    thinking = draw(st.sampled_from([None, ADAPTIVE, BUDGET]))
    messages: list[Json] = []
    for number in range(draw(st.integers(0, 3))):
        messages.append(draw(questions()))
        messages += draw(tool_loops(number, thinking=thinking is not None))
        messages.append(assistant(*([THINKING] if thinking else []), draw(WORDS)))
    messages.append(draw(questions()))
    messages += draw(tool_loops(99, thinking=thinking is not None))
    fields: Json = {"tools": [TOOL]}
    if thinking:
        fields["thinking"] = thinking
    if draw(st.booleans()):
        fields["system"] = [text(draw(WORDS), cache_control=EPHEMERAL)]
    return body(*messages, **fields)


@st.composite
def questions(draw: st.DrawFn) -> Json:
    """What a user asks, with or without a picture or a document."""
    return user(*draw(st.lists(st.sampled_from([DOCUMENT, PICTURE]), max_size=2)), draw(WORDS))


@st.composite
def tool_loops(draw: st.DrawFn, number: int, *, thinking: bool) -> list[Json]:
    """Rounds of calls and results, the results in any order and perhaps in two messages."""
    messages: list[Json] = []
    for round_ in range(draw(st.integers(0, 3))):
        names = [f"toolu_{number}_{round_}_{index}" for index in range(draw(st.integers(1, 3)))]
        parts: list[Any] = [THINKING] if thinking and round_ == 0 else []
        parts += draw(st.lists(WORDS, max_size=1))
        if draw(st.booleans()):
            parts += [server_call(f"{number}_{round_}"), server_result(f"{number}_{round_}")]
        messages.append(assistant(*parts, *[call(name) for name in names]))
        results = draw(st.permutations([draw(results_of(name)) for name in names]))
        if len(results) > 1 and draw(st.booleans()):
            messages.append(user(results.pop(0)))
        messages.append(user(*results, *draw(st.lists(WORDS, max_size=1))))
    return messages


def results_of(name: str) -> st.SearchStrategy[Json]:
    """A tool's result: nothing, text, a picture or a document."""
    content = st.lists(st.one_of(WORDS.map(text), st.sampled_from([DOCUMENT, PICTURE])), max_size=2)
    return content.map(lambda parts: result(name, *parts))


IDS = st.sampled_from(["a", "b", "c"])
BLOCKS: st.SearchStrategy[Json] = st.one_of(
    st.builds(text, st.sampled_from(["", " ", "word", "word "]), cache_control=st.sampled_from([None, EPHEMERAL])),
    IDS.map(call),
    st.builds(result, IDS),
    st.builds(result, IDS, st.sampled_from([text(""), PICTURE, DOCUMENT, image("AAAA")])),
    IDS.map(server_call),
    IDS.map(server_result),
    st.sampled_from([THINKING, PICTURE, DOCUMENT, image("?"), document("?"), document(b"%PDF-")]),
)
MESSAGES: st.SearchStrategy[Json] = st.builds(
    lambda role, content: {"role": role, "content": content},
    st.sampled_from(["user", "assistant", "system"]),
    st.one_of(st.sampled_from(["", " ", "word"]), st.lists(BLOCKS, max_size=4)),
)
FIELDS: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "max_tokens": st.sampled_from([0, 1, 1025, 10**9]),
        "tools": st.lists(st.sampled_from([TOOL, {**TOOL, "defer_loading": True, "cache_control": EPHEMERAL}])),
        "tool_choice": st.sampled_from([{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "x"}]),
        "thinking": st.sampled_from([{"type": "disabled"}, {"type": "between_tools"}, ADAPTIVE, BUDGET]),
        "output_config": st.fixed_dictionaries({}, optional={"effort": st.sampled_from(["low", "xhigh", "max"])}),
        "system": st.one_of(st.sampled_from(["", " ", "word"]), st.lists(st.just(text("")), max_size=1)),
        "cache_control": st.sampled_from([EPHEMERAL, {"type": "ephemeral", "ttl": "1h"}]),
        "temperature": st.sampled_from([0, 1]),
        "top_p": st.sampled_from([0.5, 1]),
        "stop_sequences": st.lists(st.sampled_from(["", "END"]), max_size=2),
        "container": st.sampled_from(["container_1", {"id": None}]),
        "speed": st.just("fast"),
        "stream": st.booleans(),
    },
)
ANYTHING = st.builds(
    lambda messages, fields: body() | {"messages": messages} | fields, st.lists(MESSAGES, max_size=5), FIELDS
)
MODELS = st.builds(
    model,
    thinking=st.sampled_from([frozenset({"disabled"}), frozenset({"adaptive"}), frozenset({"enabled", "disabled"})]),
    prefill=st.booleans(),
    forced_tool_choice=st.booleans(),
    sampling=st.sampled_from(["any", "one_of", "deprecated"]),
    system_messages=st.booleans(),
    effort=st.sampled_from([(), ("low", "max")]),
    disabled_effort_max=st.sampled_from([None, "high"]),
)
