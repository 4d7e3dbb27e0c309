"""Signatures by themselves: what is written can be read, and nothing else can."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.engine.signature import AlteredSignature, Facts, Prefix, brief, digest, make, read

FACTS = Facts(model="claude-opus-5", position=0, of=1, text=digest("Hm."))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
eight = st.binary(min_size=8, max_size=8)
four = st.binary(min_size=4, max_size=4)
prefixes = st.builds(
    Prefix,
    four,
    four,
    eight,
    st.integers(0, 0xFFFF),
    st.integers(0, 64).flatmap(lambda n: st.binary(min_size=2 * n, max_size=2 * n)),
)
all_facts = st.builds(
    Facts,
    model=st.text(st.characters(codec="ascii"), max_size=40),
    position=st.integers(0, 0xFFFF),
    of=st.integers(0, 0xFFFF),
    text=eight,
    previous=four,
    omitted=st.booleans(),
    redacted=st.booleans(),
    prefix=st.none() | prefixes,
)


@given(all_facts, st.integers(0, 20_000))
def test_what_is_written_is_read(facts: Facts, characters: int) -> None:
    """Every signature verifies and says what it was made of."""
    assert read(make(facts, characters)) == facts


@given(all_facts, st.data())
def test_a_changed_character_is_noticed_wherever_it_stands(facts: Facts, data: st.DataObject) -> None:
    """One character replaced, dropped or doubled is an alteration, never a foreign signature."""
    signature = make(facts, 10)
    at = data.draw(st.integers(0, len(signature) - 1))
    other = data.draw(st.sampled_from(sorted({*ALPHABET, "="} - {signature[at]})))
    for altered in (signature[:at] + other + signature[at + 1 :], signature[:at] + signature[at + 1 :]):
        with pytest.raises(AlteredSignature):
            read(altered)
    with pytest.raises(AlteredSignature):
        read(signature[:at] + signature[at] + signature[at:])


@given(st.text() | st.from_regex(r"E[A-Za-z0-9+/]{10,60}={0,2}", fullmatch=True))
def test_what_we_did_not_make_is_foreign(text: str) -> None:
    """Signatures of the real API, and any other text, are told from ours."""
    assert read(text) is None


def test_a_signature_of_the_real_kind_is_foreign() -> None:
    """A protobuf with a model's name in it, as the real API's are, is not taken for ours."""
    assert read("EuMDCmMIDRgCKkB1eZPfjnRcxmoW99ZmMhljbGF1ZGUtaGFpa3UtNC01LTIwMjUxMDAxOAA=") is None


@pytest.mark.parametrize("characters, shortest, longest", [(0, 310, 340), (200, 540, 600), (100_000, 12_900, 13_100)])
def test_signatures_look_and_weigh_like_real_ones(characters: int, shortest: int, longest: int) -> None:
    """Base64 that begins with E and grows with the thinking, for the token estimator weighs signatures."""
    signature = make(FACTS, characters)
    assert re.fullmatch(r"E[A-Za-z0-9+/]+", signature)
    assert shortest <= len(signature) <= longest


@pytest.mark.parametrize(
    "other",
    [
        replace(FACTS, model="claude-opus-5-5"),
        replace(FACTS, position=1),
        replace(FACTS, of=2),
        replace(FACTS, text=digest("Hm")),
        replace(FACTS, previous=brief("E")),
        replace(FACTS, omitted=True),
        replace(FACTS, redacted=True),
    ],
)
def test_every_fact_counts(other: Facts) -> None:
    """Text, model, position and all else change the signature."""
    assert make(other, 3) != make(FACTS, 3) == make(FACTS, 3)


@given(st.text(st.characters()), st.text(st.characters()))
def test_digests_tell_texts_apart(one: str, other: str) -> None:
    """Any text has a digest, lone surrogates too, and another text has another."""
    assert (digest(one) == digest(other)) is (one == other)
    assert (brief(one) == brief(other)) is (one == other)
