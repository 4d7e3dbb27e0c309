"""Files that a test puts onto the server itself, which may be downloadable, as no upload of a client is."""

from base64 import b64decode
from binascii import Error
from typing import Any

from claudemock.control.endpoints import Answer
from claudemock.files.names import BadFileError, clean_filename, lifetime, mime_type
from claudemock.files.shelf import Upload
from claudemock.journal import Exchange
from claudemock.script.spec import no_field
from claudemock.wire.errors import invalid_request
from claudemock.world import Scope, World

_FIELDS = {
    "filename": str,
    "text": str,
    "base64": str,
    "mime_type": str,
    "downloadable": bool,
    "workspace": str,
    "expires_in_seconds": int,
}


async def add_file(world: World, place: Scope, exchange: Exchange, data: Any) -> Answer:  # noqa: ARG001
    """POST files: `{"filename", "text" or "base64"}`, and `mime_type downloadable workspace expires_in_seconds`.

    Answers with the file object. `downloadable` is true unless said otherwise.
    """
    _check(data)
    try:
        kind = mime_type(data.get("mime_type"), data["filename"])
        name = clean_filename(data["filename"], kind)
        seconds = data.get("expires_in_seconds")
        lasting = lifetime(None if seconds is None else str(seconds))
    except BadFileError as error:
        raise invalid_request(str(error)) from None
    workspace = data.get("workspace") or exchange.key_workspace or "default"
    upload = Upload(workspace, name, kind, lasting, data.get("downloadable", True))
    return 201, place.files.add(_content(data), upload, place.clock.now()).to_json()


def _check(data: Any) -> None:
    if not isinstance(data, dict) or "filename" not in data or ("text" in data) is ("base64" in data):
        raise invalid_request('files: the body is {"filename": NAME, "text": TEXT} or {"filename": NAME, "base64": …}')
    for key, value in data.items():
        if key not in _FIELDS:
            raise invalid_request(f"{key}: {no_field(key, _FIELDS)}")
        if type(value) is not _FIELDS[key]:
            raise invalid_request(f"{key}: Input should be a valid {_FIELDS[key].__name__}")


def _content(data: dict[str, Any]) -> bytes:
    if "text" in data:
        return str(data["text"]).encode()
    try:
        return b64decode(data["base64"], validate=True)
    except (Error, ValueError):
        raise invalid_request("base64: Input should be base64") from None
