"""Traffic from files: every format tells the same story, and a damaged file says where."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from claudemock_contracts.exchange import Exchange, from_journal
from claudemock_contracts.run import judge
from claudemock_contracts.sources import SourceError, read_exchanges
from tests.contracts.judging import prompts

REQUEST = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello?"}]}
ANSWER = {"id": "msg_1", "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn", "usage": {}}
URL = "https://api.anthropic.com/v1/messages?beta=true"
WHEN = "2026-08-01T10:00:00Z"

JOURNAL: Any = {
    "id": "exch_1", "scope": "test-1", "started_at": WHEN, "method": "POST", "path": "/v1/messages",
    "query": "beta=true",
    "request": {"headers": {"host": "api.anthropic.com", "x-stainless-retry-count": "0"}, "body": REQUEST},
    "response": {"status": 200, "headers": {"request-id": "req_1"}, "body": ANSWER},
    "timing": {"first_byte_ms": 0.0, "response_start_ms": 5.0, "end_ms": 6.0}, "ended": "clean",
}  # fmt: skip
RECORDED = {
    "id": "a1", "recorded_at": WHEN, "method": "POST", "path": "/v1/messages", "query": "beta=true", "status": 200,
    "request_headers": {"Host": "api.anthropic.com", "X-Stainless-Retry-Count": "0"}, "request_body": REQUEST,
    "response_headers": {"request-id": "req_1"}, "response_body": ANSWER, "response_sse": None,
}  # fmt: skip
HAR: Any = {"log": {"version": "1.2", "entries": [{
    "startedDateTime": WHEN, "time": 6.0, "timings": {"receive": 1.0},
    "request": {"method": "POST", "url": URL, "headers": [{"name": "X-Stainless-Retry-Count", "value": "0"}],
                "postData": {"mimeType": "application/json", "text": json.dumps(REQUEST)}},
    "response": {"status": 200, "headers": [{"name": "Request-Id", "value": "req_1"}],
                 "content": {"text": json.dumps(ANSWER)}},
}]}}  # fmt: skip
VCRPY: Any = {"version": 1, "interactions": [{
    "request": {"method": "POST", "uri": URL, "headers": {"x-stainless-retry-count": ["0"]},
                "body": json.dumps(REQUEST)},
    "response": {"status": {"code": 200, "message": "OK"}, "body": {"string": json.dumps(ANSWER)},
                 "headers": {"Request-Id": ["req_1"], "Date": ["Sat, 01 Aug 2026 10:00:00 GMT"]}},
}]}  # fmt: skip
RUBY: Any = {"http_interactions": [{
    "request": {"method": "post", "uri": URL, "headers": {"X-Stainless-Retry-Count": ["0"]},
                "body": {"encoding": "UTF-8", "string": json.dumps(REQUEST)}},
    "response": {"status": {"code": 200}, "headers": {"Request-Id": ["req_1"]},
                 "body": {"encoding": "UTF-8", "string": json.dumps(ANSWER)}},
    "recorded_at": "Sat, 01 Aug 2026 10:00:00 GMT",
}]}  # fmt: skip


def twice(values: Any) -> Any:
    """The values two times over, as objects of their own: YAML would write one by reference."""
    return json.loads(json.dumps(values)) + json.loads(json.dumps(values))


FILES = {
    "journal.jsonl": json.dumps(JOURNAL) + "\n\n" + json.dumps(JOURNAL) + "\n",
    "journal.json": json.dumps({"exchanges": [JOURNAL, JOURNAL]}, indent=1),
    "shown.json": json.dumps({"exchanges": [JOURNAL, JOURNAL], "dropped": 0}),
    "list.json": json.dumps([JOURNAL, JOURNAL]),
    "recordings.jsonl": json.dumps(RECORDED) + "\n" + json.dumps(RECORDED),
    "run.har": json.dumps({"log": {"entries": HAR["log"]["entries"] * 2}}, indent=2),
    "compact.har": json.dumps({"log": {"entries": HAR["log"]["entries"] * 2}}),
    "vcrpy.yaml": yaml.safe_dump({"interactions": twice(VCRPY["interactions"])}),
    "vcr.yml": "---\n" + yaml.safe_dump({"http_interactions": twice(RUBY["http_interactions"])}),
}


def read(folder: Path, name: str, content: str | bytes) -> list[Exchange]:
    """What a file with this content is read as."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_exchanges(path))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FILES)
