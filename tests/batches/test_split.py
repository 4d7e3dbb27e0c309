"""Bodies are taken apart while they arrive, and are read exactly as the API's parser reads the whole of them."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.batches.split import Splitter, UnusualError
from claudemock.wire.errors import ApiError
from claudemock.wire.parse import parse_batch

CUSTOM_IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,64}", fullmatch=True)
TEXTS = st.text(max_size=40) | st.sampled_from(['"', "\\", "]}", "}\u2028", "é\n"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
REQUESTS = st.lists(
    st.fixed_dictionaries({"custom_id": CUSTOM_IDS, "params": st.dictionaries(TEXTS, JSON, max_size=4)}),
    min_size=1,
    max_size=5,
)
SPELLINGS = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def split(pieces: Sequence[bytes]) -> list[tuple[str, Any]]:
    """What the splitter gives for a body in pieces; the params must be one line of JSON each."""
    splitter = Splitter()
    found = [each for piece in pieces for each in splitter.feed(piece)] + list(splitter.feed(b"", final=True))
    assert not any(b"\n" in part.params or b"\r" in part.params for part in found)
    return [(part.custom_id or "", orjson.loads(part.params or orjson.dumps(part.refused))) for part in found]


def pieces_of(body: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The body cut at some of its places."""
    places = sorted({0, len(body), *(cut % (len(body) + 1) for cut in cuts)})
    return [body[start:end] for start, end in pairwise(places)]


@given(REQUESTS, SPELLINGS, st.lists(st.integers(0, 10_000), max_size=12))
def test_a_plain_body_is_read_as_a_whole_one(requests: list[Any], spelling: dict[str, Any], cuts: list[int]) -> None:
    """However it is spelled and wherever the network cuts it, inside a character or an escape too."""
    body = json.dumps({"requests": requests}, **spelling).encode()
    whole = [(request["custom_id"], request["params"]) for request in orjson.loads(body)["requests"]]
    assert split(pieces_of(body, cuts)) == whole


@given(REQUESTS, st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), min_size=1, max_size=3))
def test_what_it_accepts_is_a_good_batch(requests: list[Any], damages: list[tuple[int, bytes]]) -> None:
    """A damaged body is either left to who reads it whole, or is a batch that the whole reading accepts alike."""
    body = bytearray(json.dumps({"requests": requests}).encode())
    for place, damage in damages:
        at = place % len(body)
        body[at : at + max(1, len(damage))] = damage
    try:
        found = split([bytes(body)])
    except UnusualError:
        return
    data = orjson.loads(bytes(body))
    if any(custom_id == "" for custom_id, _ in found):
        with pytest.raises(ApiError):
            parse_batch(data)
        return
    batch = parse_batch(data)
    assert found == [(request.custom_id, request.params) for request in batch.requests]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"requests": []}',
        b'{"requests": [{"custom_id": "a", "params": {}},]}',
        b'{"requests": [{"custom_id": "a", "params": {}} {"custom_id": "b", "params": {}}]}',
        b'{"requests": [{"custom_id": "a", "params": {}}]',
        b'{"requests": [{"custom_id": "a", "params": {}}]}}',
        b'{"requests": [{"custom_id": "a", "params": {}}]} x',
        b'{"requests": [{"custom_id": "a", "params": {}}], "x": 1}',
        b'{"requests": [{"custom_id": "a", "params": {"x": NaN}}]}',
        b'{"requests": [{"custom_id": "a", "params": {"x": 1e999}}]}',
        b'{"requests": [{"custom_id": "a", "params": {"x": "\\ud800"}}]}',
        b'{"requests": [{"custom_id": "a", "params": {"x": "\n"}}]}',
        b'{"requests": ["a"]}',
        b'\xef\xbb\xbf{"requests": [{"custom_id": "a", "params": {}}]}',
        b'{"requests": [{"custom_id": "a", "params": {"x": "\xff"}}]}',
        b'{"requests": [{"custom_id": "a", "params": {"x": ' + b"[" * 2000 + b"]" * 2000 + b"}}]}",
    ],
)
def test_what_is_not_plain_is_left_to_the_whole_reading(body: bytes) -> None:
    """Each of them is refused there, in the API's words."""
    with pytest.raises(UnusualError):
        split([body])
    with pytest.raises((ApiError, orjson.JSONDecodeError)):
        parse_batch(orjson.loads(body))


@pytest.mark.parametrize(
    "item",
    [
        {"custom_id": "a", "params": {}, "x": 1},
        {"custom_id": "a b", "params": {}},
        {"custom_id": "a\n", "params": {}},
        {"custom_id": "", "params": {}},
        {"custom_id": "a", "params": []},
        {"custom_id": 7, "params": {}},
        {"custom_id": "a"},
        {},
    ],
)
def test_an_object_that_is_no_request_is_pointed_out(item: dict[str, Any]) -> None:
    """Exactly those that the model of the API refuses."""
    body = json.dumps({"requests": [{"custom_id": "good", "params": {}}, item]}).encode()
    assert split([body]) == [("good", {}), ("", item)]
    with pytest.raises(ApiError):
        parse_batch(orjson.loads(body))


def test_a_large_request_is_looked_at_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request in a thousand pieces is not scanned a thousand times."""
    looks = 0
    scan = json.JSONDecoder.raw_decode

    def counted(self: json.JSONDecoder, text: str, at: int = 0) -> tuple[Any, int]:
        nonlocal looks
        looks += 1
        return scan(self, text, at)

    monkeypatch.setattr(json.JSONDecoder, "raw_decode", counted)
    body = json.dumps({"requests": [{"custom_id": "a", "params": {"x": "y" * 1_000_000}}]}).encode()
    assert [custom_id for custom_id, _ in split(pieces_of(body, range(0, len(body), 1000)))] == ["a"]
    assert 0 < looks <= 12
