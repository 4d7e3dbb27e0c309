"""Automatic compaction: a conversation over the trigger is summarised, and goes on from there."""

from typing import Any

import pytest

from claudemock.control.client import MockServer
from tests.batches.bodies import results
from tests.unit.test_stream import parse
from tests.wire_client import Response, send

BETA: dict[str, str | None] = {"anthropic-beta": "compact-2026-01-12"}
LONG = [{"role": "user", "content": "All work and no play makes Jack a dull boy. " * 5_500}]
SHORT = [{"role": "user", "content": "Hello"}]
LEAST = 50_000


def ask(server: MockServer, messages: list[dict[str, Any]] = LONG, *, pause: bool = False, **fields: Any) -> Response:
    """A request that is to be compacted at fifty thousand tokens."""
    trigger = {"type": "input_tokens", "value": LEAST}
    edit = {"type": "compact_20260112", "trigger": trigger, "pause_after_compaction": pause}
    body: dict[str, Any] = {"model": "claude-opus-4-6", "max_tokens": 500, "messages": messages}
    body["context_management"] = {"edits": [edit]}
    return send(server, "POST", "/v1/messages", {**body, **fields}, BETA)


def kinds(message: dict[str, Any]) -> list[str]:
    """The types of a message's blocks."""
    return [block["type"] for block in message["content"]]


def test_under_the_trigger_nothing_happens(server: MockServer) -> None:
    """A short conversation is answered as it is."""
    message = ask(server, SHORT).json
    assert kinds(message) == ["text"]
    assert [each["type"] for each in message["usage"]["iterations"]] == ["message"]


def test_the_summary_comes_first_and_the_reply_goes_on(server: MockServer) -> None:
    """Counters are those of the second reading, which has the summary alone; iterations have both."""
    server.reply("So it is.")
    message = ask(server).json
    usage = message["usage"]
    assert kinds(message) == ["compaction", "text"]
    assert (message["stop_reason"], message["context_management"]) == ("end_turn", {"applied_edits": []})
    first, second = usage["iterations"]
    assert (first["type"], second["type"]) == ("compaction", "message")
    assert first["input_tokens"] > LEAST
    assert first["output_tokens"] > 10
    assert second["input_tokens"] == usage["input_tokens"] < 300
    assert second["output_tokens"] == usage["output_tokens"]


def test_a_pause_waits_for_the_client(server: MockServer) -> None:
    """The reply is the summary alone, `usage` zeros beside its iteration; the script answers the next request."""
    server.reply("So it is.")
    paused = ask(server, pause=True).json
    assert (kinds(paused), paused["stop_reason"]) == (["compaction"], "compaction")
    assert {name: value for name, value in paused["usage"].items() if name != "iterations"} == {
        "input_tokens": 0,
        "output_tokens": 0,
    }
    assert [each["type"] for each in paused["usage"]["iterations"]] == ["compaction"]
    after = ask(server, [*LONG, {"role": "assistant", "content": paused["content"]}, *SHORT], pause=True).json
    assert after["content"] == [{"type": "text", "text": "So it is."}]
    assert after["usage"]["input_tokens"] < 300


def test_streamed(server: MockServer) -> None:
    """The block opens empty and is filled by one delta; the stream begins with the counters of the first reading."""
    events = [data for _, data in parse(ask(server, stream=True).body)]
    start, opened, delta = events[0], events[1], next(each for each in events if each["type"] == "content_block_delta")
    assert start["message"]["usage"]["input_tokens"] > LEAST
    assert opened["content_block"] == {"type": "compaction", "content": None}
    assert delta["delta"]["type"] == "compaction_delta"
    assert "summarised" in delta["delta"]["content"]
    closing = next(each for each in events if each["type"] == "message_delta")
    assert closing["usage"]["input_tokens"] < 300
    assert len(closing["usage"]["iterations"]) == 2


@pytest.mark.parametrize("pause", [False, True])
def test_a_script_may_say_the_summary(server: MockServer, pause: bool) -> None:
    """A compaction block at the beginning of a scripted reply takes the place of the one made up."""
    server.reply(content=[{"type": "compaction", "content": "Jack is dull."}, {"type": "text", "text": "Yes."}])
    message = ask(server, pause=pause).json
    assert message["content"][0] == {"type": "compaction", "content": "Jack is dull."}
    assert kinds(message)[1:] == ([] if pause else ["text"])
    assert ask(server, SHORT).json["content"][0]["text"].startswith("This is claudemock")


@pytest.mark.parametrize("pause", [False, True])
def test_every_reading_is_paid(server: MockServer, pause: bool) -> None:
    """The ledger counts the iterations, not the zeros beside them."""
    iterations = ask(server, pause=pause).json["usage"]["iterations"]
    used = server.costs["total"]["tokens"]
    assert used["input"] == sum(each["input_tokens"] for each in iterations) > LEAST
    assert used["output"] == sum(each["output_tokens"] for each in iterations)


def counted(server: MockServer, messages: list[dict[str, Any]]) -> tuple[int, int]:
    """The input tokens of a conversation that compacts, and how many they were before."""
    edits = [{"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": LEAST}}]
    body = {"model": "claude-opus-4-6", "messages": messages, "context_management": {"edits": edits}}
    found = send(server, "POST", "/v1/messages/count_tokens", body, BETA).json
    return found["input_tokens"], found["context_management"]["original_input_tokens"]


def test_counting_reads_summaries_and_makes_none(server: MockServer) -> None:
    """Documented: the count is that of the prompt as it is, with what the summaries in it replaced beside it."""
    first = ask(server).json["usage"]["iterations"][0]
    assert counted(server, LONG) == (first["input_tokens"], first["input_tokens"])
    summary = {"role": "assistant", "content": [{"type": "compaction", "content": "Jack is dull."}]}
    now, before = counted(server, [*LONG, summary, *SHORT])
    assert now < 300
    assert before > first["input_tokens"]


def test_in_a_batch(server: MockServer) -> None:
    """Each request of a batch compacts as it would alone, at half the price, paused ones too."""
    edit = {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": LEAST}}
    items = []
    for name, pause in (("goes-on", False), ("pauses", True)):
        changed = {"edits": [{**edit, "pause_after_compaction": pause}]}
        params = {"model": "claude-opus-4-6", "max_tokens": 500, "messages": LONG, "context_management": changed}
        items.append({"custom_id": name, "params": params})
    batch = send(server, "POST", "/v1/messages/batches", {"requests": items}, BETA).json
    assert send(server, "GET", f"/v1/messages/batches/{batch['id']}").json["processing_status"] == "ended"
    messages = {row["custom_id"]: row["result"]["message"] for row in results(server, batch["id"])}
    assert kinds(messages["goes-on"]) == ["compaction", "text"]
    assert (kinds(messages["pauses"]), messages["pauses"]["stop_reason"]) == (["compaction"], "compaction")
    spent = server.costs["total"]
    batched = {part: spent["dollars"][part] for part in ("input", "output")}
    ask(server)
    ask(server, pause=True)
    both = server.costs["total"]
    assert both["tokens"]["input"] == 2 * spent["tokens"]["input"]
    alone = {part: both["dollars"][part] - dollars for part, dollars in batched.items()}
    assert alone == pytest.approx({part: 2 * dollars for part, dollars in batched.items()})


def test_the_same_again(server: MockServer) -> None:
    """The summary depends on the request alone."""
    assert ask(server, pause=True).json["content"] == ask(server, pause=True).json["content"]
