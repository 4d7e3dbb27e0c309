"""Globs and `re:` patterns: what they fit, and that no glob takes long."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claudemock.script.match import Pattern


def obviously_fits(glob: str, text: str) -> bool:
    """Whether `text` as a whole fits, by trying everything; exponential."""
    if not glob:
        return not text
    if glob[0] == "*":
        return any(obviously_fits(glob[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and glob[0] in ("?", text[0]) and obviously_fits(glob[1:], text[1:])


GLOBS = st.text("ab?*", max_size=7)
TEXTS = st.text("ab\n", max_size=9)


@given(GLOBS, TEXTS)
@example("", "")
@example("a*a", "a")
@example("*ab*ab", "abab")
@example("a?b", "aab")
@example("*?b?*", "abab")
def test_whole(glob: str, text: str) -> None:
    """A glob for the whole text fits exactly what trying everything finds."""
    assert Pattern(glob, anywhere=False)(text) is obviously_fits(glob, text)


@given(GLOBS, TEXTS)
@example("", "")
@example("b?a", "abba")
@example("??", "a")
def test_anywhere(glob: str, text: str) -> None:
    """A glob for any place fits if it fits some part of the text."""
    parts = (text[start:end] for start in range(len(text) + 1) for end in range(start, len(text) + 1))
    assert Pattern(glob, anywhere=True)(text) is any(obviously_fits(glob, part) for part in parts)


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("(^$)\\", "(^$)\\", True),
        ("snow*?°C", "snow,\n-4 °C", True),
        ("🌧?", "🌧!", True),
        ("ABC", "abc", False),
    ],
)
def test_only_stars_and_question_marks_are_special(glob: str, text: str, fits: bool) -> None:
    """Everything else stands for itself, in its case."""
    assert Pattern(glob, anywhere=False)(text) is fits


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "glob",
    [
        "*weather*",
        "*a*a*a*a*a*a*b",
        "*a?ab*",
        "*b?*a*c*",
        "*" * 500 + "b",
        "a*" * 500 + "b",
        "?" * 500 + "b",
        "a?a?a?b?",
    ],
)
@pytest.mark.parametrize("text", ["a" * MEGABYTE, "ab" * (MEGABYTE // 2), "a b\n" * (MEGABYTE // 4)])
@pytest.mark.parametrize("anywhere", [True, False])
def test_a_long_text_is_no_burden(glob: str, text: str, anywhere: bool) -> None:
    """What made a regular expression go back and forth for ever ends: the answer for a short text of the kind holds.

    The text is long enough for anything worse than linear to run into the suite's time limit.
    """
    short = text[: len(text) // 400]
    pattern = Pattern(glob, anywhere=anywhere)
    assert pattern(text) is pattern(short)


def test_regular_expressions() -> None:
    """After `re:` anything goes, anywhere in the text; what does not compile is refused."""
    assert Pattern("re:^What.*Oslo", anywhere=False)("What,\nOslo?")
    assert not Pattern("re:^Oslo", anywhere=True)("What, Oslo?")
    assert Pattern("re:x*", anywhere=False)("")
    with pytest.raises(ValueError, match="is not a regular expression"):
        Pattern("re:(", anywhere=True)
