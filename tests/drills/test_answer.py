"""Outputs compared: what has to be said again, and how a difference is told."""

import pytest

from claudemock_contracts.drills.answer import Answer

ID = "got msg_01AAAAAAAAAAAAAAAAAAAAAA"


@pytest.mark.parametrize(
    ("first", "second", "output", "difference"),
    [
        ("a\nb\n", "a\nb\n", "a\nb", None),
        ("a\nb\n", "a\nb\n", "a\nc\n", "line 2 was 'c' instead of 'b'"),
        ("a\nb\n", "a\nb\n", "a\n", "it ended after 1 of 2 lines"),
        ("a\nb\n", "a\nb\n", "a\nb\nc\n", "line 3 was 'c' where the output ends otherwise"),
        ("a\nb\n", "a\nb\n", " \n", "it said nothing"),
        ("", "", "", None),
        ("a\n1\n", "a\n2\n", "a\n3\n", None),
        ("a\n1\n", "a\n2\n", "b\n3\n", "line 1 was 'b' instead of 'a'"),
        (ID, ID, "got msg_01BBBBBBBBBBBBBBBBBBBBBB", None),
        ("I am", "I am", "I am not", "line 1 was 'I am not' instead of 'I am'"),
        ("x" * 200, "x" * 200, "y", f"line 1 was 'y' instead of '{'x' * 80}…'"),
    ],
)
def test_answers_are_compared_line_by_line(first: str, second: str, output: str, difference: str | None) -> None:
    """The stable lines have to be there, all of them and no others."""
    answer = Answer.of(first, second)
    assert answer is not None
    assert answer.difference(output) == difference


@pytest.mark.parametrize(
    ("output", "difference"),
    [
        ("try 1\ntry 2\ntry 3\nOslo\n4 °C\n", None),
        ("Oslo\n4 °C\n", None),
        ("4 °C\nOslo\n", "the line '4 °C' is missing, or not in its place"),
        ("try 1\nRome\n4 °C\n", "the line 'Oslo' is missing, or not in its place"),
    ],
)
def test_outputs_of_different_length(output: str, difference: str | None) -> None:
    """What both runs had in common has to come, in its order."""
    answer = Answer.of("try 1\nOslo\n4 °C\n", "try 7\ntry 8\nOslo\n4 °C\n")
    assert answer is not None
    assert answer.difference(output) == difference


def test_outputs_with_nothing_in_common_cannot_be_compared() -> None:
    """Then an answer is taken as it is."""
    assert Answer.of("a", "b\n\nc") is None


def test_colours_and_spinners_are_no_answer() -> None:
    """What a terminal shows in the end is compared."""
    spun = "\x1b]0;agent\x07\r\x1b[36m|\x1b[0m thinking\r\x1b[36m/\x1b[0m thinking\r\x1b[K\x1b[1m4 °C\x1b[0m\r\n"
    assert Answer.of("\r| thinking" + spun, spun) == Answer(("4 °C",))
