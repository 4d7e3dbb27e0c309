"""The prompt cache as clients meet it: in usage, in streams, on the scope's clock, per workspace."""

from typing import Any

import pytest

from claudemock import serve
from claudemock.control.client import MockServer
from tests.unit.test_stream import parse
from tests.wire_client import ask, send

LONG = "All work and no play makes Jack a dull boy. " * 300
FIVE, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


def system(marker: dict[str, str] | None = FIVE, text: str = LONG) -> list[dict[str, Any]]:
    """A long system prompt, marked or not."""
    return [{"type": "text", "text": text, **({"cache_control": marker} if marker else {})}]


def counters(usage: dict[str, Any]) -> tuple[int, int, int, int]:
    """Fresh, written for five minutes, written for an hour, read."""
    written = usage["cache_creation"]
    assert usage["cache_creation_input_tokens"] == sum(written.values())
    return (
        usage["input_tokens"],
        written["ephemeral_5m_input_tokens"],
        written["ephemeral_1h_input_tokens"],
        usage["cache_read_input_tokens"],
    )


def used(server: MockServer, said: str = "Hi", **body: Any) -> tuple[int, int, int, int]:
    """The counters of one request."""
    return counters(ask(server, said, **{"system": system(), **body}).json["usage"])


@pytest.fixture
def frozen(server: MockServer) -> MockServer:
    """A scope whose clock stands still."""
    server.clock.freeze()
    return server


def test_write_then_read_and_the_total_stays(frozen: MockServer) -> None:
    """The first request writes what the second one reads; the sum is what count_tokens says."""
    fresh, written, _, read = used(frozen)
    assert written > 1024
    assert read == 0
    assert used(frozen, "Ho") == (fresh, 0, 0, written)
    body = {"model": "claude-opus-4-8", "system": system(), "messages": [{"role": "user", "content": "Hi"}]}
    assert send(frozen, "POST", "/v1/messages/count_tokens", body).json["input_tokens"] == fresh + written


def test_five_minutes_and_an_hour(frozen: MockServer) -> None:
    """Reading refreshes an entry; left alone it is gone after its time, and not a second earlier."""
    used(frozen)
    for _ in range(3):
        frozen.clock.advance(299)
        assert used(frozen)[3] > 0
    frozen.clock.advance(301)
    assert used(frozen)[3] == 0
    used(frozen, system=system(HOUR, LONG + "!"))
    frozen.clock.advance(3_599)
    assert used(frozen, system=system(HOUR, LONG + "!"))[3] > 0
    frozen.clock.advance(3_601)
    assert used(frozen, system=system(HOUR, LONG + "!"))[2] > 0


def test_streams_say_the_same(frozen: MockServer) -> None:
    """message_start and message_delta agree with the JSON answer."""
    written = used(frozen)
    start, *_, delta, _ = parse(ask(frozen, "Hi", system=system(), stream=True).body)
    usage = start[1]["message"]["usage"]
    assert counters(usage) == (written[0], 0, 0, written[1])
    assert delta[1]["usage"]["cache_read_input_tokens"] == written[1]


def test_short_prompts_and_unmarked_ones_are_not_cached(frozen: MockServer) -> None:
    """Under the model's minimum nothing happens and nothing is said; without a marker neither."""
    for _ in range(2):
        assert used(frozen, system=system(text="Be brief."))[1:] == (0, 0, 0)
        assert used(frozen, system=system(None))[1:] == (0, 0, 0)


def test_workspaces_and_organizations() -> None:
    """A workspace reads only its own entries, unless the whole organization shares them."""
    for scope, shared in (("workspace", False), ("organization", True)):
        with serve(cache_scope=scope) as server:
            ask(server, system=system(), headers={"x-api-key": server.key("blue")})
            read = ask(server, system=system(), headers={"x-api-key": server.key("red")}).json["usage"]
            assert (read["cache_read_input_tokens"] > 0) is shared


def test_minimum_can_be_set() -> None:
    """A user who knows better sets the minimum."""
    with serve(cache_minimum_tokens=3) as server:
        assert used(server, system=system(text="Be brief, be kind."))[1] > 0


def test_automatic_caching_moves_along(frozen: MockServer) -> None:
    """A top-level cache_control marks the last block, so a growing conversation reads what it wrote before."""
    turns: list[dict[str, Any]] = [{"role": "user", "content": LONG}]
    first = used(frozen, messages=turns, system=[], cache_control=FIVE)
    turns += [{"role": "assistant", "content": "Yes."}, {"role": "user", "content": "Go on."}]
    second = used(frozen, messages=turns, system=[], cache_control=FIVE)
    assert second[3] == first[1] > 0
    assert second[1] > 0


def test_pre_warm(frozen: MockServer) -> None:
    """`max_tokens: 0` writes the cache and says nothing."""
    written = used(frozen, max_tokens=0)[1]
    assert used(frozen)[3] == written > 0


def test_what_is_read_costs_less(frozen: MockServer) -> None:
    """The ledger shows what the cache saved."""
    for _ in range(5):
        used(frozen)
    dollars = frozen.costs["total"]["dollars"]
    assert dollars["read"] > 0
    assert dollars["saved"] == pytest.approx(dollars["uncached"] - dollars["total"])
    assert dollars["saved"] > 0


def test_diagnostics_name_what_changed(frozen: MockServer) -> None:
    """A request that names the one before it hears why it could not read its cache."""
    first = ask(frozen, "Hi", system=system(), diagnostics={"previous_message_id": None}).json
    assert first["diagnostics"] is None
    same = ask(frozen, "Hi", system=system(), diagnostics={"previous_message_id": first["id"]}).json
    assert same["diagnostics"] is None
    other: dict[str, Any] = {"system": system(text="Now. " + LONG), "diagnostics": {"previous_message_id": first["id"]}}
    assert ask(frozen, "Hi", **other).json["diagnostics"]["cache_miss_reason"]["type"] == "system_changed"
    unknown = {"previous_message_id": "msg_011CgbFcYxwDWzzwseaMWV2U"}
    reason = ask(frozen, "Hi", system=system(), diagnostics=unknown).json["diagnostics"]["cache_miss_reason"]
    assert reason == {"type": "previous_message_not_found"}
    assert "diagnostics" not in ask(frozen, "Hi", system=system()).json


def test_scopes_do_not_share(frozen: MockServer) -> None:
    """Another test's cache is another cache, and reset empties one's own."""
    used(frozen)
    assert used(frozen.scope(frozen.scope_name + "-other"))[3] == 0
    frozen.reset()
    assert used(frozen)[3] == 0
