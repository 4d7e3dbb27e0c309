"""Uploads that are broken or mean harm: each is refused with a 4xx, and nothing of it is left behind."""

import gzip
import os
import socket
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import claudemock
from claudemock.control.client import MockServer
from claudemock.settings import Limits
from tests.files.forms import BOUNDARY, END, FORM, field, file_part, form
from tests.wire_client import HEADERS, Response, send

LIMIT = 1_000_000


class Place:
    """A server that takes files of up to a megabyte, and the folder that it writes them to."""

    def __init__(self, server: MockServer, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def post(self, body: bytes, kind: str = FORM, **headers: str) -> Response:
        """POST /v1/files."""
        return send(self.server, "POST", "/v1/files", body, {"content-type": kind, **headers})

    def contents(self) -> list[Path]:
        """Every file below the folder."""
        return [path for path in self.folder.rglob("*") if path.is_file()]

    def check_empty(self) -> None:
        """No record, no blob, no unfinished blob, and no descriptor open on one."""
        assert send(self.server, "GET", "/v1/files").json["data"] == []
        assert self.contents() == []
        assert self.opened() == []

    def opened(self) -> list[str]:
        """The files below the folder that this process has open (Linux)."""
        descriptors = Path("/proc/self/fd")
        found = [os.path.realpath(path) for path in descriptors.iterdir()] if descriptors.exists() else []
        return [path for path in found if path.startswith(str(self.folder)) and not Path(path).is_dir()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The server, whose temporary folder is the test's own."""
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        with claudemock.serve(limits=Limits(files=LIMIT), file_storage_bytes=2 * LIMIT) as server:
            yield Place(server, folder)
    assert list(folder.iterdir()) == []


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    """A server without files."""
    running.server.reset()
    yield running
    running.server.reset()


def part(headers: str, content: bytes = b"x") -> bytes:
    """A part with these header lines."""
    return f"--{BOUNDARY}\r\n{headers}\r\n\r\n".encode() + content + b"\r\n"


NAMED = 'Content-Disposition: form-data; name="file"; filename="a.txt"'
BROKEN = {
    "empty body": (b"", FORM),
    "no form": (b"garbage", FORM),
    "no end": (form()[:-20], FORM),
    "cut in the headers": (form()[:40], FORM),
    "cut in the content": (file_part("a.txt", b"x" * 300_000), FORM),
    "no boundary": (form(), "multipart/form-data"),
    "empty boundary": (form(), "multipart/form-data; boundary="),
    "another boundary": (form(), "multipart/form-data; boundary=other"),
    "a boundary that is no text": (form(), "multipart/form-data; boundary=\xff\xfe"),
    "an endless boundary": (form(), f"multipart/form-data; boundary={'b' * 5000}"),
    "another type": (form(), "application/json"),
    "another form": (b"file=x", "application/x-www-form-urlencoded"),
    "no type": (form(), ""),
    "only the end": (END, FORM),
    "no file": (field("expires_in_seconds", "3600") + END, FORM),
    "a part without a name": (part("Content-Disposition: form-data") + END, FORM),
    "a part without headers": (part("") + END, FORM),
    "a header without a colon": (part("Content-Disposition") + END, FORM),
    "a header with a blank": (part("Content Disposition: x") + END, FORM),
    "a huge header": (part(f"{NAMED}\r\nX-Long: {'x' * 100_000}") + END, FORM),
    "a huge header name": (part(f"{'x' * 100_000}: 1\r\n{NAMED}") + END, FORM),
    "very many headers": (part(f"{NAMED}\r\n" + "\r\n".join(f"X-{n}: {n}" for n in range(5000))) + END, FORM),
    "a huge field": (field("expires_in_seconds", "1" * 100_000) + form(), FORM),
    "ten thousand parts": (b"".join(field(f"f{n}", "x") for n in range(10_000)) + form(), FORM),
    "ten thousand files": (file_part("a.txt", b"x") * 10_000 + END, FORM),
    "two files": (file_part("a.txt", b"one") + file_part("b.txt", b"two") + END, FORM),
    "a forbidden character": (form("a|b.txt"), FORM),
    "a control character": (form("a\tb.txt"), FORM),
    "a name too long": (form("x" * 300), FORM),
    "a lifetime too short": (form(expires_in_seconds="10"), FORM),
    "a lifetime too long": (form(expires_in_seconds="7776001"), FORM),
    "a lifetime of thousands of digits": (form(expires_in_seconds="9" * 1000), FORM),
    "a lifetime that is no number": (form(expires_in_seconds="soon"), FORM),
    "a lifetime in other digits": (form(expires_in_seconds="٣٦٠٠"), FORM),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_uploads_leave_nothing(place: Place, case: str) -> None:
    """Every broken upload is a 400 in the API's envelope."""
    body, kind = BROKEN[case]
    assert place.post(body, kind).error[:2] == (400, "invalid_request_error")
    place.check_empty()


@pytest.mark.parametrize("name", ["../../evil", "..\\\\..\\\\evil", "/etc/evil", "a/../../evil", "%2e%2e%2fevil", ".."])
def test_paths_lead_nowhere(place: Place, name: str) -> None:
    """Whatever a name says, the content lies in the server's folder under a name of the server's."""
    made = place.post(form(name)).json
    assert "/" not in made["filename"]
    (path,) = place.contents()
    assert path.name == made["id"]


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT, 6 * LIMIT])
@pytest.mark.parametrize("chunked", [False, True])
def test_too_large(place: Place, size: int, chunked: bool) -> None:
    """One byte too many is a 413, which a client that sends everything first gets to see, announced or not."""
    body = form(content=b"x" * size)
    if not chunked:
        assert place.post(body).error[:2] == (413, "request_too_large")
    else:
        pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
        sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        assert b" 413 " in raw(place, b"transfer-encoding: chunked", sent).partition(b"\r\n")[0]
    place.check_empty()
    assert place.post(form(content=b"x" * LIMIT)).status == 200


def test_what_follows_the_form_counts_too(place: Place) -> None:
    """No end of bytes behind the last boundary."""
    assert place.post(form() + b"x" * 3 * LIMIT).status == 413
    place.check_empty()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_encoded_uploads(place: Place, encoding: str) -> None:
    """A compressed form is read as it arrives; a raw deflate stream too."""
    body = form(content=bytes(range(256)) * 1000)
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    made = place.post(packed, **{"content-encoding": encoding}).json
    assert made["size_bytes"] == 256_000
    if encoding == "deflate":
        bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        assert place.post(bare.compress(body) + bare.flush(), **{"content-encoding": "deflate"}).status == 200


PACKED = gzip.compress(form())
BAD_ENCODINGS = {
    "no gzip": (b"nonsense", "gzip"),
    "cut": (PACKED[:-9], "gzip"),
    "nothing": (b"", "gzip"),
    "one byte": (b"x", "deflate"),
    "a wrong checksum": (PACKED[:-8] + b"\0" * 8, "gzip"),
    "more behind it": (zlib.compress(form()) + b"more", "deflate"),
    "an encoding nobody knows": (form(), "br"),
    "two encodings": (gzip.compress(PACKED), "gzip, gzip"),
}


@pytest.mark.parametrize("case", BAD_ENCODINGS)
def test_bad_encodings(place: Place, case: str) -> None:
    """A body that is not what its Content-Encoding says is a 400."""
    body, encoding = BAD_ENCODINGS[case]
    assert place.post(body, **{"content-encoding": encoding}).error[:2] == (400, "invalid_request_error")
    place.check_empty()


@pytest.mark.parametrize(("members", "size"), [(1, 100_000_000), (40, 50_000)])
def test_bombs(place: Place, members: int, size: int) -> None:
    """What is small only until it is decoded is a 413 that says so."""
    bomb = gzip.compress(file_part("a.txt", b"")[:-2]) + gzip.compress(b"\0" * size) * members
    response = place.post(bomb, **{"content-encoding": "gzip"})
    assert response.error[:2] == (413, "request_too_large")
    assert response.json["error"]["details"] == {"error_code": "request_body_too_large_after_decoding"}
    place.check_empty()


def raw(place: Place, header: bytes, body: bytes, *, hang_up: bool = False) -> bytes:
    """Send a request byte for byte; what came back, nothing if we hung up."""
    url = urlsplit(place.server.base_url)
    lines = [f"{name}: {value}" for name, value in {**HEADERS, "content-type": FORM, "host": "x"}.items()]
    head = "\r\n".join(["POST /v1/files HTTP/1.1", *lines]).encode() + b"\r\n" + header + b"\r\n\r\n"
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=30) as connection:
        connection.sendall(head + body)
        return b"" if hang_up else connection.recv(65_536)


