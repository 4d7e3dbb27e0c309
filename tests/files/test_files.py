"""/v1/files: upload, list, metadata, content, delete, in today's shapes and the old beta's."""

import re

import pytest

from claudemock.control.client import MockServer
from tests.files.forms import upload, uploaded
from tests.wire_client import send


def test_round_trip(server: MockServer) -> None:
    """Upload, look up, delete; gone is gone."""
    made = upload(server, "notes.txt", b"hello").json
    assert re.fullmatch(r"file_011C\w{20}", made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}000Z", made["created_at"])
    assert {
        key: made[key] for key in ("type", "filename", "mime_type", "size_bytes", "downloadable", "expires_at")
    } == {
        "type": "file",
        "filename": "notes.txt",
        "mime_type": "text/plain",
        "size_bytes": 5,
        "downloadable": False,
        "expires_at": None,
    }
    assert send(server, "GET", f"/v1/files/{made['id']}").json == made
    assert send(server, "GET", f"/v1/files/{made['id']}/content").error[2] == f"File '{made['id']}' is not downloadable"
    assert send(server, "DELETE", f"/v1/files/{made['id']}").json == {"id": made["id"], "type": "file_deleted"}
    assert send(server, "GET", f"/v1/files/{made['id']}").error == (
        404,
        "not_found_error",
        f"File not found: {made['id']}",
    )


def test_paging(server: MockServer) -> None:
    """Newest first, by cursor; picked by ids, of which unknown ones are left out."""
    ids = [upload(server, f"{number}.txt").json["id"] for number in range(5)]
    page = send(server, "GET", "/v1/files?limit=3").json
    assert [file["id"] for file in page["data"]] == ids[:1:-1]
    rest = send(server, "GET", f"/v1/files?limit=3&page={page['next_page']}").json
    assert [file["id"] for file in rest["data"]] == ids[1::-1]
    assert rest["next_page"] is None
    picked = send(server, "GET", f"/v1/files?ids%5B%5D={ids[0]}&ids%5B%5D=file_unknown").json
    assert [file["id"] for file in picked["data"]] == [ids[0]]
    assert send(server, "GET", f"/v1/files?ids={ids[0]}&limit=2").status == 400
    assert send(server, "GET", "/v1/files?page=nonsense").status == 400


def test_old_beta_shapes(server: MockServer) -> None:
    """The header files-api-2025-04-14 gives the shapes of 2025."""
    old: dict[str, str | None] = {"anthropic-beta": "files-api-2025-04-14"}
    ids = [upload(server, f"{number}.txt", headers=old).json["id"] for number in range(3)]
    page = send(server, "GET", "/v1/files?limit=2", headers=old).json
    assert (page["first_id"], page["last_id"], page["has_more"]) == (ids[2], ids[1], True)
    assert "expires_at" not in page["data"][0]
    before = send(server, "GET", f"/v1/files?before_id={ids[0]}&limit=1", headers=old).json
    assert [file["id"] for file in before["data"]] == [ids[1]]


def test_workspaces_do_not_see_each_other(server: MockServer) -> None:
    """A file belongs to the workspace it was uploaded in."""
    made = upload(server, headers={"x-api-key": server.key("blue")}).json
    assert send(server, "GET", f"/v1/files/{made['id']}").status == 404
    assert send(server, "GET", "/v1/files").json["data"] == []
    assert send(server, "GET", f"/v1/files/{made['id']}", headers={"x-api-key": server.key("blue")}).status == 200


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (None, "unnamed.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\\\temp\\\\a.txt", "a.txt"),
        ("", "unnamed.txt"),
        ("/", "unnamed.txt"),
        ("..", "unnamed.txt"),
        ("a/.", "unnamed.txt"),
    ],
)
def test_names_are_cleaned(server: MockServer, name: str | None, kept: str) -> None:
    """Only the last path component is kept; nothing gets a default name by its type."""
    assert upload(server, name).json["filename"] == kept


@pytest.mark.parametrize(
    ("name", "declared", "kept"),
    [
        ("a.txt", "Text/Plain; charset=utf-8", "text/plain"),
        ("a.pdf", None, "application/pdf"),
        ("a.pdf", "application/octet-stream", "application/octet-stream"),
        ("a", None, "application/octet-stream"),
        ("a.txt", "nonsense", "application/octet-stream"),
        ("a.txt", "a/b\x07c", "application/octet-stream"),
    ],
)
def test_types(server: MockServer, name: str, declared: str | None, kept: str) -> None:
    """The declared type is kept without its parameters; only a part that declares none is judged by its name."""
    assert upload(server, name, b"x", declared).json["mime_type"] == kept


