"""/v1/files: upload, list, metadata, delete, in today's shapes and the old beta's."""

import re
from typing import Any

import pytest

from claudemock.control.client import MockServer
from tests.wire_client import Response, send

BOUNDARY = "xYzZY"


def form(name: str | None = "a.txt", content: bytes = b"hello", kind: str = "text/plain", **fields: str) -> bytes:
    """A multipart body as SDKs send it: scalar fields first, then the file."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    filename = "" if name is None else f'; filename="{name}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"{filename}\r\nContent-Type: {kind}\r\n\r\n'
    return "".join(parts).encode() + head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(server: MockServer, *args: Any, headers: dict[str, str | None] | None = None, **fields: Any) -> Response:
    """POST /v1/files."""
    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return send(server, "POST", "/v1/files", form(*args, **fields), {**kind, **(headers or {})})


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
    [("../../etc/passwd", "passwd"), ("C:\\\\temp\\\\a.txt", "a.txt"), ("", "unnamed.txt")],
)
def test_names_are_cleaned(server: MockServer, name: str, kept: str) -> None:
    """Only the last path component is kept; nothing gets a default name by its type."""
    assert upload(server, name).json["filename"] == kept


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
        (b"garbage", f"multipart/form-data; boundary={BOUNDARY}"),
        (form()[:-20], f"multipart/form-data; boundary={BOUNDARY}"),
        (form(), "multipart/form-data"),
        (form(), "multipart/form-data; boundary=other"),
        (form(), "application/json"),
        (form("a|b.txt"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form("x" * 300), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(name=None), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(expires_in_seconds="10"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form(expires_in_seconds="soon"), f"multipart/form-data; boundary={BOUNDARY}"),
        (form() * 2, "multipart/form-data; boundary=\xff"),
        (b"".join(form()[:-10] for _ in range(50)), f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
def test_bad_uploads_leave_nothing(server: MockServer, body: bytes, kind: str) -> None:
    """Every broken upload is a 400 in the API's envelope and keeps no file."""
    response = send(server, "POST", "/v1/files", body, {"content-type": kind})
    assert response.error[:2] == (400, "invalid_request_error")
    assert send(server, "GET", "/v1/files").json["data"] == []
