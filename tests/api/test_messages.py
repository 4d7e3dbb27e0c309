"""POST /v1/messages: default and scripted replies, endings, determinism, models."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claudemock import refusal, serve, text, thinking, tool_use
from claudemock.control.client import MockServer
from tests.unit.test_stream import assemble, parse
from tests.wire_client import ask, send

TOOL: dict[str, Any] = {
    "name": "book",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "nights": {"type": "integer", "minimum": 1, "maximum": 5}},
        "required": ["city", "nights"],
    },
}


def test_the_message_is_the_apis(server: MockServer) -> None:
    """Keys and their order as recorded since April 2026."""
    message = ask(server).json
    assert list(message) == [
        "model",
        "id",
        "type",
        "role",
        "content",
        "stop_reason",
        "stop_sequence",
        "stop_details",
        "usage",
    ]
    assert message["id"].startswith("msg_011C")
    assert message["model"] == "claude-opus-4-8"
    assert list(message["usage"])[:4] == [
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "cache_creation",
    ]


def test_default_replies_depend_on_the_request_only(server: MockServer) -> None:
    """Different requests get different answers; another server with the same seed gives the same bytes."""
    one, other = ask(server, "Oslo").json, ask(server, "Rome").json
    assert one["content"] != other["content"]
    assert "Oslo" in one["content"][0]["text"]
    with serve() as second:
        there = second.scope(server.scope_name)
        assert ask(there, "Oslo").json == one
        assert ask(there, "Oslo").json["id"] != one["id"]
    with serve(seed=1) as seeded:
        assert ask(seeded.scope(server.scope_name), "Oslo").json["id"] != one["id"]


def test_order_of_arrival_changes_nothing(server: MockServer) -> None:
    """Ids depend on the request and its occurrence, not on what came before it."""
    forwards = {word: ask(server, word).json["id"] for word in ("a", "b", "c")}
    server.reset()
    backwards = {word: ask(server, word).json["id"] for word in ("c", "b", "a")}
    assert forwards == backwards


def test_repeated_answers_differ_only_in_their_ids(server: MockServer) -> None:
    """What is known from the last time is said again under a new id, whole and streamed; a new script is heard."""
    server.reply("The same words again and again.", times=6)
    whole = [ask(server).json for _ in range(3)]
    assert len({message["id"] for message in whole}) == 3
    assert len({json.dumps({**message, "id": ""}) for message in whole}) == 1
    streams = [parse(ask(server, stream=True).body) for _ in range(3)]
    starts = [events[0][1]["message"] for events in streams]
    assert len({start["id"] for start in starts}) == 3
    assert len({json.dumps({**start, "id": ""}) for start in starts}) == 1
    assert streams[0][1:] == streams[1][1:] == streams[2][1:]
    server.reply("Something else.")
    assert ask(server).json["content"][0]["text"] == "Something else."


def test_padding_differs_between_answers(server: MockServer) -> None:
    """White space is drawn anew for every stream, but the same for the same request in another run."""
    server.reply("The same words.", times=2)
    first, second = (ask(server, stream=True).body for _ in range(2))
    assert first != second
    server.reset()
    server.reply("The same words.", times=2)
    assert ask(server, stream=True).body == first


def test_scripted_parts(server: MockServer) -> None:
    """Thinking, text and calls come in the API's order with ids, callers and a signature."""
    server.reply(
        tool_use("get_weather", city="Oslo"),
        tool_use("get_weather", city="Rome"),
        text("Let me look."),
        thinking("Two cities."),
    )
    message = ask(
        server, tools=[{**TOOL, "name": "get_weather"}], thinking={"type": "adaptive", "display": "summarized"}
    ).json
    assert [block["type"] for block in message["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert message["content"][0]["thinking"] == "Two cities."
    assert message["content"][0]["signature"].startswith("E")
    calls = message["content"][2:]
    assert [call["input"] for call in calls] == [{"city": "Oslo"}, {"city": "Rome"}]
    assert len({call["id"] for call in calls}) == 2
    assert all(call["id"].startswith("toolu_01") and call["caller"] == {"type": "direct"} for call in calls)
    assert message["stop_reason"] == "tool_use"
    assert message["usage"]["output_tokens_details"]["thinking_tokens"] > 0


def test_refusals(server: MockServer) -> None:
    """A refusal is a 200 with stop_details and no content."""
    server.reply(refusal("No.", category="cyber"))
    message = ask(server).json
    assert (message["content"], message["stop_reason"]) == ([], "refusal")
    assert message["stop_details"] == {"type": "refusal", "category": "cyber", "explanation": "No."}


def test_usage_overrides(server: MockServer) -> None:
    """A script sets single counters, nested ones too; the rest stays computed."""
    server.reply("x", usage={"input_tokens": 7, "cache_creation": {"ephemeral_1h_input_tokens": 3}})
    usage = ask(server).json["usage"]
    assert usage["input_tokens"] == 7
    assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 3}
    assert usage["output_tokens"] > 0


def test_endings(server: MockServer) -> None:
    """Stop sequences and max_tokens cut scripted text; an explicit stop_reason is served as it stands."""
    server.reply("one two three", times=3)
    assert ask(server, stop_sequences=["two"]).json["content"][0]["text"] == "one "
    cut = ask(server, max_tokens=2).json
    assert (cut["stop_reason"], cut["usage"]["output_tokens"]) == ("max_tokens", 2)
    assert ask(server).json["stop_reason"] == "end_turn"
    server.reply("one two three", stop_reason="pause_turn")
    paused = ask(server, stop_sequences=["two"]).json
    assert (paused["content"][0]["text"], paused["stop_reason"]) == ("one two three", "pause_turn")


def test_pre_warm(server: MockServer) -> None:
    """`max_tokens: 0` gives no content and does not stream."""
    warm = ask(server, max_tokens=0).json
    assert (warm["content"], warm["stop_reason"], warm["usage"]["output_tokens"]) == ([], "max_tokens", 0)
    assert ask(server, max_tokens=0, stream=True).status == 400


def test_prefill(server: MockServer) -> None:
    """A model that takes a prefill answers with its continuation; one that does not refuses it."""
    turns = [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "One, two,"}]
    server.reply(" three.")
    assert ask(server, messages=turns, model="claude-haiku-4-5").json["content"][0]["text"] == " three."
    assert ask(server, messages=turns).error[2] == (
        "This model does not support assistant message prefill. The conversation must end with a user message."
    )


