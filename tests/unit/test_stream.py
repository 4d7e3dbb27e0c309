"""Whatever a message says, its events assemble to it again, in the real API's grammar."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.engine.stream import encode, events

USAGE = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 50,
    "service_tier": "standard",
    "inference_geo": "global",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
CITATION = st.fixed_dictionaries(
    {"type": st.just("char_location"), "cited_text": st.text(), "start_char_index": st.integers(0, 2**53)}
)
BLOCKS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"type": st.just("text"), "text": st.text()}),
        st.fixed_dictionaries(
            {"citations": st.none() | st.lists(CITATION, max_size=3), "type": st.just("text"), "text": st.text()}
        ),
        st.fixed_dictionaries({"type": st.just("thinking"), "thinking": st.text(), "signature": st.text(min_size=1)}),
        st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": st.text()}),
        st.fixed_dictionaries(
            {
                "type": st.just("tool_use"),
                "id": st.text(min_size=1),
                "name": st.text(min_size=1),
                "input": st.dictionaries(st.text(), JSON, max_size=4),
            }
        ),
    ),
    max_size=5,
)


def message(content: list[dict[str, Any]]) -> dict[str, Any]:
    """A message around `content`."""
    return {
        "model": "claude-opus-5",
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": USAGE,
    }


def parse(raw: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Server-sent events as (name, data)."""
    parsed = []
    for chunk in raw.decode().split("\n\n")[:-1]:
        name, data = re.fullmatch(r"event: (\w+)\ndata: (.*)", chunk, re.DOTALL).groups()  # type: ignore[union-attr]
        parsed.append((name, json.loads(data)))
    return parsed


def assemble(sequence: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The content a client puts together from the events."""
    content: list[dict[str, Any]] = []
    fragments: list[str] = []
    for name, data in sequence:
        if name == "content_block_start":
            content.append(dict(data["content_block"]))
            fragments = []
        elif name == "content_block_delta":
            block, delta = content[data["index"]], data["delta"]
            match delta["type"]:
                case "text_delta":
                    block["text"] += delta["text"]
                case "thinking_delta":
                    block["thinking"] += delta["thinking"]
                case "signature_delta":
                    block["signature"] = delta["signature"]
                case "citations_delta":
                    assert block["text"] == "", "citations come before their text"
                    block["citations"] = [*block["citations"], delta["citation"]]
                case "input_json_delta":
                    fragments.append(delta["partial_json"])
        elif name == "content_block_stop" and content[data["index"]]["type"] == "tool_use":
            assert fragments[0] == ""
            content[data["index"]]["input"] = json.loads("".join(fragments) or "{}")
    return content


def normal(block: dict[str, Any]) -> dict[str, Any]:
    """A block as a stream shows it: `citations: null` cannot be told from an empty list."""
    return {**block, "citations": block["citations"] or []} if "citations" in block else block


@given(BLOCKS, st.binary(), st.none() | st.integers(1, 40), st.booleans())
def test_events_assemble_to_the_message(
    content: list[dict[str, Any]], source: bytes, chunk: int | None, padding: bool
) -> None:
    """No text, input, citation or order is lost, for any chunk length, with and without padding."""
    raw = b"".join(encode(events(message(content), source, chunk=chunk), source, padding=padding))
    assert assemble(parse(raw)) == [normal(block) for block in content]


@given(BLOCKS, st.binary())
def test_grammar(content: list[dict[str, Any]], source: bytes) -> None:
    """message_start, blocks one after another with a ping after the first start, message_delta, message_stop."""
    names = [event.name for event in events(message(content), source)]
    block = "content_block_start (ping )?(content_block_delta )*content_block_stop "
    assert re.fullmatch(rf"message_start ({block}){{{len(content)}}}message_delta message_stop ", " ".join(names) + " ")
    assert names.count("ping") == (1 if content else 0)
    if content:
        assert names[2] == "ping"


@given(BLOCKS, st.binary())
def test_padding_is_white_space_only(content: list[dict[str, Any]], source: bytes) -> None:
    """Padding is 0 to 15 spaces before the last brace of every data line but ping's, and changes no data."""
    padded = b"".join(encode(events(message(content), source), source, padding=True))
    plain = b"".join(encode(events(message(content), source), source, padding=False))
    assert re.sub(rb" {0,15}\}\n\n", b"}\n\n", padded) == re.sub(rb" {0,15}\}\n\n", b"}\n\n", plain)
    assert b'event: ping\ndata: {"type": "ping"}\n\n' in padded or not content


def test_start_shows_few_tokens_and_no_ending() -> None:
    """message_start has the whole envelope with null endings and a small output count; message_delta closes it."""
    sequence = [event.data for event in events(message([{"type": "text", "text": "hello"}]), b"x")]
    start, end = sequence[0]["message"], sequence[-2]
    assert (start["content"], start["stop_reason"], start["stop_sequence"]) == ([], None, None)
    assert 1 <= start["usage"]["output_tokens"] <= 8
    assert end["delta"] == {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None}
    assert end["usage"]["output_tokens"] == 50
    assert "service_tier" not in end["usage"]


@pytest.mark.parametrize("length", [1, 7, 21])
def test_chunk_sets_the_delta_length(length: int) -> None:
    """`chunk` cuts text into pieces of exactly that many characters but the last."""
    deltas = [
        event.data["delta"]["text"]
        for event in events(message([{"type": "text", "text": "x" * 100}]), b"", chunk=length)
        if event.name == "content_block_delta"
    ]
    assert {len(delta) for delta in deltas[:-1]} <= {length}
    assert len("".join(deltas)) == 100


def test_realistic_deltas() -> None:
    """Without `chunk` a first short delta is followed by several of a few words each."""
    text = "The quick brown fox jumps over the lazy dog and runs away from it. " * 5
    deltas = [
        event.data["delta"]["text"]
        for event in events(message([{"type": "text", "text": text}]), b"seed")
        if event.name == "content_block_delta"
    ]
    assert len(deltas[0]) < 12
    assert 10 < len(deltas) < 40
