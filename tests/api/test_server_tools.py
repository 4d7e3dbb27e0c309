"""Replies in which the API's own tools ran: how often the model read the prompt, what that costs, what is counted."""

from typing import Any

import pytest

from claudemock.control.client import MockServer
from tests.unit.test_stream import parse
from tests.wire_client import ask, send

TOOLS = [{"type": "web_search_20250305", "name": "web_search"}, {"type": "web_fetch_20250910", "name": "web_fetch"}]
LONG = [{"type": "text", "text": "All work and no play makes Jack a dull boy. " * 300}]
MARKED = [{**LONG[0], "cache_control": {"type": "ephemeral"}}]
FOUND = [{"type": "web_search_result", "title": "T", "url": "http://t.example", "encrypted_content": "x" * 4000}]
FAILED = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
SAID = {"type": "text", "text": "Ada."}
CONTEXT = {"anthropic-beta": "context-management-2025-06-27"}


def search(number: int, content: Any = FOUND) -> list[dict[str, Any]]:
    """A search and what it found."""
    name = f"srvtoolu_{number}"
    call = {"type": "server_tool_use", "id": name, "name": "web_search", "input": {"query": "Ada"}}
    return [call, {"type": "web_search_tool_result", "tool_use_id": name, "content": content}]


def usage(server: MockServer, *content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a reply of these blocks is billed."""
    stop = fields.pop("stop_reason", None)
    server.reply(content=list(content), **({"stop_reason": stop} if stop else {}))
    found: dict[str, Any] = ask(server, tools=TOOLS, **fields).json["usage"]
    return found


def test_each_round_reads_the_prompt_again(server: MockServer) -> None:
    """After a round of results everything is input once more; parallel calls are one round."""
    plain = usage(server, SAID, system=LONG)["input_tokens"]
    once = usage(server, *search(1), SAID, system=LONG)["input_tokens"]
    one, two = search(1), search(2)
    parallel = usage(server, one[0], two[0], one[1], two[1], SAID, system=LONG)["input_tokens"]
    twice = usage(server, *one, *two, SAID, system=LONG)["input_tokens"]
    result = once - 2 * plain
    assert result > 500
    assert abs(parallel - (2 * plain + 2 * result)) <= 1
    assert abs(twice - (3 * plain + 3 * result)) <= 2


def test_results_nobody_read_are_not_billed(server: MockServer) -> None:
    """A reply that ends with results was read once more, unless the turn was paused."""
    read = usage(server, *search(1), system=LONG)["input_tokens"]
    paused = usage(server, *search(1), system=LONG, stop_reason="pause_turn")["input_tokens"]
    assert read > 2 * paused


def test_the_api_caches_results_by_itself(server: MockServer) -> None:
    """With caching each round reads what the one before wrote, and pays seven tokens; lifetimes are the first's."""
    first = usage(server, SAID, system=MARKED)
    written = first["cache_creation_input_tokens"]
    server.clock.advance(4000)
    found = usage(server, *search(1), *search(2), SAID, system=MARKED)
    assert found["input_tokens"] == first["input_tokens"] + 14
    assert found["cache_creation"] == first["cache_creation"]
    second = found["cache_read_input_tokens"] - written  # the prompt up to the first result
    assert written + 500 < second < found["cache_creation_input_tokens"] - 500


def test_small_prompts_are_cached_once_results_are_large(server: MockServer) -> None:
    """Below the minimum nothing is written by the request itself, but its results may reach it."""
    found = usage(server, *search(1, FOUND * 20), SAID, cache_control={"type": "ephemeral"}, model="claude-haiku-4-5")
    assert found["cache_read_input_tokens"] == 0
    assert found["cache_creation_input_tokens"] > 10_000
    assert set(found["cache_creation"].values()) == {0}
    events = parse(_streamed(server))
    start, end = events[0][1]["message"]["usage"], events[-2][1]["usage"]
    assert (start["cache_creation_input_tokens"], start["cache_read_input_tokens"]) == (0, 0)
    assert end["input_tokens"] == start["input_tokens"] + 7
    assert end["cache_creation_input_tokens"] == found["cache_creation_input_tokens"]


def _streamed(server: MockServer) -> bytes:
    server.reply(content=[*search(1, FOUND * 20), SAID])
    caching: dict[str, Any] = {"cache_control": {"type": "ephemeral"}, "model": "claude-haiku-4-5"}
    return ask(server, tools=TOOLS, stream=True, **caching).body


def test_a_later_request_reads_what_the_results_wrote(server: MockServer) -> None:
    """The prefix behind a result is cached: a request that echoes the reply finds it."""
    server.reply(content=[*search(1), SAID])
    body: dict[str, Any] = {"tools": TOOLS, "system": MARKED}
    content = ask(server, "Who?", **body).json["content"]
    turns = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": content}]
    again = [{"type": "text", "text": "And then?", "cache_control": {"type": "ephemeral"}}]
    server.reply("Then.")
    asked = {"model": "claude-opus-4-8", "max_tokens": 100, "messages": [*turns, {"role": "user", "content": again}]}
    found = send(server, "POST", "/v1/messages", {**asked, **body}).json["usage"]
    assert found["cache_read_input_tokens"] > 3000
    assert found["cache_creation_input_tokens"] < 100


def test_iterations_add_up(server: MockServer) -> None:
    """With a beta that reports iterations there is one for each time the model was asked; their sum is `usage`."""
    found = usage(server, *search(1), *search(2), SAID, system=MARKED, headers=CONTEXT)
    rounds = found["iterations"]
    assert [each["type"] for each in rounds] == ["message"] * 3
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
        assert sum(each[name] for each in rounds) == found[name]
    assert rounds[1]["cache_read_input_tokens"] == rounds[0]["cache_creation_input_tokens"]


@pytest.mark.parametrize(
    "content, searches",
    [
        pytest.param([*search(1), *search(2), SAID], 2, id="two"),
        pytest.param([*search(1), *search(2, FAILED), SAID], 1, id="one failed"),
        pytest.param([SAID], None, id="none"),
    ],
)
def test_searches_are_counted_and_paid(server: MockServer, content: list[Any], searches: int | None) -> None:
    """A cent for each search that found something; the counter is there only if a tool ran."""
    counted = usage(server, *content).get("server_tool_use")
    assert (counted and counted["web_search_requests"]) == searches
    dollars = server.costs["total"]["dollars"]
    assert dollars["web_search"] == pytest.approx(0.01 * (searches or 0))
    parts = ("input", "write_5m", "write_1h", "read", "output", "web_search")
    assert dollars["total"] == pytest.approx(sum(dollars[part] for part in parts))
    assert dollars["saved"] == 0