def test_forced_tools_and_formats_are_obeyed(server: MockServer) -> None:
    """Without a script a forced tool is called with a valid input, and a requested format is kept."""
    call = ask(server, tools=[TOOL], tool_choice={"type": "any"}).json
    assert call["stop_reason"] == "tool_use"
    assert isinstance(call["content"][0]["input"]["city"], str)
    assert 1 <= call["content"][0]["input"]["nights"] <= 5
    schema = {**TOOL["input_schema"], "additionalProperties": False}
    schema["properties"] = {"city": {"type": "string"}, "nights": {"type": "integer"}}
    shaped = ask(server, output_config={"format": {"type": "json_schema", "schema": schema}}).json
    assert set(json.loads(shaped["content"][0]["text"])) == {"city", "nights"}


class TestModels:
    """Which ids answer."""

    def test_unknown_and_retired_ids_are_404(self, server: MockServer) -> None:
        """`--models current`, the default, is what the API does."""
        assert ask(server, model="claude-nope").error == (404, "not_found_error", "model: claude-nope")
        assert ask(server, model="claude-3-opus-20240229").error == (
            404,
            "not_found_error",
            "model: claude-3-opus-20240229",
        )

    def test_aliases_answer_with_the_dated_id(self, server: MockServer) -> None:
        """An alias is served, and the reply names the dated id."""
        assert ask(server, model="claude-haiku-4-5").json["model"] == "claude-haiku-4-5-20251001"

    def test_known_and_any(self) -> None:
        """`known` serves what the catalogue has, `any` every string."""
        with serve(models="known") as server:
            assert ask(server, model="claude-3-opus-20240229").status == 200
            assert ask(server, model="claude-nope").status == 404
        with serve(models="any") as server:
            assert ask(server, model="my-finetune").json["model"] == "my-finetune"

    def test_listing(self, server: MockServer) -> None:
        """Newest first, paged by id, found by alias."""
        page = send(server, "GET", "/v1/models?limit=3").json
        assert (len(page["data"]), page["has_more"]) == (3, True)
        rest = send(server, "GET", f"/v1/models?limit=1000&after_id={page['last_id']}").json
        assert not rest["has_more"]
        created = [model["created_at"] for model in page["data"] + rest["data"]]
        assert created == sorted(created, reverse=True)
        alias = send(server, "GET", "/v1/models/claude-haiku-4-5").json
        assert alias["id"] == "claude-haiku-4-5-20251001"
        assert send(server, "GET", "/v1/models/claude-nope").error == (404, "not_found_error", "model: claude-nope")
        assert send(server, "GET", "/v1/models?limit=0").error[0] == 400


