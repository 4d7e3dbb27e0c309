"""One door for all formats: a file is known by its content."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.sources.har import read_har
from claudemock_contracts.sources.lines import read_lines, read_record
from claudemock_contracts.sources.problem import SourceError, parse_json
from claudemock_contracts.sources.vcr import read_vcr

_GZIP = b"\x1f\x8b"


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file: journal or recordings as JSON lines or as a JSON list, HAR, or a VCR cassette.

    Gzip is undone. JSON lines and cassettes are read as they are asked for; a HAR document, or a list, at once. Raises
    `SourceError` for what is none of these, naming the line, and `OSError`.
    """
    with _opened(path) as file:
        try:
            yield from _sniffed(file, path.name.removesuffix(".gz"))
        except (EOFError, gzip.BadGzipFile) as error:
            raise SourceError(f"{path.name}: the gzip data is damaged: {error}") from None


def _sniffed(file: IO[bytes], name: str) -> Iterator[Exchange]:
    first = file.readline()
    while first and not first.strip():
        first = file.readline()
    start = first.lstrip(b"\xef\xbb\xbf \t")
    if not start:
        return
    if start[:1] not in (b"{", b"["):
        yield from read_vcr(cast("IO[bytes]", _Joined(first, file)), name)
    elif start[:1] == b"{" and _is_whole(start):
        document = parse_json(start, name, 1)
        if isinstance(document, dict) and ("log" in document or "exchanges" in document):
            yield from _document(document, name)
        else:
            yield from read_lines(chain([start], file), name)
    else:
        yield from _document(parse_json(start + file.read(), name, 1), name)


def _document(document: Any, name: str) -> Iterator[Exchange]:
    if isinstance(document, dict) and "log" in document:
        yield from read_har(document, name)
        return
    records = document.get("exchanges") if isinstance(document, dict) and "exchanges" in document else document
    for index, record in enumerate(records if isinstance(records, list) else [records], 1):
        yield read_record(record, f"{name} item", index)


def _is_whole(line: bytes) -> bool:
    """Whether a line is a JSON object by itself, or means to be: one that ends in a comma or brace goes on."""
    return line.rstrip().endswith(b"}")


class _Joined:
    """A file whose first line was read already."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        first, self._first = self._first, b""
        return first or self._rest.read(size)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as file:
        if file.peek(2)[:2] != _GZIP:
            yield file
            return
        with gzip.open(file) as unpacked:
            yield cast("IO[bytes]", unpacked)
