"""Stop sequences and token limits cut content as the API cuts it."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claudemock.engine.ending import finish

TEXTS = st.lists(st.text(alphabet="ab \n", max_size=12), min_size=1, max_size=3)


def letters(blocks: Sequence[dict[str, Any]]) -> int:
    """A token count that is easy to reason about: one token per character, five per tool call."""
    return sum(len(block["text"]) if block["type"] == "text" else 5 for block in blocks)


def said(*texts: str) -> list[dict[str, Any]]:
    """Text blocks."""
    return [{"type": "text", "text": text} for text in texts]


CALL = {"type": "tool_use", "name": "f", "input": {}}


def test_nothing_cuts() -> None:
    """Content within its limits is served whole and ends the turn."""
    ending = finish(said("hello"), ["x"], 5, letters)
    assert (ending.content, ending.stop_reason, ending.stop_sequence) == (said("hello"), "end_turn", None)


def test_tool_calls_end_in_tool_use() -> None:
    """A reply with a call stops for it."""
    assert finish([*said("hi"), CALL], [], 100, letters).stop_reason == "tool_use"


def test_stop_sequence_is_left_out_and_named() -> None:
    """The first sequence in the text wins, is not part of the text, and drops what follows it."""
    ending = finish([*said("one two three", "four"), CALL], ["three", "two"], 100, letters)
    assert ending.content == said("one ")
    assert (ending.stop_reason, ending.stop_sequence) == ("stop_sequence", "two")


def test_max_tokens_cuts_the_text() -> None:
    """output_tokens equals max_tokens when the limit cuts (recorded: 398 of 409)."""
    ending = finish(said("hello world"), [], 5, letters)
    assert (ending.content, ending.stop_reason, ending.output_tokens) == (said("hello"), "max_tokens", 5)


def test_a_cut_tool_call_is_dropped_whole() -> None:
    """Half an input is never served."""
    ending = finish([*said("hi"), CALL], [], 4, letters)
    assert (ending.content, ending.stop_reason) == (said("hi"), "max_tokens")


def test_zero_is_a_pre_warm() -> None:
    """max_tokens 0 gives no content, stop_reason max_tokens and no output tokens."""
    ending = finish(said("hello"), ["h"], 0, letters)
    assert (ending.content, ending.stop_reason, ending.output_tokens) == ([], "max_tokens", 0)


@given(TEXTS, st.lists(st.text(alphabet="ab", min_size=1, max_size=3), max_size=2), st.integers(1, 40))
def test_what_is_served_is_a_prefix_within_the_limits(texts: list[str], sequences: list[str], limit: int) -> None:
    """For any content: a prefix of it, at most `max_tokens` long, without any stop sequence in one block."""
    ending = finish(said(*texts), sequences, limit, letters)
    served = "".join(block["text"] for block in ending.content)
    assert "".join(texts).startswith(served)
    assert ending.output_tokens == (limit if ending.stop_reason == "max_tokens" else letters(ending.content))
    assert letters(ending.content) <= limit
    assert not any(sequence in block["text"] for sequence in sequences for block in ending.content)
    assert (ending.stop_reason == "stop_sequence") == (ending.stop_sequence is not None)
