"""The pattern reader agrees with Python's own regular expressions, and cannot be made to hang."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claudemock.engine.schema.budget import Budget, Exhausted
from claudemock.engine.schema.dice import Dice
from claudemock.engine.schema.pattern import ENDLESS, PatternError, found_in, parse
from claudemock.engine.schema.pattern_sample import sample

ATOMS = st.sampled_from(
    ["a", "b", "-", ".", r"\d", r"\w", r"\s", r"\W", "[ab]", "[^a]", "[a-c0-3]", r"[\d_]", r"\.", r"[\]^-]"]
)
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}?", "{2,}"])
PIECES = st.builds(lambda atom, quantifier: atom + quantifier, ATOMS, QUANTIFIERS)


def _grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(inner, min_size=1, max_size=3).map("".join)
    options = st.lists(joined, min_size=1, max_size=3).map("|".join)
    group = st.builds(lambda body, q: f"({body}){q}", options, QUANTIFIERS)
    looks = st.builds(lambda sign, body: f"({sign}{body})", st.sampled_from(["?=", "?!", "?:"]), options)
    return st.one_of(group, looks, joined, st.sampled_from(["^", "$", r"\b"]))


PATTERNS = st.recursive(PIECES, _grouped, max_leaves=6)


@given(PATTERNS, st.text("ab-.1_ ^]c", max_size=8))
@settings(max_examples=400, deadline=None)
def test_matching_agrees_with_python(pattern: str, text: str) -> None:
    """The same patterns are found in the same texts as by `re`, which is what validators use."""
    assert found_in(parse(pattern), text, Budget(10_000)) is bool(re.search(pattern, text)), (pattern, text)


def test_places_within_words() -> None:
    """The opposite of a word's edge, which Python before 3.14 does not find in an empty text."""
    assert found_in(parse(r"a\Bb"), "ab", Budget(10))
    assert not found_in(parse(r"a\B"), "a", Budget(10))
    assert found_in(parse(r"^\B$"), "", Budget(10))


@given(PATTERNS, st.integers(0, 12), st.integers(0, 12), st.binary(max_size=2))
@settings(max_examples=400, deadline=None)
def test_samples_match_their_pattern(pattern: str, shortest: int, more: int, seed: bytes) -> None:
    """What is made for a pattern is found by Python's `re`, and keeps to the length."""
    text = sample(parse(pattern), Dice(seed), shortest, shortest + more, Budget(10_000))
    if text is not None:
        assert re.search(pattern, text), (pattern, text)
        assert shortest <= len(text) <= shortest + more


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{4}-\d{2}-\d{2}$",
        "^#[0-9a-fA-F]{6}$",
        r"^[\w.-]+/[\w.-]+$",
        r"^(?=.*[A-Z])(?=.*\d).{8,}$",
        "^(?!.*--)[a-z-]+$",
        r"^[\s\S]*$",
        r"^(\d{1,3}\.){3}\d{1,3}$",
        r"^(https?|ftp)://[^\s/$.?#].[^\s]*$",
        r"^-?\d+(\.\d+)?$",
        "^[A-Z]{2,3}(-[A-Z0-9]{1,3})?$",
        r"^\u0041\x42[^\x00-\x7f]$",
        r"^[^\S]+$",
        "^[-a]+$",
        "^a{2$",
    ],
)
def test_usual_patterns_have_samples(pattern: str) -> None:
    """Patterns as they stand in real tools get a text, for every seed."""
    for seed in range(20):
        text = sample(parse(pattern), Dice(bytes([seed])), 0, ENDLESS, Budget(10_000))
        assert text is not None
        assert re.search(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("*a", "Quantifier '*' without preceding element"),
        ("a**", "a quantifier after a quantifier"),
        ("(a", "missing ')'"),
        ("a)", "unbalanced ')'"),
        ("[a", "the pattern ends too early"),
        ("[z-a]", "range out of order in character class"),
        ("a{3,1}", "numbers out of order in {} quantifier"),
        (r"(a)\1", r"unsupported escape '\1'"),
        (r"\p{L}", r"unsupported escape '\p'"),
        (r"\x4", "incomplete escape"),
        ("(?x)", "unknown kind of group after '(?'"),
        ("(" * 100, "groups deeper than 60"),
    ],
)
def test_what_is_no_pattern_is_said(pattern: str, reason: str) -> None:
    """A pattern that cannot be read is refused with the reason, not with a traceback of the reader."""
    with pytest.raises(PatternError, match=re.escape(reason)):
        parse(pattern)


def test_costly_matching_gives_up() -> None:
    """A pattern and a text that would take minutes take what the budget has, and no more."""
    with pytest.raises(Exhausted):
        found_in(parse("(a*)*" * 20 + "(?=(a|b)*c)" * 20 + "$"), "ab" * 3000, Budget(10_000))


def test_costly_sampling_gives_up() -> None:
    """So does writing a text, however the pattern makes it long."""
    for pattern in ("^((a?){1000}){1000}$", "^(ab|c){19000}$", "^" + "".join(f"a{{0,{n}}}" for n in range(1000)) + "$"):
        with pytest.raises(Exhausted):
            sample(parse(pattern), Dice(b""), 10_000, ENDLESS, Budget(500))
