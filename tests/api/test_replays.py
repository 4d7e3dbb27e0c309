"""Recorded requests whose headers a recorder has damaged are served; live ones are judged by the headers they have."""

from collections.abc import Iterator
from typing import Any

import pytest

from claudemock import serve
from claudemock.control.client import MockServer
from tests.checks.cases import Json, assistant, call, result, user
from tests.wire_client import send

SERVER = {"type": "url", "name": "files", "url": "https://example.com/mcp"}
MCP_CALL = {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "ls", "server_name": "files", "input": {}}
MCP_RESULT = {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "content": "a.txt"}
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
LOST = [
    pytest.param({"context_management": {"edits": []}}, id="a parameter"),
    pytest.param({"context_management": {"edits": [{"type": "compact_20260112"}]}}, id="compaction"),
    pytest.param({"mcp_servers": [SERVER], "tools": [{"type": "mcp_toolset", "mcp_server_name": "files"}]}, id="tools"),
    pytest.param({"mcp_servers": [SERVER]}, id="servers of the first MCP beta, which knew no toolsets"),
    pytest.param({"messages": [user("a"), assistant(MCP_CALL, MCP_RESULT), user("b")]}, id="blocks"),
    pytest.param({"output_format": {"type": "json_schema", "schema": SCHEMA}}, id="an old parameter"),
    pytest.param({"output_config": {"task_budget": {"type": "tokens", "total": 20_000}}}, id="a field of a parameter"),
]


def body(**changes: Any) -> Json:
    """A request that any version and beta takes, with changes."""
    return {"model": "claude-opus-4-8", "max_tokens": 64, "messages": [user("Hi")], **changes}


@pytest.fixture(scope="module")
def replays() -> Iterator[MockServer]:
    """A server for replays."""
    with serve(models="known") as server:
        yield server


@pytest.mark.parametrize("changes", LOST)
def test_a_replay_without_its_beta_header_is_served(replays: MockServer, server: MockServer, changes: Json) -> None:
    """Where retired models answer, recordings are replayed; elsewhere a program that forgot the header is told so."""
    assert send(replays, "POST", "/v1/messages", body(**changes)).status == 200
    assert send(server, "POST", "/v1/messages", body(**changes)).status == 400


def test_a_header_that_is_there_counts(replays: MockServer) -> None:
    """A recorder that kept the header kept all of it."""
    asked = body(context_management={"edits": []})
    answered = send(replays, "POST", "/v1/messages", asked, {"anthropic-beta": "task-budgets-2026-03-13"})
    assert answered.error[2] == "context_management: Extra inputs are not permitted"


def test_counting_a_replay_is_as_kind(replays: MockServer) -> None:
    """What can be sent can be counted."""
    asked = body(context_management={"edits": []})
    del asked["max_tokens"]
    assert send(replays, "POST", "/v1/messages/count_tokens", asked).status == 200


@pytest.mark.parametrize("odd", [None, 5, "x", [5], {"a": 1}, [{"content": [5, None]}]])
@pytest.mark.parametrize("field", ["messages", "tools", "thinking", "output_config", "system"])
def test_odd_json_is_refused_as_ever(replays: MockServer, server: MockServer, field: str, odd: Any) -> None:
    """Looking for betas fails on nothing."""
    strict, kind = (send(each, "POST", "/v1/messages", body(**{field: odd})) for each in (server, replays))
    assert kind.status == strict.status
    if kind.status != 200:
        assert kind.error == strict.error


def test_a_growing_replay_is_read_on(replays: MockServer) -> None:
    """Betas found in the whole conversation hold for what comes after it."""
    turns = [user("word " * 4000), assistant(MCP_CALL, MCP_RESULT)]
    for number in range(3):
        turns.append(user(f"{number}"))
        assert send(replays, "POST", "/v1/messages", body(messages=turns)).status == 200
        turns += [assistant(call(f"t{number}")), user(result(f"t{number}")), assistant("Yes.")]


def test_claude_code_and_redacted_versions(server: MockServer) -> None:
    """These two are known without any setting: no live client sends them."""
    line = {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.0; cc_entrypoint=cli;"}
    asked = body(context_management={"edits": []}, system=[line])
    assert send(server, "POST", "/v1/messages", asked).status == 200
    assert send(server, "POST", "/v1/messages", body(), {"anthropic-version": "[REDACTED]"}).status == 200
    assert send(server, "POST", "/v1/messages", body(), {"anthropic-version": "2020-01-01"}).status == 400
