"""VCR cassettes: YAML of vcrpy (Python), VCR (Ruby), go-vcr and php-vcr, read one interaction at a time."""

import zlib
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import IO, Any
from urllib.parse import urlsplit

import yaml

from claudemock_contracts.exchange import Exchange, lowered, seconds, whole
from claudemock_contracts.sources.problem import SourceError
from claudemock_contracts.sources.texts import body_of

_KEYS = ("interactions", "http_interactions")
_Loader: type[yaml.SafeLoader] | type[yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_vcr(file: IO[bytes], name: str) -> Iterator[Exchange]:
    """The exchanges of a cassette. Raises `SourceError`, with the line."""
    loader = _Loader(file)
    try:
        root = loader.get_single_node()
        for number, node in enumerate(_interactions(root, name), 1):
            place = f"{name}:{node.start_mark.line + 1}"
            yield _exchange(loader.construct_document(node), name, place, number)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = name if mark is None else f"{name}:{mark.line + 1}, column {mark.column + 1}"
        raise SourceError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}") from None
    finally:
        loader.dispose()


def _interactions(root: Any, name: str) -> list[Any]:
    nodes = [root] if isinstance(root, yaml.SequenceNode) else []
    if isinstance(root, yaml.MappingNode):
        nodes = [value for key, value in root.value if key.value in _KEYS]
    if not nodes or not isinstance(nodes[0], yaml.SequenceNode):
        raise SourceError(
            f"{name}: neither a journal nor HAR, which are JSON, nor a cassette, which is YAML with a list under "
            "`interactions` or `http_interactions`"
        )
    return list(nodes[0].value)


def _exchange(shown: Any, name: str, place: str, number: int) -> Exchange:
    if not isinstance(shown, Mapping) or not isinstance(shown.get("request"), Mapping):
        raise SourceError(f"{place}: an interaction is an object with `request` and `response`")
    request, answered = shown["request"], shown.get("response")
    response = answered if isinstance(answered, Mapping) else {}
    address = urlsplit(str(request.get("uri") or request.get("url") or ""))
    status = response.get("status")
    code = whole(status.get("code")) if isinstance(status, Mapping) else whole(status) or whole(response.get("code"))
    headers = lowered(response.get("headers"))
    return Exchange(
        id=f"{name}#{number}",
        method=str(request.get("method") or "GET").upper(),
        path=address.path or "/",
        query=address.query,
        host=address.netloc.rpartition("@")[2] or None,
        scope=name,
        started=_recorded(shown, headers),
        headers=lowered(request.get("headers")),
        body=_body(request.get("body", request.get("parsed_body")), {}),
        status=code,
        response_headers=headers,
        response=_body(response.get("body", response.get("parsed_body")), headers),
        source=place,
    )


def _body(body: Any, headers: Mapping[str, str]) -> Any:
    if isinstance(body, Mapping) and ("string" in body or "encoding" in body):
        body = body.get("string")
    if isinstance(body, bytes) and body[:2] == b"\x1f\x8b" and "gzip" in headers.get("content-encoding", "gzip"):
        try:
            body = zlib.decompress(body, 31)
        except zlib.error:
            return None
    return body_of(body)


def _recorded(shown: Mapping[str, Any], headers: Mapping[str, str]) -> float | None:
    """When it was recorded: as the cassette says, else the answer's `date`."""
    told = shown.get("recorded_at")
    for text in (told, headers.get("date")):
        if isinstance(text, str):
            try:
                return parsedate_to_datetime(text).timestamp()
            except ValueError:
                found = seconds(text)
                if found is not None:
                    return found
    return None