def test_every_format_tells_the_same(tmp_path: Path, name: str, packed: bool) -> None:
    """Known by its content, whatever its name, packed or not."""
    raw = FILES[name].encode()
    first, second = read(tmp_path, f"{name}.gz" if packed else "file", gzip.compress(raw) if packed else raw)
    assert (first.method, first.endpoint, first.query, first.status) == ("POST", "/v1/messages", "beta=true", 200)
    assert first.body == REQUEST
    assert first.response == ANSWER
    assert first.host == "api.anthropic.com"
    assert first.retry_count == 0
    assert first.response_headers["request-id"] == "req_1"
    assert first.started == pytest.approx(1_785_578_400)
    assert first.source != second.source or name.endswith("l.json")


def test_streams_are_read_from_text_and_from_events(tmp_path: Path) -> None:
    """HAR and VCR keep a stream as text, a journal as events."""
    entry = json.loads(json.dumps(HAR))["log"]["entries"][0]
    entry["response"]["headers"].append({"name": "content-type", "value": "text/event-stream"})
    entry["response"]["content"]["text"] = 'event: error\ndata: {"type": "error", "error": {"type": "api_error"}}\n\n'
    (exchange,) = read(tmp_path, "a.har", json.dumps({"log": {"entries": [entry]}}))
    report = judge([exchange], prompts=prompts())
    assert report.broken == ()
    events = [{"event": "message_start", "data": {"type": "message_start"}, "at_ms": 1.0}, {"partial": "event: x"}]
    journal = from_journal({**JOURNAL, "response": {"status": 200, "events": events}})
    assert [(event.name, event.at_ms, event.raw) for event in journal.events or ()] == [
        ("message_start", 1.0, None), (None, None, "event: x"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"path": "/a"}\n{"path": \n', "f:2, column"),
        ('{"path": "/a"}\n7\n', "f:2: not an exchange"),
        ('{"log": {}}', "f: a HAR file has a list at log.entries"),
        ('{\n "log": {"entries": [\n  oops\n', "f:3, column 3: not JSON"),
        ("interactions:\n- request: {\n", "not YAML"),
        ("just: yaml\n", "a list under `interactions`"),
        ("interactions:\n- request: 1\n", "f:2: an interaction is an object"),
        (gzip.compress(b"{}" * 999, mtime=0)[:-9], "gzip data is damaged"),
    ],
)
def test_a_damaged_file_says_where_and_what(tmp_path: Path, content: str | bytes, message: str) -> None:
    """The name, the line and what belongs there."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "f", content)
    assert message in str(caught.value)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    """No exchange, no error."""
    assert read(tmp_path, "empty.jsonl", "\n\n") == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KINDS = ("text", "tool_use", "tool_result", "thinking", "image", "document")
BLOCK = JSON | st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(KINDS) | JSON, "text": JSON, "id": st.sampled_from(["a", "b"]) | JSON, "input": JSON,
        "tool_use_id": st.sampled_from(["a", "b"]) | JSON, "content": JSON, "cache_control": JSON, "name": JSON,
        "signature": JSON, "source": JSON,
    },
)  # fmt: skip
MESSAGE = JSON | st.fixed_dictionaries(
    {}, optional={"role": st.sampled_from(["user", "assistant"]) | JSON, "content": st.lists(BLOCK, max_size=3) | JSON}
)
BODY = JSON | st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(MESSAGE, max_size=4) | JSON, "model": JSON | st.just("claude-opus-4-8"), "system": JSON,
        "tools": JSON | st.lists(BLOCK, max_size=2), "cache_control": JSON, "thread": JSON, "thinking": JSON,
        "output_config": JSON, "tool_choice": JSON, "requests": JSON,
    },
)  # fmt: skip
ENTRY = st.fixed_dictionaries(
    {"path": st.sampled_from(["/v1/messages", "/v1/messages/batches", "/v1/messages/batches/a/results", "/v1/files"])},
    optional={
        "id": JSON, "scope": JSON, "started_at": JSON | st.just(WHEN), "method": st.sampled_from(["POST", "GET"]),
        "request": JSON | st.fixed_dictionaries({"body": BODY}, optional={"headers": JSON}),
        "response": JSON | st.fixed_dictionaries(
            {},
            optional={
                "status": st.sampled_from([200, 400, 529]) | JSON, "headers": JSON,
                "body": JSON | st.fixed_dictionaries({"content": st.lists(BLOCK, max_size=3)}),
                "events": st.lists(st.fixed_dictionaries({"event": JSON, "data": JSON}), max_size=3) | JSON,
            },
        ),
        "timing": JSON, "ended": JSON, "faults": JSON,
    },
)  # fmt: skip


@given(st.lists(ENTRY, max_size=4))
def test_no_traffic_is_too_strange(entries: list[Any]) -> None:
    """Whatever JSON stands in a journal's fields, it is judged without a stumble."""
    report = judge([from_journal(entry) for entry in entries], prompts=prompts())
    assert report.broken == ()
