"""Message threads: held by the server, continued once, with the error codes the SDK knows."""

import json
from typing import Any

import pytest

from claudemock.control.client import MockServer
from tests.unit.test_stream import parse
from tests.wire_client import Response, ask, send

BETA: dict[str, str | None] = {"anthropic-beta": "message-threads-2026-08-12"}


def create(server: MockServer, **body: Any) -> str:
    """Begin a thread; returns the id to continue from."""
    response = ask(server, "My name is Ada.", thread={"type": "create"}, headers=BETA, **body)
    assert response.status == 200
    return str(response.json["id"])


def proceed(server: MockServer, previous: str, said: str = "Who am I?", **body: Any) -> Response:
    """One more turn."""
    thread = {"type": "continue", "previous_message_id": previous}
    return ask(server, said, thread=thread, headers={**BETA, **body.pop("headers", {})}, **body)


def code(response: Response) -> tuple[int, str]:
    """Status and error code."""
    return response.error[0], response.json["error"]["details"]["error_code"]


def test_a_turn_stands_for_the_whole_conversation(server: MockServer) -> None:
    """The prompt is counted and matched as if all of it had been sent, system and tools included."""
    server.reply("Hello, Ada.")
    first = create(server, system="Be brief.")
    server.when(turn=2, system="brief").reply("You are Ada.")
    second = proceed(server, first)
    assert second.json["content"][0]["text"] == "You are Ada."
    turns = [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello, Ada."},
        {"role": "user", "content": "Who am I?"},
    ]
    whole = ask(server, system="Be brief.", messages=turns).json["usage"]["input_tokens"]
    assert second.json["usage"]["input_tokens"] == whole
    assert proceed(server, second.json["id"]).status == 200


def test_each_answer_is_continued_once(server: MockServer) -> None:
    """A second continuation of the same answer is refused; a refused turn uses nothing up."""
    first = create(server)
    assert proceed(server, first, max_tokens=-1).status == 400
    assert proceed(server, first).status == 200
    assert code(proceed(server, first)) == (400, "thread_already_continued")


def test_a_turn_sent_again_is_refused_however_it_is_spelled(server: MockServer) -> None:
    """The same bytes are not the same turn: a thread is never answered from memory."""
    first = create(server)
    turn = {
        "model": "claude-opus-4-8",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Who am I?"}],
        "thread": {"type": "continue", "previous_message_id": first},
    }
    escaped = json.dumps(turn).replace('"thread"', '"\\u0074hread"').encode()
    assert send(server, "POST", "/v1/messages", escaped, BETA).status == 200
    assert code(send(server, "POST", "/v1/messages", escaped, BETA)) == (400, "thread_already_continued")


def test_server_tools_read_the_whole_thread_again(server: MockServer) -> None:
    """What is billed after a server tool counts the conversation that is held, not the turn alone."""
    first = create(server, system="A long system prompt. " * 200)
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Ada"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    server.reply(content=[search, found, {"type": "text", "text": "Ada."}])
    events = parse(proceed(server, first, stream=True).body)
    assert events[-2][1]["usage"]["input_tokens"] > 2 * events[0][1]["message"]["usage"]["input_tokens"] > 1000


def test_unknown_threads(server: MockServer) -> None:
    """An id nobody held, and another workspace's."""
    assert code(proceed(server, "msg_011CgbFcYxwDWzzwseaMWV2U")) == (404, "thread_not_found")
    elsewhere = {"x-api-key": server.key("blue")}
    assert code(proceed(server, create(server), headers=elsewhere)) == (404, "thread_not_found")


def test_what_a_thread_holds_cannot_change(server: MockServer) -> None:
    """A differing model or system prompt is named."""
    response = proceed(server, create(server, system="A"), system="B", model="claude-opus-5")
    assert code(response) == (400, "thread_fingerprint_mismatch")
    assert response.error[2].endswith("model, system.")


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        ({"thinking": {"type": "adaptive"}}, "thinking"),
        ({"cache_control": {"type": "ephemeral"}}, "cache_control"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}, "cache_control"),
    ],
)
def test_what_threads_do_not_support(server: MockServer, body: dict[str, Any], feature: str) -> None:
    """The error names the feature, in the form that makes SDK runners do without a thread."""
    response = ask(server, thread={"type": "create"}, headers=BETA, **body)
    assert code(response) == (400, "thread_unsupported_request")
    assert response.json["error"]["details"]["unsupported"] == [feature]


def test_without_the_beta_there_are_no_threads(server: MockServer) -> None:
    """The field is unknown without its header."""
    assert ask(server, thread={"type": "create"}).error[2] == "thread: Extra inputs are not permitted"
