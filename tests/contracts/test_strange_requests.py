"""No traffic makes a rule on requests, batches, files or figures stumble, whatever shape its fields have."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from claudemock_contracts.exchange import from_journal
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.run import judge
from tests.contracts.judging import prompts
from tests.contracts.test_strange_traffic import JSON, some, thing

NUMBER = some(0, 1, 1024, 5000)
USAGE = thing({"input_tokens": NUMBER, "output_tokens": NUMBER}, cache_read_input_tokens=NUMBER, cache_creation=JSON)
FILE = thing({"type": some("file", "base64")}, file_id=some("file_1"), data=some("x" * 140_000))
THOUGHT = {"type": "thinking", "thinking": "so", "signature": "s"}
CALL = {"type": "tool_use", "id": "a", "name": "n", "input": {}, "toolset_name": "t"}
SECRET = "key sk-ant-api03-abcdefghijklmnopqrstuvwxyz"
BLOCK = st.one_of(
    thing({"type": some("text")}, text=some("", " ", SECRET), cache_control=JSON),
    thing({"type": some("document", "image")}, source=FILE),
    st.just(THOUGHT) | st.just(CALL),
    thing({"type": some("thinking", "redacted_thinking")}, thinking=JSON, signature=JSON, data=JSON),
    thing({"type": some("server_tool_use")}, id=some("a"), name=some("web_search")),
    thing({"type": some("tool_result")}, tool_use_id=some("a"), content=JSON, toolset_name=some("t"), is_error=JSON),
)
CONTENT = st.lists(BLOCK, max_size=3) | JSON
MESSAGE = thing({"role": some("user", "assistant", "system"), "content": CONTENT})
MODEL = some("claude-opus-4-8", "claude-sonnet-4-5", "claude-opus-5", "claude-3-opus-20240229", "x")
BODY = thing(
    {"messages": st.lists(MESSAGE, max_size=4) | JSON, "model": MODEL},
    max_tokens=NUMBER,
    thinking=thing({"type": some("enabled", "adaptive", "disabled")}, budget_tokens=NUMBER),
    output_config=thing({"effort": some("max", "low")}),
    tool_choice=thing({"type": some("any", "auto")}),
    tools=st.lists(thing({"type": some("web_search_20250305"), "name": some("n")}), max_size=2) | JSON,
    temperature=JSON,
    context_management=thing({"edits": st.lists(thing({"type": some("clear_thinking_20251015")}), max_size=1) | JSON}),
    system=CONTENT,
    metadata=JSON,
)
ROW = thing({"custom_id": some("a", "b", ""), "params": BODY})
UPLOAD = thing({"_multipart": st.lists(thing({"name": some("file"), "blake2b": some("d")}), max_size=2) | JSON})
FORM = st.just('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--x--')
HEADERS = st.dictionaries(
    st.sampled_from(["anthropic-version", "anthropic-beta", "x-api-key", "authorization", "content-type", "host"]),
    some("2026-10-21", "interleaved-thinking-2025-05-14, z, z", "sk-ant-mock-0123456789", "multipart/x; boundary=x"),
)
MESSAGES = thing({"content": CONTENT, "stop_reason": some("max_tokens", "tool_use"), "usage": USAGE})
BATCH = thing(
    {"id": some("m", "n"), "processing_status": some("ended", "in_progress")},
    request_counts=thing({"succeeded": NUMBER}),
    expires_at=some("2026-01-01T00:00:00Z"),
)
ONE_RESULT = '{"custom_id": "a", "result": {"type": "succeeded", "message": {"content": []}}}'
RESULTS = st.lists(some(ONE_RESULT), max_size=3).map(lambda lines: "\n".join(map(str, lines)))
RESULT = thing({"custom_id": some("a"), "result": thing({"type": some("errored", "succeeded"), "message": MESSAGE})})
SHAPES = st.one_of(
    st.tuples(st.just("POST"), st.just("/v1/messages"), BODY, MESSAGES),
    st.tuples(st.just("POST"), st.just("/v1/messages/batches"), thing({"requests": st.lists(ROW) | JSON}), BATCH),
    st.tuples(st.just("GET"), st.just("/v1/messages/batches/m"), JSON, BATCH),
    st.tuples(st.just("GET"), st.just("/v1/messages/batches/m/results"), JSON, RESULTS | RESULT | JSON),
    st.tuples(st.just("POST"), st.just("/v1/files"), UPLOAD | FORM, thing({"id": some("file_1")}, expires_at=JSON)),
    st.tuples(st.just("DELETE"), st.just("/v1/files/file_1"), JSON, JSON),
)
TIMES = st.floats(0, 3) | st.sampled_from(["2026-01-01T00:00:00Z", 1e18, -1e18]) | JSON


def entry(
    shape: tuple[str, str, Any, Any], headers: Any, status: Any, started: Any, location: Any, workspace: Any
) -> dict[str, Any]:
    """One line of a journal."""
    method, path, body, answer = shape
    response = {"status": status, "body": answer, "headers": {"location": location}}
    return {
        "method": method,
        "path": path,
        "request": {"body": body, "headers": headers},
        "response": response,
        "started_at": started,
        "workspace": workspace,
    }


ENTRIES = st.lists(
    st.builds(entry, SHAPES, HEADERS, some(200, 200, 400, 404, 307), TIMES, some("http://b/x"), some("w")), max_size=6
)
ORACLES = st.builds(
    Oracles,
    outcomes=st.lists(
        st.builds(
            Outcome,
            kind=st.sampled_from(["returned", "raised"]),
            value=JSON,
            error=some("KeyError: 'x'", "KeyboardInterrupt").filter(lambda error: isinstance(error, str)),
        ),
        max_size=2,
    ),
    measured=st.dictionaries(st.sampled_from(["cost", "input_tokens", "output_tokens"]), st.floats(0, 10)),
    usage_read=st.none() | st.just(frozenset({"input_tokens"})),
    max_requests=st.none() | st.just(1),
    complete=st.booleans(),
    real_time=st.booleans(),
    output_texts=st.lists(st.text(max_size=3), max_size=1),
)


@given(ENTRIES, ORACLES)
def test_no_request_makes_a_rule_stumble(entries: list[Any], oracles: Oracles) -> None:
    """Whatever was asked, uploaded or downloaded, and whatever a test tells of it."""
    found = []
    for number, each in enumerate(entries):
        found.append(from_journal({**each, "id": f"exch_{number}"}))
    report = judge(found, oracles=oracles, prompts=prompts())
    assert report.broken == (), report.broken