def test_wire_checks_drop_the_semantic_ones() -> None:
    """`--checks wire` keeps types and required fields for suites that send placeholders."""
    with serve(checks="wire") as server:
        assert ask(server, max_tokens=10_000_000).status == 200
        assert ask(server, max_tokens="many").status == 400


def test_count_tokens_agrees_with_usage(server: MockServer) -> None:
    """One estimator serves both."""
    body: dict[str, Any] = {
        "model": "claude-opus-4-8",
        "system": "Be kind.",
        "tools": [TOOL],
        "messages": [{"role": "user", "content": "Two nights in Rome"}],
    }
    counted = send(server, "POST", "/v1/messages/count_tokens", body).json
    assert counted == {"input_tokens": ask(server, **body).json["usage"]["input_tokens"]}
    assert send(server, "POST", "/v1/messages/count_tokens", {**body, "max_tokens": 5}).error[2] == (
        "max_tokens: Extra inputs are not permitted"
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.text(min_size=1, max_size=200),
    thought=st.none() | st.text(max_size=60),
    calls=st.lists(st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=20), max_size=3), max_size=2),
)
def test_a_stream_assembles_to_the_message(
    server: MockServer, said: str, thought: str | None, calls: list[dict[str, Any]]
) -> None:
    """For any scripted reply the stream says exactly what the JSON answer says."""
    parts = [
        text(said),
        *(tool_use("f", call) for call in calls),
        *([thinking(thought)] if thought is not None else []),
    ]
    server.reset()
    server.reply(*parts, times=2)
    whole, events = ask(server).json, parse(ask(server, stream=True).body)
    assert [{**block, "id": ""} for block in assemble(events)] == [
        {**block, "id": ""} for block in _signed(whole, events)
    ]
    assert events[-2][1]["delta"]["stop_reason"] == whole["stop_reason"]
    assert events[-2][1]["usage"]["output_tokens"] == whole["usage"]["output_tokens"]


def _signed(message: dict[str, Any], events: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    assert events[0][1]["message"]["usage"]["input_tokens"] == message["usage"]["input_tokens"]
    return message["content"]  # type: ignore[no-any-return]


def test_paced_streams_cost_no_time_on_a_frozen_clock(server: MockServer) -> None:
    """Pacing advances the scope's clock: an hour-long stream arrives at once and the clock shows the hour."""
    server.clock.set("2026-11-01T00:00:00Z")
    server.clock.freeze()
    server.reply("word " * 40, pacing={"first_token_ms": 1_000, "tokens_per_second": 0.01}, chunk=5)
    events = parse(ask(server, stream=True).body)
    assert events[-1][0] == "message_stop"
    assert server.clock.now.startswith("2026-11-01T01:06:")
