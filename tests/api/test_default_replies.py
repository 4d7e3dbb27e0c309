"""What the mock says unscripted: it follows from what was asked, obeys a forced tool, and says so when it cannot."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from claudemock.control.client import MockServer
from claudemock.serving import serve
from tests.wire_client import Response, ask

Schema = dict[str, Any]
BETA = {"anthropic-beta": "computer-use-2025-11-24,mcp-client-2025-11-20"}


@pytest.fixture(scope="module")
def lenient() -> Iterator[MockServer]:
    """A server that looks at the shape of requests only."""
    with serve(checks="wire") as running:
        yield running


def closed(**properties: Any) -> Schema:
    """An object that has exactly these properties."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def force(server: MockServer, schema: Schema) -> Response:
    """Force a tool with this schema."""
    tool = {"name": "a", "input_schema": schema}
    return ask(server, tools=[tool], tool_choice={"type": "tool", "name": "a"}, max_tokens=50_000)


def nested(depth: int) -> Schema:
    """Objects within each other."""
    schema: Schema = {"type": "string"}
    for _ in range(depth):
        schema = closed(a=schema)
    return schema


def wide(depth: int) -> Schema:
    """Eight properties in each of eight properties, and so on."""
    return {"type": "string"} if depth == 0 else closed(**{f"k{at}": wide(depth - 1) for at in range(8)})


POSSIBLE: dict[str, Schema] = {
    "a format too long": closed(d={"type": "string", "format": "date-time", "maxLength": 10}),
    "an anchor": {**closed(d={"$ref": "#q"}), "$defs": {"x": {"$anchor": "q", "const": 3}}},
    "its own id": {
        **closed(d={"$ref": "https://example.com/s.json#/$defs/x"}),
        "$id": "https://example.com/s.json",
        "$defs": {"x": {"const": 3}},
    },
    "an id inside": {**closed(d={"$ref": "x.json"}), "$defs": {"x": {"$id": "x.json", "const": 3}}},
    "open options": closed(
        d={
            "oneOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}},
                {"type": "object", "properties": {"b": {"type": "integer"}}},
            ]
        }
    ),
}
IMPOSSIBLE: dict[str, tuple[Schema, str]] = {
    "a group again": (closed(d={"type": "string", "pattern": r"^(a|b)\1$"}), "$.d: pattern"),
    "a class of Unicode": (closed(d={"type": "string", "pattern": r"^\p{L}+$"}), "$.d: pattern"),
    "half a character": (closed(d={"type": "string", "pattern": r"^\uD800$"}), "$.d: pattern"),
    "an option too short": (closed(d={"enum": ["a"], "minLength": 5}), "$.d: enum"),
    "no option": (closed(d={"enum": []}), "$.d: enum"),
    "a billion items": (closed(d={"type": "array", "minItems": 1e9}), "$.d: minItems"),
    "a number beyond the wire": (closed(d={"type": "integer", "minimum": 1e30}), "64-bit"),
    "deep": (nested(150), ": depth"),
    "wide": (wide(5), ": complexity"),
}


@pytest.mark.parametrize("case", POSSIBLE)
def test_valid_schemas_are_obeyed(server: MockServer, case: str) -> None:
    """A forced tool is called with an input its schema accepts, whichever keywords say what that is."""
    response = force(server, POSSIBLE[case])
    assert response.status == 200, response.body
    Draft202012Validator(POSSIBLE[case]).validate(response.json["content"][0]["input"])


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_no_input_is_a_refusal_that_says_where(server: MockServer, lenient: MockServer, case: str) -> None:
    """A schema for which nothing is found is the request's fault, never a 500, and the message names the place."""
    schema, place = IMPOSSIBLE[case]
    for each in (server, lenient):
        status, kind, message = force(each, schema).error
        assert (status, kind) == (400, "invalid_request_error")
        assert message.startswith("claudemock: no input could be made for tool 'a' (")
        assert place in message
        assert message.endswith("; script a reply for it")
        assert len(message) < 300


def test_a_format_without_a_value_is_refused_alike(lenient: MockServer) -> None:
    """Structured output says the same of its schema."""
    schema = closed(d={"enum": ["a"], "minLength": 5})
    response = ask(lenient, output_config={"format": {"type": "json_schema", "schema": schema}})
    expected = "claudemock: no JSON could be made for the output format ($.d: enum); script a reply for it"
    assert response.error == (400, "invalid_request_error", expected)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": 5}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "nothing"}}, "required": ["a"]},
        {"type": "object", "required": [[1]]},
        {"type": "object", "allOf": [7]},
    ],
)
def test_what_is_no_schema_is_refused_when_it_is_needed(lenient: MockServer, schema: Schema) -> None:
    """With `--checks wire` a malformed schema gets that far; it still ends in a refusal."""
    status, kind, message = force(lenient, schema).error
    assert (status, kind) == (400, "invalid_request_error")
    assert "($: draft 2020-12)" in message


@pytest.mark.parametrize("depth", range(235, 260, 2))
def test_constants_as_deep_as_messages_can_be(lenient: MockServer, depth: int) -> None:
    """A constant that alone could be written, but not inside a message, is refused; one that can be is used."""
    constant: Any = 1
    for _ in range(depth):
        constant = [constant]
    response = force(lenient, closed(d={"const": constant}))
    if response.status == 200:
        assert response.json["content"][0]["input"] == {"d": constant}
    else:
        assert response.error[:2] == (400, "invalid_request_error")


