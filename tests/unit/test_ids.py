"""Ids look like the real API's and depend on nothing but what they name."""

import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from claudemock.ids import ALPHABET, base58, digest, is_foreign, make_id

PREFIXES = st.sampled_from(["msg", "req", "file", "toolu", "srvtoolu", "msgbatch", "wrkspc"])


def decode(text: str) -> int:
    """The number behind 22 base58 characters."""
    number = 0
    for character in text:
        number = number * 58 + ALPHABET.index(character)
    return number


@given(st.integers(0, 2**128 - 1))
def test_base58_loses_nothing(number: int) -> None:
    """22 characters hold any 128-bit number."""
    text = base58(number)
    assert len(text) == 22
    assert decode(text) == number


@given(PREFIXES, st.binary())
def test_shape(prefix: str, source: bytes) -> None:
    """Prefix, `01`, 22 characters of base58: recorded without exception."""
    assert re.fullmatch(rf"{prefix}_01[{ALPHABET}]{{22}}", make_id(prefix, source))


@given(st.sampled_from(["msg", "req", "file"]), st.binary())
def test_time_ordered_ids_are_uuid7(prefix: str, source: bytes) -> None:
    """`req_`, `msg_` and `file_` ids decode to version 7, variant 2, and begin `011C` as in 2026."""
    made = make_id(prefix, source)
    number = uuid.UUID(int=decode(made.removeprefix(f"{prefix}_01")))
    assert (number.version, number.variant) == (7, uuid.RFC_4122)
    assert made.startswith(f"{prefix}_011C")


@given(st.lists(st.binary(), max_size=4), st.lists(st.binary(), max_size=4))
def test_digest_tells_parts_apart(one: list[bytes], other: list[bytes]) -> None:
    """Where one part ends matters: ("ab", "c") is not ("a", "bc")."""
    assert (digest(*one) == digest(*other)) == (one == other)


def test_kinds_differ() -> None:
    """The same source gives unrelated ids of different kinds."""
    assert make_id("toolu", b"x")[8:] != make_id("msgbatch", b"x")[11:]


@given(st.sampled_from(["msg", "req", "file"]), st.binary())
def test_our_own_ids_are_not_foreign(prefix: str, source: bytes) -> None:
    """Nothing this server made is ever taken for an id of the API's."""
    assert not is_foreign(make_id(prefix, source))


def test_foreign_ids() -> None:
    """Ids of the API's that tell their time are; what only looks like one is not."""
    assert is_foreign("file_011CNha8iCJcU1wXNR6q4V8w")
    assert not any(map(is_foreign, ["file_nope", "file_01", f"file_01{'1' * 22}", f"file_01{'z' * 22}", ""]))
