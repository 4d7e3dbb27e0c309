"""Whatever bytes arrive, the answer is a reply or the API's error envelope: never a 5xx, never a hang.

`CLAUDEMOCK_FUZZ=10000 pytest tests/fuzz` (or `make fuzz`) sends that many bodies; the ordinary run sends a tenth.
"""

import copy
import json
import os
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.wire_client import HEADERS

BUDGET = int(os.environ.get("CLAUDEMOCK_FUZZ", "1000"))
PATHS = st.sampled_from(["/v1/messages"] * 4 + ["/v1/messages/count_tokens", "/_mock/replies", "/_mock/clock"])
VERSIONS = st.sampled_from(["2023-06-01", "2026-10-21"])
BETAS = st.sampled_from(
    [None, "context-management-2025-06-27,compact-2026-01-12", "mcp-client-2025-11-20", "message-threads-2026-08-12"]
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 1, 2**31, 2**63, 2**64, 10**400]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "user", "assistant", "system", "text", "tool_use", "ephemeral", "claude-opus-4-8", "toolu_1"]),
)
KEYS = st.sampled_from(
    ["type", "role", "content", "text", "id", "name", "input", "source", "cache_control", "tool_use_id", "data", "x"]
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
VALID: dict[str, Any] = {
    "model": "claude-haiku-4-5",
    "max_tokens": 2000,
    "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "messages": [
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm", "signature": "Eabc"},
                {"type": "text", "text": "Let me look.", "citations": None},
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "4"}],
                    "is_error": False,
                },
                {
                    "type": "image",
                    "source": {
                        "type": "base64",
                        "media_type": "image/gif",
                        "data": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
                    },
                },
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "A plain text."},
                    "citations": {"enabled": True},
                    "title": "t",
                },
                {"type": "text", "text": "And?", "cache_control": {"type": "ephemeral"}},
            ],
        },
    ],
    "tools": [
        {
            "name": "get_weather",
            "description": "d",
            "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
    ],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "stop_sequences": ["stop"],
    "metadata": {"user_id": "u"},
    "stream": False,
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


PLACES = [place for place in places(VALID) if place]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid request with one to three places replaced, removed, doubled or given a stranger."""
    body = copy.deepcopy(VALID)
    for _ in range(draw(st.integers(0, 3))):
        *parents, last = draw(st.sampled_from(PLACES))
        holder: Any = body
        try:
            for step in parents:
                holder = holder[step]
            match draw(st.sampled_from(["replace", "remove", "double", "add"])):
                case "replace":
                    holder[last] = draw(JUNK)
                case "remove":
                    del holder[last]
                case "double" if isinstance(holder, list):
                    holder.insert(last, copy.deepcopy(holder[last]))
                case _ if isinstance(holder, dict):
                    holder[draw(KEYS)] = draw(JUNK)
        except (LookupError, TypeError):
            continue  # an earlier mutation took the place away
    return json.dumps(body).encode()


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    """Texts that parsers trip over: depth, encodings, numbers, surrogates, doubled keys."""
    depth = draw(st.integers(1, 3000))
    raw = json.dumps(VALID)
    return draw(
        st.sampled_from(
            [
                b"[" * depth + b"]" * depth,
                b'{"a":' * depth + b"1" + b"}" * depth,
                raw.replace('"Weather?"', "[" * depth + "]" * depth).encode(),
                raw.replace('{"city": "Oslo"}', '{"a":' * depth + "1" + "}" * depth).encode(),
                raw.replace('{"type": "string"}', '{"items":' * depth + "{}" + "}" * depth).encode(),
                raw.encode("utf-16"),
                raw.replace("Weather", "W\u00e9").encode("latin-1"),
                b"\xef\xbb\xbf" + raw.encode(),
                raw.replace("2000", "1e999").encode(),
                raw.replace("2000", "9" * 5000).encode(),
                raw.replace("2000", "-0").encode(),
                raw.replace("2000", "NaN").encode(),
                raw.replace("Oslo", "\\ud800").encode(),
                raw.replace("Oslo", "\x00\x01").encode(),
                raw.replace('"stream": false', '"stream": false, "stream": true, "model": "x"').encode(),
                raw.replace('"type": "text"', '"type": "text", "type": "image"').encode(),
                raw.encode()[: draw(st.integers(0, len(raw)))],
            ]
        )
    )


KEYWORDS = [
    "type",
    "enum",
    "const",
    "pattern",
    "format",
    "minLength",
    "minimum",
    "exclusiveMinimum",
    "multipleOf",
    "properties",
    "required",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "minItems",
    "uniqueItems",
    "minProperties",
    "patternProperties",
    "propertyNames",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "dependentRequired",
    "dependencies",
    "examples",
    "default",
    "$ref",
    "$id",
    "$anchor",
    "$defs",
]
LEAVES = st.sampled_from(
    [
        {"type": "string", "pattern": r"^(a|b)\1$"},
        {"type": "string", "pattern": r"^\p{L}+$"},
        {"type": "string", "pattern": r"^\uD800$"},
        {"type": "string", "format": "date-time", "maxLength": 10},
        {"type": "string", "minLength": 10**9},
        {"type": "integer", "minimum": 1e30},
        {"type": "number", "minimum": 1e308, "multipleOf": 3e307},
        {"type": "number", "exclusiveMinimum": 1.7e308},
        {"type": "array", "minItems": 1e9},
        {"type": "array", "items": {"enum": [1, 1.0, True]}, "minItems": 3, "uniqueItems": True},
        {"enum": ["a"], "minLength": 5},
        {"enum": []},
        {"const": {"x": [None, 1.5]}},
        {"not": {}},
        {"$ref": "#q"},
        {"$ref": "#"},
        {"$ref": "#/$defs/D"},
        {"$ref": "https://example.com/s.json#/$defs/D"},
        {"$ref": "https://example.org/elsewhere.json"},
        {"oneOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "integer"}}}]},
        True,
        False,
    ]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=3).map(
            lambda parts: {"type": "object", "properties": parts, "required": [*parts]}
        ),
        inner.map(lambda part: {"type": "array", "items": part, "minItems": 1}),
        st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda parts: st.sampled_from([{word: parts} for word in ("allOf", "anyOf", "oneOf", "prefixItems")])
        ),
        st.tuples(inner, st.integers(1, 200)).map(lambda pair: within(*pair)),
    ),
    max_leaves=6,
)


def within(schema: Any, depth: int) -> Any:
    """The schema as the innermost property of so many objects."""
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


@st.composite
def demanding(draw: st.DrawFn, parts: st.SearchStrategy[Any]) -> bytes:
    """A request whose answer has to satisfy a schema: of a forced tool, or of the output."""
    schema = {
        "$id": "https://example.com/s.json",
        "type": "object",
        "properties": {"d": draw(parts)},
        "required": ["d"],
        "$defs": {"D": {"$anchor": "q", **draw(st.sampled_from([{"const": 3}, {"$ref": "#/properties/d"}]))}},
    }
    body: dict[str, Any] = {
        "model": "claude-opus-4-8",
        "max_tokens": 2000,
        "messages": [{"role": "user", "content": "Go"}],
        "stream": draw(st.booleans()),
    }
    if draw(st.booleans()):
        body |= {"tools": [{"name": "a", "input_schema": schema}], "tool_choice": {"type": "any"}}
    else:
        body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return json.dumps(body).encode()


@pytest.fixture(scope="module")
def lenient() -> Iterator[HTTPConnection]:
    """A connection to a server that looks at the shape of requests only, so that schemas arrive unchecked."""
    with serve(checks="wire") as running:
        url = urlsplit(running.base_url)
        made = HTTPConnection(url.hostname or "", url.port, timeout=60)
        yield made
        made.close()


@pytest.fixture(scope="module")
def connection(root: MockServer) -> Iterator[HTTPConnection]:
    """One connection kept alive: an answer that breaks the protocol breaks the next test too."""
    url = urlsplit(root.base_url)
    made = HTTPConnection(url.hostname or "", url.port, timeout=60)
    yield made
    made.close()


def answered(connection: HTTPConnection, path: str, body: bytes, version: str, beta: str | None) -> None:
    """The server answers with a message or with exactly the API's envelope."""
    headers = {**HEADERS, "anthropic-version": version, **({"anthropic-beta": beta} if beta else {})}
    connection.request("POST", f"/s/fuzz{path}", body, headers)
    response = connection.getresponse()
    raw = response.read()
    assert response.status < 500, raw
    if response.status >= 400:
        envelope = json.loads(raw)
        assert list(envelope) == ["type", "error", "request_id"]
        assert envelope["error"]["type"] in {"invalid_request_error", "not_found_error", "request_too_large"}
        assert envelope["error"]["message"]
        assert envelope["request_id"] == response.headers["request-id"]


def fuzz(share: float) -> settings:
    """Settings for this share of the budget."""
    return settings(
        max_examples=max(10, int(BUDGET * share)),
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@fuzz(0.6)
@given(mutated(), PATHS, VERSIONS, BETAS)
def test_mutated_requests(connection: HTTPConnection, body: bytes, path: str, version: str, beta: str | None) -> None:
    """Requests that are almost right."""
    answered(connection, path, body, version, beta)


@fuzz(0.2)
@given(st.binary(max_size=300) | JUNK.map(lambda value: json.dumps(value).encode()), PATHS, VERSIONS, BETAS)
def test_garbage(connection: HTTPConnection, body: bytes, path: str, version: str, beta: str | None) -> None:
    """Bytes and JSON that mean nothing."""
    answered(connection, path, body, version, beta)


@fuzz(0.2)
@given(hostile(), PATHS, VERSIONS, BETAS)
def test_hostile_texts(connection: HTTPConnection, body: bytes, path: str, version: str, beta: str | None) -> None:
    """Depth, encodings, numbers, doubled keys."""
    answered(connection, path, body, version, beta)


@fuzz(0.1)
@given(demanding(SCHEMAS))
def test_demanding_schemas(connection: HTTPConnection, lenient: HTTPConnection, body: bytes) -> None:
    """Valid schemas that are hard or impossible to satisfy."""
    for each in (connection, lenient):
        answered(each, "/v1/messages", body, "2023-06-01", None)


@fuzz(0.1)
@given(demanding(JUNK | st.dictionaries(st.sampled_from(KEYWORDS), JUNK, max_size=3)))
def test_what_is_no_schema(connection: HTTPConnection, lenient: HTTPConnection, body: bytes) -> None:
    """Whatever stands where a schema should, checked beforehand or not."""
    for each in (connection, lenient):
        answered(each, "/v1/messages", body, "2023-06-01", None)


@settings(
    max_examples=max(20, BUDGET // 20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=60), st.binary(max_size=40))
def test_paths_and_queries(connection: HTTPConnection, path: str, query: bytes) -> None:
    """Any path and query: an answer in the envelope, or one of the endpoints'."""
    quoted = "".join(f"%{byte:02x}" for byte in query)
    for prefix in ("/", "/v1/models/", "/v1/models?limit=", "/v1/files?page=", "/_mock/exchanges?status=", "/s/"):
        connection.putrequest("GET", f"{prefix}{path.replace('#', '')}{quoted}", skip_accept_encoding=True)
        for name, value in HEADERS.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        assert response.status < 500, response.read()
        response.read()
