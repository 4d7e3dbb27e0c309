"""Multipart bodies as clients send them, and uploads over HTTP."""

from typing import Any

from claudemock.control.client import MockServer
from tests.wire_client import Response, send

BOUNDARY = "xYzZY"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def field(name: str, value: str) -> bytes:
    """A scalar part."""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file_part(name: str | None, content: bytes, kind: str | None = "text/plain") -> bytes:
    """The part of the file; a name or kind of None is left out."""
    filename = "" if name is None else f'; filename="{name}"'
    typed = "" if kind is None else f"Content-Type: {kind}\r\n"
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"{filename}\r\n{typed}\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def form(
    name: str | None = "a.txt", content: bytes = b"hello", kind: str | None = "text/plain", **fields: str
) -> bytes:
    """A multipart body as SDKs send it: scalar fields first, then the file."""
    return b"".join(field(key, value) for key, value in fields.items()) + file_part(name, content, kind) + END


def upload(server: MockServer, *args: Any, headers: dict[str, str | None] | None = None, **fields: Any) -> Response:
    """POST /v1/files."""
    return send(server, "POST", "/v1/files", form(*args, **fields), {"content-type": FORM, **(headers or {})})


def uploaded(server: MockServer, *args: Any, **fields: Any) -> str:
    """The id of a new file."""
    response = upload(server, *args, **fields)
    assert response.status == 200, response.body
    return str(response.json["id"])
