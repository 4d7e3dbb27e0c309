"""Thinking that uses up all there is."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.engine.reply import Block
from claudemock.engine.thinking_budget import exhausted
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.parse import parse_messages
from tests.checks.cases import body, text, user
from tests.thinking.conversations import thought


def asked(max_tokens: int = 4096, **fields: Any) -> MessagesRequest:
    """A request with this limit."""
    return parse_messages(body(user("Hi"), max_tokens=max_tokens, **fields), version="2023-06-01", betas=frozenset())


def letters(blocks: Sequence[Block]) -> int:
    """One token per character of thinking and text."""
    return sum(len(str(block.get("thinking", block.get("text", "")))) for block in blocks)


def test_a_script_may_say_so() -> None:
    """Thinking alone with `max_tokens`: served whole, billed in full."""
    said = exhausted((thought("Hm."),), "max_tokens", asked(2000), letters)
    assert said is not None
    assert (said.content, said.output_tokens) == ([thought("Hm.")], 2000)


@pytest.mark.parametrize("stop_reason", ["end_turn", "refusal"])
def test_other_stop_reasons_are_served_as_given(stop_reason: str) -> None:
    """A scripted stop reason overrules all limits."""
    assert exhausted((thought("x" * 9000),), stop_reason, asked(100), letters) is None


def test_a_small_budget_cuts_the_thinking_and_the_answer() -> None:
    """Thinking of 1500 tokens in a budget of 1024: nothing else is said, and max_tokens are billed."""
    budget = {"type": "enabled", "budget_tokens": 1024}
    said = exhausted((thought("x" * 1500), text("Yes.")), None, asked(4096, thinking=budget), letters)
    assert said is not None
    assert (said.content, said.output_tokens) == ([thought("x" * 1024)], 4096)


def test_a_small_max_tokens_does_the_same_without_a_budget() -> None:
    """Adaptive thinking has no budget but what the reply may cost."""
    said = exhausted((thought("x" * 150), text("Yes.")), None, asked(100), letters)
    assert said is not None
    assert (said.content, said.output_tokens) == ([thought("x" * 100)], 100)


def test_what_a_script_signed_is_not_cut() -> None:
    """A cut text would belie its signature."""
    signed = {**thought("x" * 150), "signature": "Eabc"}
    said = exhausted((signed, text("Yes.")), None, asked(100), letters)
    assert said is not None
    assert said.content == [signed]


@pytest.mark.parametrize("content", [(), (text("Yes."),), (text("So."), thought("x" * 900))])
def test_without_thinking_first_there_is_nothing_to_exhaust(content: tuple[Block, ...]) -> None:
    """The ordinary limit on output applies."""
    assert exhausted(content, None, asked(100), letters) is None


def test_a_pre_warm_thinks_nothing() -> None:
    """`max_tokens: 0` is no exhaustion but no output at all."""
    assert exhausted((thought("x" * 9),), None, asked(0), letters) is None


@given(st.lists(st.text(), min_size=1, max_size=4), st.integers(1, 60))
def test_what_is_kept_is_the_longest_beginning_that_fits(thoughts: list[str], limit: int) -> None:
    """The thinking is either whole with the answer after it, or cut to exactly the limit."""
    content = tuple(thought(said) for said in thoughts)
    said = exhausted((*content, text("Yes.")), None, asked(limit), letters)
    if letters(content) <= limit:
        assert said is None
    else:
        assert said is not None
        assert "".join(block["thinking"] for block in said.content) == "".join(thoughts)[:limit]
