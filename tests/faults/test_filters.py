"""Wire faults as filters of bytes: whatever pieces a body comes in, the same bytes go out."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.faults.base import ByteFilter, End, Pause, Step
from claudemock.faults.wire import Cut, Delay, Slice, Stall

EVENTS = [b"event: a\ndata: {}\n\n", b'event: ping\ndata: {"type": "ping"}\n\n', "event: b\ndata: {°}\n\n".encode()]
BODIES = st.lists(st.sampled_from(EVENTS), min_size=1, max_size=8).map(b"".join)


@st.composite
def split_bodies(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream's body, and pieces it may come in."""
    body = draw(BODIES)
    borders = sorted({0, len(body), *draw(st.lists(st.integers(0, len(body)), max_size=6))})
    return body, [body[start:end] for start, end in pairwise(borders)]


def steps(made: ByteFilter, pieces: list[bytes]) -> Iterator[Step]:
    """What the filter says, up to a hang-up."""
    for number, piece in enumerate(pieces, start=1):
        for step in made.feed(piece, number == len(pieces)):
            yield step
            if isinstance(step, End):
                return


def sent(said: list[Step]) -> bytes:
    """The bytes among the steps."""
    return b"".join(step for step in said if isinstance(step, bytes))


@given(split_bodies(), st.integers(0, 200))
def test_a_cut_after_bytes(split: tuple[bytes, list[bytes]], after: int) -> None:
    """Exactly the bytes before the place, then the end."""
    body, pieces = split
    said = list(steps(Cut(after_bytes=after).on_bytes(None), pieces))
    assert sent(said) == body[:after]
    assert said[-1] == End("cut")


@given(split_bodies(), st.integers(0, 10))
def test_a_cut_after_events(split: tuple[bytes, list[bytes]], after: int) -> None:
    """At least the whole events before the place, never the whole of the next one, and always an end."""
    body, pieces = split
    said = list(steps(Cut(after_event=after).on_bytes(None), pieces))
    assert said[-1] == End("cut")
    got = sent(said)
    assert body.startswith(got)
    if after < body.count(b"\n\n"):
        assert got.count(b"\n\n") == after
    else:
        assert len(got) <= len(body)


@given(split_bodies(), st.integers(0, 10))
def test_a_stall_loses_nothing(split: tuple[bytes, list[bytes]], after: int) -> None:
    """One pause, behind whole events as far as there are so many, and all bytes in their order."""
    body, pieces = split
    said = list(steps(Stall(after_event=after, seconds=1).on_bytes(None), pieces))
    assert sent(said) == body
    (at,) = [number for number, step in enumerate(said) if isinstance(step, Pause)]
    before = sent(said[:at])
    if after < body.count(b"\n\n"):
        assert before.count(b"\n\n") == after
        assert before == b"" or before.endswith(b"\n\n")


@given(split_bodies(), st.integers(1, 30), st.booleans())
def test_slices_lose_nothing(split: tuple[bytes, list[bytes]], size: int, crlf: bool) -> None:
    """Pieces of at most the size, which are the body again."""
    body, pieces = split
    said = list(steps(Slice(size=size, crlf=crlf).on_bytes(None), pieces))
    assert sent(said) == (body.replace(b"\n", b"\r\n") if crlf else body)
    assert max(len(step) for step in said if isinstance(step, bytes)) <= size


@given(split_bodies())
def test_a_delay_changes_no_byte(split: tuple[bytes, list[bytes]]) -> None:
    """It only waits before."""
    body, pieces = split
    made = Delay(seconds=2).on_bytes(None)
    assert list(made.before()) == [Pause(2)]
    assert sent(list(steps(made, pieces))) == body


@pytest.mark.parametrize("length", [1, 2, 100])
def test_a_body_with_a_length_always_falls_short(length: int) -> None:
    """By half unless said, by one byte at least."""
    body = b"x" * length
    for fault in (Cut(), Cut(after_event=3), Cut(after_bytes=10_000)):
        said = list(steps(fault.on_bytes(length), [body]))
        assert len(sent(said)) < length
        assert said[-1] == End("cut")