@pytest.mark.parametrize("content", [b"x" * 10, b"x" * 500_000])
def test_hanging_up(place: Place, content: bytes) -> None:
    """A client that is gone before its upload was whole leaves nothing; a content-length that lies is just that."""
    body = file_part("a.txt", content)
    raw(place, b"content-length: %d" % (len(body) + 1000), body, hang_up=True)
    (exchange,) = place.server.wait(path="/v1/files")
    assert exchange["ended"] == "client_gone"
    place.check_empty()


def test_a_length_that_is_too_short(place: Place) -> None:
    """The server reads no more than was announced, and finds the form cut."""
    body = form()
    assert b" 400 " in raw(place, b"content-length: %d" % (len(body) - 8), body).partition(b"\r\n")[0]
    place.check_empty()


def test_quota(place: Place) -> None:
    """All files together may not be larger than the organization's storage; deleting makes room."""
    full = form(content=b"x" * LIMIT)
    first = place.post(full).json["id"]
    assert place.post(full).status == 200
    refused = place.post(form())
    assert refused.error[:2] == (400, "invalid_request_error")
    assert refused.json["error"]["details"] == {"error_code": "storage_quota_exceeded"}
    assert len(place.contents()) == 2
    send(place.server, "DELETE", f"/v1/files/{first}")
    assert place.post(form()).status == 200


def test_deleting_and_resetting_remove_contents(place: Place) -> None:
    """What is deleted is gone from the disk."""
    made = place.post(form()).json["id"]
    place.post(form())
    send(place.server, "DELETE", f"/v1/files/{made}")
    assert len(place.contents()) == 1
    place.server.reset()
    place.check_empty()


def test_a_download_that_is_hung_up_on_is_closed(place: Place) -> None:
    """No descriptor stays open on a content nobody reads any more."""
    made = place.server.files.add("big", b"x" * LIMIT)
    url = urlsplit(place.server.base_url)
    request = f"GET /v1/files/{made['id']}/content HTTP/1.1\r\nhost: x\r\n".encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items()).encode()
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=30) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request + head + b"\r\n")
        connection.recv(10)
    place.server.wait(path="/v1/files/*/content")
    send(place.server, "DELETE", f"/v1/files/{made['id']}")
    place.check_empty()