def test_equal_files_are_two(server: MockServer) -> None:
    """The same upload again is another file, and a reset scope begins anew with the same ids."""
    first, second = uploaded(server), uploaded(server)
    assert first != second
    server.reset()
    assert send(server, "GET", "/v1/files").json["data"] == []
    assert [uploaded(server), uploaded(server)] == [first, second]


def test_paging_goes_on_behind_deleted_files(server: MockServer) -> None:
    """A client that deletes what it has listed gets to the end, in both shapes."""
    old: dict[str, str | None] = {"anthropic-beta": "files-api-2025-04-14"}
    ids = [uploaded(server, f"{number}.txt") for number in range(6)]
    page = send(server, "GET", "/v1/files?limit=2").json
    for file in page["data"]:
        send(server, "DELETE", f"/v1/files/{file['id']}")
    rest = send(server, "GET", f"/v1/files?limit=2&page={page['next_page']}").json
    assert [file["id"] for file in rest["data"]] == ids[3:1:-1]
    last = send(server, "GET", f"/v1/files?after_id={ids[4]}", headers=old).json
    assert [file["id"] for file in last["data"]] == ids[3::-1]
    newer = send(server, "GET", f"/v1/files?before_id={ids[1]}&limit=1", headers=old).json
    assert [file["id"] for file in newer["data"]] == [ids[2]]
    assert newer["has_more"] is True


def test_expiry(server: MockServer) -> None:
    """The content goes first, thirty days later the metadata; until then the file is listed and can be deleted."""
    server.clock.freeze()
    made = server.files.add("a.txt", "hello", expires_in_seconds=3600)
    path = f"/v1/files/{made['id']}"
    server.clock.advance(3599)
    assert send(server, "GET", f"{path}/content").body == b"hello"
    server.clock.advance(1)
    refused = send(server, "GET", f"{path}/content")
    assert refused.error == (404, "not_found_error", f"File '{made['id']}' has expired")
    assert refused.json["error"]["details"] == {"error_code": "file_expired"}
    assert send(server, "GET", path).json["expires_at"] == made["expires_at"]
    server.clock.advance(30 * 86_400)
    assert send(server, "GET", path).status == 404
    assert send(server, "GET", "/v1/files").json["data"] == []


def test_download(server: MockServer) -> None:
    """A file that the server itself made is sent with its type, under its name, byte for byte."""
    content = bytes(range(256)) * 4096
    made = server.files.add("Grüße 1.png", content)
    assert made["downloadable"] is True
    response = send(server, "GET", f"/v1/files/{made['id']}/content")
    assert response.body == content
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%201.png"
    empty = server.files.add("empty", b"")
    assert send(server, "GET", f"/v1/files/{empty['id']}/content").body == b""


def test_the_journal_describes_contents(server: MockServer) -> None:
    """An upload is shown by its parts, a download by its beginning: neither is held in memory."""
    uploaded(server, "a.txt", b"x" * 200_000, expires_in_seconds="3600")
    made = server.files.add("b.bin", b"y" * 200_000)
    send(server, "GET", f"/v1/files/{made['id']}/content")
    up, down = server.exchanges
    fields, part = up["request"]["body"]["_multipart"]
    assert fields == {"name": "expires_in_seconds", "value": "3600"}
    assert (part["filename"], part["content_type"], part["size"]) == ("a.txt", "text/plain", 200_000)
    assert up["request"]["size"] > 200_000
    assert down["response"]["body"]["_omitted"] == 200_000 - 65_536
    assert len(down["response"]["body"]["_base64"]) < 100_000


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "page=page_file_x", "page=x", "ids=a&limit=1"])
def test_bad_queries(server: MockServer, query: str) -> None:
    """What the API refuses is refused."""
    assert send(server, "GET", f"/v1/files?{query}").error[:2] == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "the body is"),
        ({"filename": "a"}, "the body is"),
        ({"filename": "a", "text": "", "base64": ""}, "the body is"),
        ({"filename": "a", "text": 1}, "text: Input should be"),
        ({"filename": "a", "base64": "%"}, "base64: Input should be base64"),
        ({"filename": "a|b", "text": ""}, "forbidden characters"),
        ({"filename": "a", "text": "", "size": 1}, "size: there is no such field. There are filename, text, "),
        ({"filename": "a", "text": "", "expires_in_seconds": 1}, "greater than or equal to 3600"),
    ],
)
def test_the_control_api_refuses_what_is_no_file(server: MockServer, body: object, message: str) -> None:
    """The error says what is wrong, and nothing is kept."""
    response = send(server, "POST", "/_mock/files", body, {"host": "127.0.0.1"})
    assert response.status == 400
    assert message in response.json["error"]["message"]
    assert send(server, "GET", "/v1/files").json["data"] == []
