"""Where texts are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.engine.citations_sentences import sentences

PARTS = [
    *"aZ1. !?\"')]}({[\r\n\t",
    "\u3002",
    "\uff01",
    "\u300d",
    "\u201d",
    "e.g.",
    "Dr.",
    "😀",
    "中",
    "\u2028",
    "\ud800",
]
WILD = st.lists(st.sampled_from(PARTS), max_size=60).map("".join)


@given(st.text() | WILD)
def test_sentences_are_the_whole_text(text: str) -> None:
    """Nothing is lost, nothing overlaps, none is empty."""
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@given(st.text() | WILD)
def test_no_sentence_begins_with_white_space(text: str) -> None:
    """White space belongs to the sentence before it, but for that at the very beginning."""
    assert not any(text[start].isspace() for start, _ in sentences(text)[1:])


@pytest.mark.parametrize(
    "said",
    [
        ["The grass is green. ", "The sky is blue."],
        ["One!  ", "Two?\r\n", "Three."],
        ["# Heading\n\nText below. ", "More."],
        ["Powered by models (LLMs).\n", "It begins."],
        ['He said "Stop!" ', "She did."],
        ['invoke("Hello, world!")\n', "The end."],
        ["[See the metrics.", "](/metrics)\nMore."],
        ["Deploying agents.Get started at python.langchain.com now. ", "Go."],
        ["Packages (e.g. this one, etc.) are small. ", "So are Dr. Who and J. Doe. ", "Yes."],
        ["It is cold etc. ", "Winter is here."],
        ["Cold etc. and warm."],
        ["Version 0.3 is out. ", "Version 1 is not."],
        ["Wait... what? ", "Wait... ", "No."],
        ["空は青い。", "草は緑。", "「本当\uff1f」", "はい"],
        ["no end"],
        ["   "],
        [],
    ],
    ids=lambda said: said[0][:16] if said else "empty",
)
def test_cuts(said: list[str]) -> None:
    """Forms seen in recorded citations, and abbreviations."""
    text = "".join(said)
    assert [text[start:end] for start, end in sentences(text)] == said


@pytest.mark.parametrize(
    "hostile", ["." * 1_000_000, "!?" * 500_000 + "a", ". " * 150_000, "(" * 300_000 + ".", "\u3002" * 1_000_000]
)
def test_hostile_texts_are_cut_in_linear_time(hostile: str) -> None:
    """Runs of stops and brackets; with a quadratic cut the test's timeout strikes."""
    assert sentences(hostile)[-1][1] == len(hostile)
