"""The control API: scripts, exchanges, clock, reset; and who may use it."""

import json
import threading
from typing import Any

import pytest

from claudemock import text, thinking, tool_use
from claudemock.control.client import ControlError, MockServer
from tests.wire_client import ask, send


def test_health(server: MockServer) -> None:
    """Health names the version, the process and the scope."""
    answer = server.call("GET", "health")
    assert answer["status"] == "ok"
    assert answer["scope"] == server.scope_name


def test_replies_answer_in_order_and_once(server: MockServer) -> None:
    """Plain replies are a queue; after it the default reply is back."""
    server.reply("one")
    server.reply("two", times=2)
    said = [ask(server).json["content"][0]["text"] for _ in range(4)]
    assert said[:3] == ["one", "two", "two"]
    assert "claudemock" in said[3]


def test_replies_can_be_listed_and_cleared(server: MockServer) -> None:
    """What is armed is shown with what is left of it."""
    ids = server.call(
        "POST", "replies", {"replies": ["a", {"text": "b", "times": 3}, {"text": "c", "match": {"turn": 2}}]}
    )
    shown = server.call("GET", "replies")
    assert [entry["id"] for entry in shown["replies"]] == ids["ids"]
    assert [entry["left"] for entry in shown["replies"]] == [1, 3, None]
    server.call("DELETE", "replies")
    assert server.call("GET", "replies")["replies"] == []


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        ({"model": "claude-opus-*"}, True),
        ({"model": "claude-haiku-*"}, False),
        ({"contains": "weather"}, True),
        ({"contains": "re:^What.*Oslo"}, True),
        ({"contains": "w?ather in"}, True),
        ({"contains": "re:^Oslo"}, False),
        ({"system": "terse"}, True),
        ({"system": "verbose"}, False),
        ({"tool": "get_weather"}, True),
        ({"tool": "get_*"}, True),
        ({"tool": "weather"}, False),
        ({"turn": 1}, True),
        ({"turn": 2}, False),
        ({"stream": False}, True),
        ({"stream": True}, False),
        ({"header": {"X-Team": "blue"}}, True),
        ({"header": {"x-team": "red"}}, False),
        ({"workspace": "default"}, True),
        ({"model": "claude-opus-*", "contains": "snow"}, False),
    ],
)
def test_match(server: MockServer, match: dict[str, Any], fits: bool) -> None:
    """Every key of a match, as glob and as regular expression."""
    server.when(**match).reply("scripted")
    said = ask(
        server,
        "What is the weather in Oslo?",
        system="Be terse.",
        tools=[{"name": "get_weather", "input_schema": {"type": "object"}}],
        headers={"x-team": "blue"},
    )
    assert (said.json["content"][0]["text"] == "scripted") is fits


def test_match_tool_result(server: MockServer) -> None:
    """A tool result is found by the tool's name and by what it says."""
    server.when(tool_result="get_weather").reply("by name", times=1)
    server.when(tool_result="4 °C").reply("by text")
    turns = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "4 °C"}]},
    ]
    body: dict[str, Any] = {"messages": turns, "tools": [{"name": "get_weather", "input_schema": {"type": "object"}}]}
    assert [ask(server, **body).json["content"][0]["text"] for _ in range(2)] == ["by name", "by text"]


def test_strict_miss_names_the_nearest_rules(server: MockServer) -> None:
    """A miss says which three rules came nearest and what differed in each."""
    server.strict()
    server.when(contains="rain", model="claude-opus-*").reply("a")
    server.when(contains="snow", model="claude-haiku-*", turn=7).reply("b")
    server.when(turn=2).reply("c")
    server.when(turn=3, stream=True, contains="never").reply("d")
    status, kind, message = ask(server, "Will it hail?").error
    assert (status, kind) == (404, "not_found_error")
    assert "contains: wanted 'rain', got 'Will it hail?'" in message
    assert "turn: wanted 2, got 1" in message
    assert "reply_4" not in message


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        ({}, "replies.0: a reply needs one of"),
        ({"text": 5}, "replies.0.text: Input should be a valid string"),
        ({"text": "x", "tmes": 2}, "replies.0.tmes: there is no such field; did you mean times? "),
        ({"text": "x", "times": 0}, "replies.0.times: "),
        ({"text": "x", "content": []}, "replies.0: content says everything itself"),
        ({"text": "x", "stop_reason": "done"}, "replies.0.stop_reason: "),
        ({"text": "x", "match": {"contains": "re:("}}, "replies.0.match.contains: 're:(' is not a regular expression"),
        ({"content": [{"type": "text"}]}, "replies.0.content"),
        (
            {"content": [{"type": "text", "text": "x", "deep": json.loads("[" * 300 + "]" * 300)}]},
            "replies.0: cannot be",
        ),
        ({"citations": [], "thinking": "x"}, "replies.0: citations belong to text"),
    ],
)
def test_bad_replies_are_refused_with_their_place(server: MockServer, reply: dict[str, Any], place: str) -> None:
    """A wrong reply names where and what; nothing of the request is armed."""
    with pytest.raises(ControlError, match=r"\w") as caught:
        server.call("POST", "replies", {"replies": [reply, "fine"]})
    assert str(caught.value).startswith(place)
    assert server.call("GET", "replies")["replies"] == []


