"""One uploaded file out of a multipart body, as it arrives: fields in memory, the file's bytes to where they are kept.

The parser is python-multipart's own; Starlette's form reader around it would keep a file on disk of which nobody knows.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from claudemock.wire.errors import ApiError, invalid_request

_MOST_PARTS = 64
_MOST_HEADER = 8_192  # bytes of one part's headers
_MOST_FIELD = 1_024  # bytes; the endpoint's own field is a number
_FILE = "file"


class Described(NamedTuple):
    """What the headers of the file part say."""

    filename: str | None
    content_type: str | None


class FormReader:
    """Reads a multipart body piece by piece.

    The file's bytes go to `write`; `fields` and `file` (None so far) hold the rest. Bodies that are no form with one
    file are refused: every method raises `ApiError` 400.
    """

    def __init__(self, content_type: str, write: Callable[[bytes], None]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data":
            raise missing_file()
        if not boundary:
            raise _unreadable("Missing boundary")
        self.fields: dict[str, str] = {}
        self.file: Described | None = None
        self._write = write
        self._parts = 0
        self._whole = False
        self._name = ""
        self._field = bytearray()
        self._headers: list[tuple[bytes, bytes]] = []
        self._header_bytes = 0
        self._header_name = self._header_value = b""
        callbacks: Any = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._name_of_header,
            "on_header_value": self._value_of_header,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._data,
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError as error:
            raise _unreadable(str(error)) from None

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _unreadable(str(error)) from None

    def finish(self) -> Described:
        """The body is over: the file it had."""
        if not self._whole:
            raise _unreadable("the last boundary is missing") if self._parts else missing_file()
        if self.file is None:
            raise missing_file()
        return self.file

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _unreadable(f"Too many parts. Maximum number of parts is {_MOST_PARTS}.")
        self._name, self._headers, self._header_bytes = "", [], 0
        self._header_name = self._header_value = b""
        self._field.clear()

    def _name_of_header(self, data: bytes, start: int, end: int) -> None:
        self._header_name += self._counted(data[start:end])

    def _value_of_header(self, data: bytes, start: int, end: int) -> None:
        self._header_value += self._counted(data[start:end])

    def _counted(self, piece: bytes) -> bytes:
        self._header_bytes += len(piece)
        if self._header_bytes > _MOST_HEADER:
            raise _unreadable(f"the headers of a part are over {_MOST_HEADER} bytes")
        return piece

    def _header_ends(self) -> None:
        self._headers.append((self._header_name.lower(), self._header_value))
        self._header_name = self._header_value = b""

    def _headers_end(self) -> None:
        headers = dict(self._headers)
        _, options = parse_options_header(headers.get(b"content-disposition"))
        if b"name" not in options:
            raise _unreadable("a part has no name")
        self._name = _text(options[b"name"])
        if self._name != _FILE:
            return
        if self.file is not None:
            raise invalid_request("file: only one file can be uploaded at a time")
        declared = headers.get(b"content-type")
        filename = options.get(b"filename")
        self.file = Described(
            None if filename is None else _text(filename), None if declared is None else declared.decode("latin-1")
        )

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._name == _FILE:
            self._write(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > _MOST_FIELD:
            raise _unreadable(f"field {self._name[:40]!r} is over {_MOST_FIELD} bytes")

    def _part_ends(self) -> None:
        if self._name != _FILE:
            self.fields[self._name] = _text(bytes(self._field))

    def _end(self) -> None:
        self._whole = True


def missing_file() -> ApiError:
    """400: the form has no file."""
    return invalid_request("file: Field required")


def _unreadable(why: str) -> ApiError:
    return invalid_request(f"The multipart body could not be read: {why}")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
