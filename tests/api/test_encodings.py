"""Compressed request bodies, in every form the standards allow, and within their limits."""

import gzip
import json
import zlib
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claudemock.api.body import decompress
from claudemock.control.client import MockServer
from claudemock.serving import serve
from claudemock.settings import Limits
from claudemock.wire.errors import ApiError
from tests.wire_client import HEADERS, Response, send

HELLO = json.dumps(
    {"model": "claude-opus-4-8", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
).encode()


def raw_deflate(data: bytes, level: int = 6) -> bytes:
    """A deflate stream without zlib's header, as many clients send it."""
    packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def members(data: bytes, size: int) -> bytes:
    """Gzip with a member for every `size` bytes, and an empty one at each end, as block-wise writers make it."""
    pieces = [b"", *(data[at : at + size] for at in range(0, len(data), size)), b""]
    return b"".join(gzip.compress(piece, mtime=0) for piece in pieces)


def shown(value: str | bytes) -> str:
    """A parameter's name in a test's id."""
    return repr(value) if isinstance(value, str) else f"{len(value)} bytes"


def post(server: MockServer, body: bytes, encoding: str) -> Response:
    """One message request with that `Content-Encoding`."""
    return send(server, "POST", "/v1/messages", body, {"content-encoding": encoding})


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (HELLO, "identity"),
        (HELLO, ""),
        (HELLO, "identity, identity,"),
        (gzip.compress(HELLO), "gzip, identity"),
        (gzip.compress(HELLO), " Identity ,GZip,"),
        (gzip.compress(HELLO), "x-gzip"),
        (members(HELLO, 20), "gzip"),
        (zlib.compress(HELLO), "deflate"),
        (zlib.compress(HELLO, 0), "identity,deflate"),
        (raw_deflate(HELLO), "deflate"),
        (raw_deflate(HELLO, 0), "deflate"),
    ],
    ids=shown,
)
def test_legal_encodings(server: MockServer, body: bytes, encoding: str) -> None:
    """Each is read, and the journal shows what it says."""
    assert post(server, body, encoding).status == 200
    (exchange,) = server.exchanges
    assert exchange["request"]["body"] == json.loads(HELLO)
    assert exchange["request"]["size"] == len(body)


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (gzip.compress(HELLO), "gzip, br", "request_body_encoding_unsupported"),
        (gzip.compress(gzip.compress(HELLO)), "gzip, gzip", "request_body_encoding_unsupported"),
        (gzip.compress(HELLO) + b"junk", "gzip", "request_body_encoding_invalid"),
        (members(HELLO, 20)[:-1], "gzip", "request_body_encoding_invalid"),
        (b"", "gzip", "request_body_encoding_invalid"),
        (b"", "deflate", "request_body_encoding_invalid"),
        (HELLO, "deflate", "request_body_encoding_invalid"),
        (gzip.compress(HELLO), "deflate", "request_body_encoding_invalid"),
        (zlib.compress(HELLO) + b"x", "deflate", "request_body_encoding_invalid"),
        (zlib.compress(HELLO) * 2, "deflate", "request_body_encoding_invalid"),
        (raw_deflate(HELLO)[:-3], "deflate", "request_body_encoding_invalid"),
        (raw_deflate(HELLO) + b"x", "deflate", "request_body_encoding_invalid"),
    ],
    ids=shown,
)
def test_what_cannot_be_read(server: MockServer, body: bytes, encoding: str, code: str) -> None:
    """Unfinished, mixed up and stacked codings are refused with their code."""
    response = post(server, body, encoding)
    assert response.error[:2] == (400, "invalid_request_error")
    assert response.json["error"]["details"] == {"error_code": code}


def test_header_lines_add_up(server: MockServer) -> None:
    """Two `Content-Encoding` lines mean the same as one with a comma."""
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    body = gzip.compress(HELLO)
    connection.putrequest("POST", f"{url.path}/v1/messages")
    for name, value in {**HEADERS, "content-length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.putheader("content-encoding", "gzip")
    connection.putheader("content-encoding", "identity")
    connection.endheaders(body)
    with connection.getresponse() as response:
        assert response.status == 200
    connection.close()


@given(st.binary(max_size=300), st.integers(1, 40))
def test_nothing_is_lost_and_the_limit_is_exact(data: bytes, size: int) -> None:
    """Every coding gives back what went in if that just fits, and 413 if it is one byte more."""
    for packed, encoding in (
        (members(data, size), "gzip"),
        (zlib.compress(data), "deflate"),
        (raw_deflate(data), "deflate"),
        (raw_deflate(data, 0), "deflate"),
    ):
        assert decompress(packed, encoding, len(data)) == data
        if data:
            with pytest.raises(ApiError) as caught:
                decompress(packed, encoding, len(data) - 1)
            assert caught.value.status == 413


def test_many_members() -> None:
    """A body of very many members is read in time that grows with it, not with its square."""
    member = gzip.compress(b"ab", mtime=0)
    assert decompress(member * 100_000, "gzip", 200_000) == b"ab" * 100_000


def test_a_large_body() -> None:
    """A body that takes many portions comes out whole."""
    data = b"".join(number.to_bytes(4, "big") for number in range(300_000))
    assert decompress(gzip.compress(data, 1) * 2, "gzip", 2 * len(data)) == data * 2


@pytest.fixture(scope="module")
def small() -> Iterator[MockServer]:
    """A server that takes 10 kB."""
    with serve(limits=Limits(messages=10_000, files=10_000)) as server:
        yield server


@pytest.mark.parametrize(
    ("bomb", "encoding"),
    [
        (members(b" " * 50_000, 9_000), "gzip"),
        (raw_deflate(b" " * 5_000_000), "deflate"),
        (gzip.compress(b" " * 5_000_000), "gzip, identity"),
    ],
    ids=shown,
)
def test_bombs(small: MockServer, bomb: bytes, encoding: str) -> None:
    """What decodes to too much is refused, also when it is spread over members that are small enough by themselves."""
    response = post(small, bomb, encoding)
    assert response.error[:2] == (413, "request_too_large")
    assert response.json["error"]["details"] == {"error_code": "request_body_too_large_after_decoding"}
