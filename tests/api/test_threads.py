"""Message threads: held by the server, continued once, with the error codes the SDK knows."""

import json
from collections.abc import Generator
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

import pytest

from claudemock.control.client import MockServer
from tests.unit.test_stream import parse
from tests.wire_client import HEADERS, Response, ask, send

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


def paced(server: MockServer, previous: str) -> Generator[bytes, None, None]:
    """A turn whose answer takes its time: what has come of it, event by event."""
    server.reply("Slowly, very slowly, word by word.", pacing={"tokens_per_second": 40}, chunk=4)
    body = {
        "model": "claude-opus-4-8",
        "max_tokens": 100,
        "stream": True,
        "messages": [{"role": "user", "content": "Who am I?"}],
        "thread": {"type": "continue", "previous_message_id": previous},
    }
    url = urlsplit(server.base_url)
    connection = HTTPConnection(url.hostname or "", url.port, timeout=30)
    try:
        connection.request(
            "POST",
            url.path + "/v1/messages",
            json.dumps(body),
            HEADERS | {name: value or "" for name, value in BETA.items()},
        )
        response = connection.getresponse()
        while piece := response.readline():
            yield piece
    finally:
        connection.close()


def test_nobody_continues_what_is_being_answered(server: MockServer) -> None:
    """While an answer is under way the one it continues is taken; afterwards it is used up."""
    first = create(server)
    answering = paced(server, first)
    next(answering)
    assert code(proceed(server, first)) == (400, "thread_continue_in_flight")
    rest = b"".join(answering)
    assert b"message_stop" in rest
    assert code(proceed(server, first)) == (400, "thread_already_continued")


@pytest.mark.parametrize(
    ("fault", "stream"),
    [
        *(("close_before_response", False), ("cut", False), ("reset", False)),
        *(("close_before_response", True), ("cut", True), ("truncate", True), ("error_event", True)),
    ],
)
def test_a_turn_that_a_fault_broke_is_made_again(server: MockServer, fault: str, stream: bool) -> None:
    """Its answer did not arrive, so a retry continues from where it began, and once."""
    first = create(server)
    server.fault(fault, times=1)
    with suppress(HTTPException, ConnectionError):
        proceed(server, first, stream=stream)
    assert proceed(server, first, stream=stream).status == 200
    assert [each["fired"] for each in server.faults] == [1]
    assert code(proceed(server, first)) == (400, "thread_already_continued")


def test_an_answer_that_broke_off_uses_nothing_up(server: MockServer) -> None:
    """A client that hangs up can continue from where it did."""
    first = create(server)
    answering = paced(server, first)
    next(answering)
    answering.close()
    server.wait(count=2)
    deadline = 100
    while (response := proceed(server, first)).status != 200 and deadline:
        assert code(response) == (400, "thread_continue_in_flight")
        deadline -= 1
    assert response.status == 200
