"""The form reader: however a body is cut into pieces, and whatever a file is called and holds, it reads the same."""

import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.api.inflate import Inflater
from claudemock.api.multipart import FormReader
from claudemock.files.names import BadFileError, clean_filename, mime_type
from claudemock.wire.errors import ApiError
from tests.files.forms import BOUNDARY, END, FORM, field, file_part, form

PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\r",
            b"\n",
            b"--",
            f"--{BOUNDARY}".encode(),
            END,
            b"",
            b"x",
            b": ",
            b'"',
            b";",
            b"\0",
            b"\xff\xfe",
        ),
        *(field("expires_in_seconds", "3600"), file_part("a.txt", b"hello"), file_part(None, b"x"), b"x" * 9000),
        b'Content-Disposition: form-data; name="file"; filename="b"\r\n\r\n',
    ]
)
CONTENTS = st.binary(max_size=200) | st.lists(PIECES, max_size=6).map(b"".join)


def read(pieces: list[bytes]) -> tuple[bytes, FormReader]:
    """The file's content, and the reader after the last piece. Raises `ApiError`."""
    content = bytearray()
    reader = FormReader(FORM, content.extend)
    for piece in pieces:
        reader.feed(piece)
    reader.finish()
    return bytes(content), reader


def cut(body: bytes, places: list[int]) -> list[bytes]:
    """The body in pieces."""
    at = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    return [body[start:end] for start, end in pairwise(at)]


@given(content=CONTENTS, places=st.lists(st.integers(0, 10_000), max_size=20))
def test_any_content_in_any_pieces(content: bytes, places: list[int]) -> None:
    """Contents that look like boundaries too, cut in the middle of anything; only the real boundary ends them."""
    body = form("a.txt", content, expires_in_seconds="3600")
    if f"--{BOUNDARY}".encode() in content:
        return
    found, reader = read(cut(body, places))
    assert found == content
    assert reader.fields == {"expires_in_seconds": "3600"}
    assert reader.file == ("a.txt", "text/plain")


@given(body=st.lists(PIECES, max_size=12).map(b"".join), places=st.lists(st.integers(0, 10_000), max_size=8))
def test_any_bytes_at_all(body: bytes, places: list[int]) -> None:
    """What is no form with one file is refused, never anything else, and however it is cut the outcome is the same."""

    def outcome(pieces: list[bytes]) -> object:
        try:
            found, reader = read(pieces)
        except ApiError as error:
            return error.status
        return found, reader.fields, reader.file

    whole = outcome([body])
    assert whole == 400 or b'name="file"' in body
    assert whole == outcome(cut(body, places))


@given(name=st.text(max_size=300))
def test_any_name(name: str) -> None:
    """A name that is kept has 1 to 255 characters and none that leads anywhere; everything else is refused."""
    try:
        kept = clean_filename(name, "text/plain")
    except BadFileError:
        return
    assert 1 <= len(kept) <= 255
    assert not set(kept) & set('<>:"|?*\\/') | {chr(code) for code in range(32)} & set(kept)
    assert name.endswith(kept) or kept == "unnamed.txt"
    assert clean_filename(kept, "text/plain") == kept


@given(declared=st.text(max_size=80) | st.none(), name=st.text(max_size=40) | st.none())
def test_any_type(declared: str | None, name: str | None) -> None:
    """What is kept can stand in a header."""
    kept = mime_type(declared, name)
    assert kept.isascii()
    assert kept.isprintable()
    assert kept.count("/") == 1


@given(
    content=st.binary(max_size=2000),
    windows=st.sampled_from([(31, "gzip"), (15, "deflate"), (-15, "deflate")]),
    members=st.integers(1, 4),
    places=st.lists(st.integers(0, 10_000), max_size=12),
)
def test_any_compressed_body_in_any_pieces(
    content: bytes, windows: tuple[int, str], members: int, places: list[int]
) -> None:
    """Decoding piece by piece gives what was encoded, and notices when the end is missing."""
    window, encoding = windows
    members = members if encoding == "gzip" else 1
    packer = zlib.compressobj(wbits=window)
    body = (packer.compress(content) + packer.flush()) * members
    inflater = Inflater(encoding)
    assert b"".join(part for piece in cut(body, places) for part in inflater.feed(piece)) == content * members
    inflater.finish()
    half = Inflater(encoding)
    list(half.feed(body[:-1]))
    with pytest.raises(ApiError):
        half.finish()


def test_a_bomb_comes_in_small_pieces() -> None:
    """However well it is packed, no more than a little is in memory at once."""
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(b"\0" * 50_000_000) + packer.flush()
    sizes = [len(piece) for piece in Inflater("gzip").feed(bomb)]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 65_536