def test_exchanges_show_what_went_over_the_wire(server: MockServer) -> None:
    """Request, response, timing, model, usage and script of every exchange, oldest first, keys redacted."""
    server.reply(thinking("Hm."), text("Hi"), tool_use("f", {"x": 1}))
    ask(server, headers={"x-api-key": "sk-ant-api03-secret"})
    ask(server, stream=True)
    ask(server, max_tokens=None)
    first, second, third = server.exchanges
    assert server.exchanges.statuses == [200, 200, 400]
    assert first["request"]["body"]["messages"][0]["content"] == "Hello"
    assert first["request"]["headers"]["x-api-key"] == "sk-ant-…"
    assert [block["type"] for block in first["response"]["body"]["content"]] == ["thinking", "text", "tool_use"]
    assert (first["script"], second["script"]) == ("reply_1", None)
    assert first["usage"]["output_tokens"] > 0
    assert first["timing"]["end_ms"] >= first["timing"]["first_byte_ms"] >= first["timing"]["response_start_ms"] > 0
    assert second["response"]["events"][0]["event"] == "message_start"
    assert third["response"]["body"]["error"]["message"].startswith("max_tokens: ")
    assert {entry["ended"] for entry in server.exchanges} == {"clean"}


def test_exchanges_can_be_filtered_and_paged(server: MockServer) -> None:
    """By status, path, model, after and limit; one by its id."""
    ask(server)
    ask(server, model="claude-haiku-4-5")
    send(server, "GET", "/v1/models")
    assert len(server.find(status=404)) == 0
    assert len(server.find(path="/v1/models")) == 1
    assert [entry["model"] for entry in server.find(model="claude-haiku-*")] == ["claude-haiku-4-5-20251001"]
    everything = server.exchanges
    assert [entry["id"] for entry in server.find(after=everything[0]["id"], limit=1)] == [everything[1]["id"]]
    assert server.call("GET", f"exchanges/{everything[2]['id']}")["path"] == "/v1/models"
    with pytest.raises(ControlError, match="Exchange not found"):
        server.call("GET", "exchanges/exch_0")


def test_wait(server: MockServer) -> None:
    """Waiting answers as soon as enough exchanges ended, and says when they did not come."""
    caller = threading.Timer(0.05, ask, [server])
    caller.start()
    assert len(server.wait(1, timeout=30)) == 1
    caller.join()
    with pytest.raises(TimeoutError, match="1 of 2 exchanges"):
        server.wait(2, timeout=0.05)


def test_clock(server: MockServer) -> None:
    """Set, freeze and advance; each scope has its own."""
    server.clock.set("2026-11-01T00:00:00Z")
    server.clock.freeze()
    frozen = server.clock.now
    assert frozen.startswith("2026-11-01T00:00:0")
    assert server.clock.now == frozen
    server.clock.advance(86_400)
    assert server.clock.now.startswith("2026-11-02T00:00:0")
    assert not server.scope("another").clock.now.startswith("2026-11-02T00:00:0")


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        {"advance": -1},
        {"advance": "1"},
        {"set": "yesterday"},
        {"set": "2026-11-01"},
        {"freeze": 1},
        {"x": 1},
    ],
)
def test_bad_clock_calls(server: MockServer, body: Any) -> None:
    """A clock call that makes no sense is refused and changes nothing."""
    server.clock.freeze()
    before = server.clock.now
    with pytest.raises(ControlError):
        server.call("POST", "clock", body)
    assert server.clock.now == before


def test_scopes_share_nothing(root: MockServer) -> None:
    """By prefix or by key, a scope has its own script, exchanges and ids; `reset` empties only one."""
    one, other = root.scope("left"), root.scope("right")
    one.reset()
    other.reset()
    one.reply("for left")
    assert ask(one).json["content"][0]["text"] == "for left"
    by_key = ask(root, headers={"x-api-key": other.key()})
    assert "claudemock" in by_key.json["content"][0]["text"]
    assert (len(one.exchanges), len(other.exchanges)) == (1, 1)
    one.reset()
    assert (len(one.exchanges), len(other.exchanges)) == (0, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8787"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"host": "[::1"},
    ],
)
def test_foreign_pages_cannot_reach_the_control_api(server: MockServer, headers: dict[str, str | None]) -> None:
    """A web page a developer visits cannot reconfigure the server or read what it saw (DNS rebinding included)."""
    assert send(server, "GET", "/_mock/exchanges", headers=headers).status == 403
    assert send(server, "POST", "/_mock/reset", b"", headers).status == 403


def test_local_pages_can(server: MockServer) -> None:
    """The inspector's own origin is let in."""
    origin = "http://127.0.0.1:8787"
    assert (
        send(server, "GET", "/_mock/health", headers={"origin": origin, "sec-fetch-site": "same-origin"}).status == 200
    )


def test_misspelt_filters_are_refused(server: MockServer) -> None:
    """A filter that does not exist is an error that names those that do, not a list of everything."""
    ask(server)
    with pytest.raises(ControlError, match="statsu: unknown parameter; known are scope, path, model, status, after"):
        server.find(statsu=404)
    with pytest.raises(ControlError, match="count: unknown parameter"):
        server.find(count=1)
    with pytest.raises(ControlError, match=r"statsu: unknown parameter; known are .*, count, timeout"):
        server.wait(statsu=404)


def test_the_longest_wait(server: MockServer) -> None:
    """80 seconds, which the client sits out; more is refused at once."""
    ask(server)
    assert len(server.wait(1, timeout=80)) == 1
    with pytest.raises(ControlError, match="timeout: Input should be a number from 0 to 80"):
        server.wait(1, timeout=81)