CLIENTS = [
    ({"type": "bash_20250124", "name": "bash"}, {"command"}),
    ({"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}, {"command", "path"}),
    ({"type": "memory_20250818", "name": "memory"}, {"command", "path"}),
    (
        {"type": "computer_20251124", "name": "computer", "display_width_px": 800, "display_height_px": 600},
        {"action"},
    ),
]


@pytest.mark.parametrize(("tool", "keys"), CLIENTS)
@pytest.mark.parametrize("kind", ["any", "tool"])
def test_tools_of_the_apis_making_are_called(lenient: MockServer, tool: Any, keys: set[str], kind: str) -> None:
    """A tool that the client runs is called though the request has no schema for it."""
    choice = {"type": kind, **({"name": tool["name"]} if kind == "tool" else {})}
    response = ask(lenient, tools=[tool], tool_choice=choice, headers=dict(BETA))
    assert response.status == 200, response.body
    message = response.json
    assert message["stop_reason"] == "tool_use"
    (call,) = message["content"]
    assert (call["type"], call["name"], set(call["input"])) == ("tool_use", tool["name"], keys)


@pytest.mark.parametrize("family", ["computer", "browser"])
@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "screenshot"}])
def test_a_member_of_a_toolset_is_called(lenient: MockServer, family: str, choice: Any) -> None:
    """It is the one that needs no input, and the call says of which family it is."""
    response = ask(lenient, tools=[{"type": f"{family}_toolset_20260801"}], tool_choice=choice)
    assert response.status == 200, response.body
    (call,) = response.json["content"]
    assert (call["name"], call["input"], call["toolset_name"]) == ("screenshot", {}, family)


WITHOUT_SCREENSHOT = {"type": "computer_toolset_20260801", "configs": {"screenshot": {"enabled": False}}}


@pytest.mark.parametrize(
    ("tools", "choice", "said"),
    [
        ([{"type": "web_search_20250305", "name": "web_search"}], None, "tool 'web_search' runs on the API's side"),
        (
            [{"type": "bash_20250124", "name": "bash"}, {"type": "web_fetch_20250910", "name": "web_fetch"}],
            "web_fetch",
            "tool 'web_fetch' runs on the API's side",
        ),
        ([{"type": "code_execution_20250825", "name": "code_execution"}], None, "tool 'code_execution' runs on"),
        ([WITHOUT_SCREENSHOT], None, "no call of a member of 'computer_toolset_20260801' could be"),
        (
            [{"type": "computer_toolset_20260801"}, {"type": "web_search_20250305", "name": "web_search"}],
            "web_search",
            "tool 'web_search' runs on the API's side",
        ),
        ([{"type": "bash_20250124", "name": "bash"}], "zoom", "tool 'zoom' has no definition to call it by"),
    ],
)
def test_what_the_client_cannot_run_is_not_called(lenient: MockServer, tools: Any, choice: Any, said: str) -> None:
    """Forcing a tool of the API's own needs a script, and the refusal says which tool."""
    forced = {"type": "tool", "name": choice} if choice else {"type": "any"}
    status, kind, message = ask(lenient, tools=tools, tool_choice=forced).error
    assert (status, kind) == (400, "invalid_request_error")
    assert message.startswith(f"claudemock: {said}")
    assert message.endswith("; script a reply for it")


def test_any_prefers_what_the_client_can_run(server: MockServer) -> None:
    """A server tool beside a tool of the client's own is passed over."""
    tools = [
        {"type": "web_search_20250305", "name": "web_search"},
        {"name": "mine", "input_schema": {"type": "object"}},
    ]
    for word in ("one", "two", "three"):
        content = ask(server, word, tools=tools, tool_choice={"type": "any"}).json["content"]
        assert [block.get("name") for block in content] == ["mine"]


def test_a_forced_tool_comes_before_a_format(server: MockServer) -> None:
    """With both, the tool is called; the format is for texts."""
    message = ask(
        server,
        tools=[{"name": "a", "input_schema": {"type": "object"}}],
        tool_choice={"type": "any"},
        output_config={"format": {"type": "json_schema", "schema": closed(d={"type": "string"})}},
    ).json
    assert [block["type"] for block in message["content"]] == ["tool_use"]


def streamed(response: Response, kind: str) -> str:
    """The deltas of a kind, joined."""
    lines = [json.loads(line[6:]) for line in response.body.decode().splitlines() if line.startswith("data: ")]
    deltas = [line["delta"] for line in lines if line["type"] == "content_block_delta"]
    return "".join(delta.get(kind, "") for delta in deltas)


def test_the_text_depends_on_the_request_alone(server: MockServer, lenient: MockServer) -> None:
    """Asked again, of another server, as a stream, or spelled otherwise: the same text; only ids differ."""
    first, again = ask(server, "Hi").json, ask(server, "Hi").json
    assert first["content"] == again["content"]
    assert first["id"] != again["id"]
    assert ask(lenient, "Hi").json["content"] == first["content"]
    assert ask(server, [{"type": "text", "text": "Hi"}], stream=False).json["content"] == first["content"]
    assert streamed(ask(server, "Hi", stream=True), "text") == first["content"][0]["text"]
    assert ask(server, "Hi", system="Be kind.").json["content"] != first["content"]


def test_generated_inputs_depend_on_the_request_alone(server: MockServer) -> None:
    """Create and stream call a tool with the same input, and so does a repetition; another question varies it."""
    schema = closed(city={"type": "string"}, count={"type": "integer"}, ratio={"type": "number"})
    asked: dict[str, Any] = {"tools": [{"name": "a", "input_schema": schema}], "tool_choice": {"type": "any"}}
    first = ask(server, "Hi", **asked).json["content"][0]["input"]
    assert ask(server, "Hi", **asked).json["content"][0]["input"] == first
    assert json.loads(streamed(ask(server, "Hi", **asked, stream=True), "partial_json")) == first
    others = [ask(server, f"Hi {at}", **asked).json["content"][0]["input"] for at in range(5)]
    assert any(other != first for other in others)
