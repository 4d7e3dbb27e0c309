"""HAR 1.2, as browsers, proxies and load testers write it."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from claudemock_contracts.exchange import Exchange, number, seconds, whole
from claudemock_contracts.sources.problem import SourceError
from claudemock_contracts.sources.texts import body_of


def read_har(document: Any, name: str) -> Iterator[Exchange]:
    """The exchanges of a HAR document. Raises `SourceError`."""
    log = document.get("log") if isinstance(document, Mapping) else None
    entries = log.get("entries") if isinstance(log, Mapping) else None
    if not isinstance(entries, list):
        raise SourceError(f"{name}: a HAR file has a list at log.entries; this has none")
    for index, entry in enumerate(entries):
        place = f"{name}: log.entries.{index}"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("request"), Mapping):
            raise SourceError(f"{place}: an entry is an object with `request` and `response`")
        yield _exchange(entry, name, place)


def _exchange(entry: Mapping[str, Any], name: str, place: str) -> Exchange:
    request, shown = entry["request"], entry.get("response")
    response = shown if isinstance(shown, Mapping) else {}
    address = urlsplit(str(request.get("url") or ""))
    posted, content = request.get("postData"), response.get("content")
    waited = entry.get("timings")
    timings = waited if isinstance(waited, Mapping) else {}
    total = number(entry.get("time"))
    receive = number(timings.get("receive"))
    status = whole(response.get("status"))
    return Exchange(
        id=str(entry.get("_id") or place.removeprefix(f"{name}: ")),
        method=str(request.get("method") or "GET"),
        path=address.path or "/",
        query=address.query,
        host=address.netloc.rpartition("@")[2] or None,
        scope=name,
        started=seconds(entry.get("startedDateTime")),
        headers=_headers(request.get("headers")),
        body=body_of(posted.get("text") if isinstance(posted, Mapping) else None),
        status=status or None,
        response_headers=_headers(response.get("headers")),
        response=body_of(_content(content)),
        first_byte_ms=0.0,
        response_start_ms=None if total is None or receive is None or receive < 0 else max(total - receive, 0.0),
        end_ms=total,
        source=place,
    )


def _content(content: object) -> str | None:
    if not isinstance(content, Mapping) or not isinstance(content.get("text"), str):
        return None
    text: str = content["text"]
    if content.get("encoding") != "base64":
        return text
    try:
        return b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return text


def _headers(pairs: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs if isinstance(pairs, Iterable) else ():
        if isinstance(pair, Mapping) and isinstance(pair.get("name"), str):
            name, value = pair["name"].lower(), str(pair.get("value") or "")
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found
