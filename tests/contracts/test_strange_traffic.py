"""No traffic makes a rule stumble: answers, streams, headers, times and oracles of every shape."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claudemock_contracts.exchange import from_journal
from claudemock_contracts.oracles import Oracles, Outcome, Sleep, ToolRun
from claudemock_contracts.rules import ALL
from claudemock_contracts.run import judge
from tests.contracts.judging import as_journal, prompts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)


def some(*values: Any) -> st.SearchStrategy[Any]:
    """One of these, or any JSON."""
    return st.sampled_from(values) | JSON


def thing(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with these fields, or any JSON."""
    return st.fixed_dictionaries(required, optional=optional) | JSON


def event(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An event of a stream."""
    data = st.fixed_dictionaries({"type": st.just(kind), **fields})
    return st.fixed_dictionaries({"event": st.just(kind), "data": data}, optional={"at_ms": JSON})


ID, TEXT = some("a", "b"), some("Hello wor", "Hello world", "", "Hello worHello world")
REASON = some("max_tokens", "refusal", "pause_turn", "new", "model_context_window_exceeded", "end_turn")
KIND = some("text", "tool_use", "tool_result", "server_tool_use", "thinking")
BLOCK = thing({"type": KIND}, text=TEXT, id=ID, tool_use_id=ID, input=JSON, content=JSON, name=ID, is_error=JSON)
MESSAGE = thing({"role": some("user", "assistant"), "content": st.lists(BLOCK, max_size=2) | TEXT})
WEB = {"type": "web_search_20250305", "name": "web_search"}
BODY = thing(
    {"messages": st.lists(MESSAGE, max_size=3) | JSON, "model": some("claude-opus-4-8", "x")},
    max_tokens=some(0, 100, 50_000),
    stream=some(True),
    tools=st.lists(some(WEB), max_size=2) | JSON,
    thread=JSON,
)
NAMES = (
    *("x-stainless-retry-count", "retry-after", "retry-after-ms", "x-should-retry", "x-stainless-read-timeout"),
    *("date", "content-type", "authorization"),
)
VALUES = ("0", "1", "2", "nan", "", "Mon, 01 Jan 2024 00:00:00 GMT", "false", "multipart/form-data; boundary=x")
HEADERS = st.dictionaries(st.sampled_from(NAMES), some(*VALUES), max_size=4) | JSON
DELTA = thing({"type": some("text_delta", "input_json_delta", "z")}, text=TEXT, partial_json=JSON)
EVENT = st.one_of(
    event("message_start", message=thing({}, id=ID, usage=JSON)),
    event("content_block_start", index=some(0, 1), content_block=BLOCK),
    event("content_block_delta", index=some(0, 1), delta=DELTA),
    event("message_delta", delta=thing({"stop_reason": REASON}), usage=JSON),
    event("error", error=thing({"type": ID})),
    st.fixed_dictionaries({"event": JSON, "data": JSON, "at_ms": JSON}),
)
DETAILS = thing({"error_code": some("enforced_spend_limit_reached")})
ANSWER = st.one_of(
    thing({"content": st.lists(BLOCK, max_size=2), "stop_reason": REASON, "id": ID}),
    thing({"error": thing({"type": ID, "details": DETAILS, "message": JSON})}),
)
RESPONSE = thing(
    {"status": some(0, 200, 400, 401, 402, 413, 429, 529)},
    headers=HEADERS,
    events=st.lists(EVENT, max_size=6) | JSON,
    body=ANSWER,
    intended=JSON,
)
TIMING = thing({"end_ms": st.floats(0, 100) | JSON, "response_start_ms": st.floats(0, 100)})
PATHS = ("/v1/messages", "/v1/messages", "/v1/messages", "/v1/messages/batches", "/v1/files")
ENTRY = st.fixed_dictionaries(
    {"path": st.sampled_from(PATHS), "request": thing({"body": BODY, "headers": HEADERS}), "response": RESPONSE},
    optional={
        "id": JSON, "method": st.sampled_from(["POST", "GET"]), "started_at": st.floats(0, 3) | JSON, "timing": TIMING,
        "ended": some("cut", "reset", "clean", "client_gone"), "slept": JSON, "faults": JSON,
    },
)  # fmt: skip
ENDING = st.builds(
    Outcome, kind=st.sampled_from(["returned", "raised"]), value=TEXT, error=st.none() | st.text(max_size=5)
)
ORACLES = st.builds(
    Oracles,
    outcomes=st.lists(ENDING, max_size=2),
    sleeps=st.none() | st.lists(st.builds(Sleep, at=st.floats(0, 3), seconds=st.floats(0, 3)), max_size=2),
    sleeps_hidden=st.booleans(),
    tools=st.lists(st.builds(ToolRun, name=st.sampled_from("ab"), input=st.just({})), max_size=3),
    complete=st.booleans(),
)


@given(st.lists(ENTRY, max_size=5), ORACLES)
def test_no_traffic_makes_a_rule_stumble(entries: list[Any], oracles: Oracles) -> None:
    """Whatever was recorded, and whatever a test tells of it."""
    report = judge([from_journal(entry) for entry in entries], oracles=oracles, prompts=prompts())
    assert report.broken == ()


EXAMPLES = [
    (json.dumps([as_journal(each) for each in example.exchanges()]), example.oracles)
    for contract in ALL
    for example in (contract.good, contract.bad)
]
ODD = JSON | st.sampled_from([[[]], [{}], {"type": []}, {"type": {}}, "\ud800", 1e300, 10**30, -1])


def places(value: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inner:
        yield (*above, name)
        yield from places(item, (*above, name))


@given(st.sampled_from(EXAMPLES), st.lists(st.tuples(st.integers(0, 1 << 20), ODD), min_size=1, max_size=3))
def test_nothing_odd_in_usual_traffic_makes_a_rule_stumble(
    example: tuple[str, Oracles], changes: list[tuple[int, Any]]
) -> None:
    """Wherever in the contracts' own examples something stands that no SDK would send and no API would answer."""
    entries = json.loads(example[0])
    for number, odd in changes:
        found = [place for place in places(entries) if len(place) > 1]
        *above, name = found[number % len(found)]
        holder = entries
        for step in above:
            holder = holder[step]
        holder[name] = deepcopy(odd)
    exchanges = [from_journal(entry) for entry in entries]
    assert judge(exchanges, oracles=example[1], prompts=prompts()).broken == ()
