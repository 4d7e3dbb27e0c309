"""Records of one JSON object per line: a journal of the mock's, or recordings of real traffic."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from claudemock_contracts.exchange import Exchange, from_journal, lowered, read_events, seconds, whole
from claudemock_contracts.sources.problem import SourceError, parse_json


def read_lines(lines: Iterable[bytes], name: str) -> Iterator[Exchange]:
    """The exchanges of a file with one JSON object per line; blank lines are passed over. Raises `SourceError`."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield read_record(parse_json(line.strip(), name, number), name, number)


def read_record(record: Any, name: str, number: int) -> Exchange:
    """One record, of either kind. Raises `SourceError`."""
    place = f"{name}:{number}"
    if isinstance(record, Mapping) and ("request_body" in record or "response_body" in record):
        return _recorded(record, name, place)
    try:
        found = from_journal(record)
    except ValueError as error:
        raise SourceError(f"{place}: {error}") from None
    return replace(found, id=place if found.id == "?" else found.id, source=found.source or place)


def _recorded(record: Mapping[str, Any], name: str, place: str) -> Exchange:
    """A flat record: `method path query request_headers request_body status response_headers response_body`."""
    events, origin = record.get("response_sse"), [record.get("source_repo"), record.get("source_path")]
    headers = lowered(record.get("request_headers"))
    return Exchange(
        id=str(record.get("id") or place),
        method=str(record.get("method") or "POST"),
        path=str(record.get("path") or "/v1/messages"),
        query=str(record.get("query") or ""),
        host=headers.get("host"),
        scope="/".join(str(part) for part in origin if part) or name,
        started=seconds(record.get("recorded_at")),
        headers=headers,
        body=record.get("request_body"),
        status=whole(record.get("status")),
        response_headers=lowered(record.get("response_headers")),
        response=record.get("response_body"),
        events=read_events(events) if isinstance(events, list) else None,
        source=place,
    )
