"""Arming faults: what can be said, what is refused and how, and which requests are meant."""

from pathlib import Path
from typing import Any

import pytest

from claudemock.control.client import ControlError, MockServer
from claudemock.faults.spec import parse_fault, parse_faults
from claudemock.script.files import load_script
from claudemock.script.spec import ScriptError
from claudemock.serving import serve
from tests.wire_client import ask, send


def statuses(server: MockServer, count: int, **body: Any) -> list[int]:
    """The statuses of so many requests."""
    return [ask(server, **body).status for _ in range(count)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fault": "overload"}, "faults.0.fault: 'overload' is not a fault; did you mean overloaded? Faults are"),
        ({}, "faults.0.fault: missing; faults are overloaded, "),
        (7, 'faults.0: a fault is {"fault": NAME, …} or the text "NAME key=value …"'),
        ({"fault": "overloaded", "time": 2}, "faults.0.time: overloaded has no such parameter; it takes status, "),
        ({"fault": "overloaded", "after_event": 2}, "faults.0.after_event: overloaded has no such parameter"),
        ({"fault": "overloaded", "times": 0}, "faults.0.times: Input should be greater than or equal to 1"),
        ({"fault": "overloaded", "times": "2"}, "faults.0.times: Input should be a valid integer"),
        ({"fault": "overloaded", "status": 200}, "faults.0.status: Input should be greater than or equal to 400"),
        ({"fault": "overloaded", "probability": 2}, "faults.0.probability: Input should be less than or equal to 1"),
        (
            {"fault": "overloaded", "match": {"modle": "x"}},
            "faults.0.match.modle: there is no such field; did you mean model? There are model, system,",
        ),
        (
            {"fault": "overloaded", "match": {"model": "re:("}},
            "faults.0.match.model: 're:(' is not a regular expression",
        ),
        ({"fault": "overloaded", "path": "re:["}, "faults.0.path: 're:[' is not a regular expression"),
        ({"fault": "overloaded", "until": "tomorrow"}, "faults.0.until: not an RFC 3339 time with a zone: 'tomorrow'"),
        ({"fault": "overloaded", "headers": {"a b": "c"}}, "faults.0.headers: 'a b' is not a header a fault can set"),
        ({"fault": "overloaded", "headers": {"a": "b\r\nc: d"}}, "faults.0.headers: a: a header's value has no line"),
        ({"fault": "overloaded", "headers": {"Content-Length": "1"}}, "faults.0.headers: 'Content-Length' is not"),
        ({"fault": "overloaded", "retry_after": "a\nb"}, "faults.0.retry_after: retry_after: a header's value"),
        ({"fault": "cut", "after_bytes": 1, "after_event": 1}, "faults.0: after_bytes and after_event are two places"),
        ("overloaded times=2 times=3", "faults.0: times is given twice"),
        ({"fault": 1}, "faults.0.fault: '1' is not a fault. Faults are overloaded"),
        ("overloaded times", "faults.0: 'times' is not key=value"),
        ("overloaded 'x", 'faults.0: "overloaded \'x" cannot be read: No closing quotation'),
        ("overloaded match=1 match.model=x", "faults.0: match is given as a value and as match.model"),
        ("", "faults.0.fault: '' is not a fault"),
    ],
)
def test_refusals_say_where_what_and_how(server: MockServer, given: Any, message: str) -> None:
    """A fault that cannot be armed is refused with its place, and nothing else is armed."""
    with pytest.raises(ControlError) as caught:
        server.call("POST", "faults", {"faults": [given, {"fault": "overloaded"}]})
    assert str(caught.value).startswith(message)
    assert server.faults == []


@pytest.mark.parametrize("body", [None, [], {"faults": {}}, {"faults": [], "strict": True}, {"fault": "cut"}])
def test_the_body_is_a_list_of_faults(server: MockServer, body: Any) -> None:
    """The control API says what it takes."""
    with pytest.raises(ControlError, match=r'the body is \{"faults"'):
        server.call("POST", "faults", body)


def test_text_and_data_say_the_same() -> None:
    """A line as on the command line is the same fault as its JSON."""
    line = (
        "rate_limited times=2 retry_after=1.5 match.model=claude-* match.header.x-user=re:^a headers.x-a=1b "
        'path="/v1/m*"'
    )
    data = {
        "fault": "rate_limited",
        "times": 2,
        "retry_after": 1.5,
        "match": {"model": "claude-*", "header": {"x-user": "re:^a"}},
        "headers": {"x-a": "1b"},
        "path": "/v1/m*",
    }
    assert parse_fault(line).to_json() == parse_fault(data).to_json() == data
    assert [each.name for each in parse_faults("overloaded; cut after_bytes=3;")] == ["overloaded", "cut"]


@pytest.mark.parametrize(
    ("more", "times"),
    [
        ({}, 1),
        ({"times": 3}, 3),
        ({"times": None}, None),
        ({"nth": 2}, 1),
        ({"match": {}}, None),
        ({"probability": 0.5}, None),
        ({"until": "2030-01-01T00:00:00Z"}, None),
        ({"match": {}, "times": 2}, 2),
    ],
)
def test_once_unless_something_else_bounds_it(more: dict[str, Any], times: int | None) -> None:
    """A plain fault acts once; one with a condition as long as it holds; `times` is always the last word."""
    assert parse_fault({"fault": "overloaded", **more}).arming.most == times


def test_times_and_nth(server: MockServer) -> None:
    """Faults act in the order they were armed, each as often as it says."""
    server.fault("overloaded", times=2)
    server.fault("api_error")
    assert statuses(server, 4) == [529, 529, 500, 200]
    server.fault("overloaded", nth=3)
    assert statuses(server, 5) == [200, 200, 529, 200, 200]


def test_places_in_a_row_are_counted_for_every_fault(server: MockServer) -> None:
    """`nth` and `first_of_conversation` count all requests that fit, those that another fault answers too."""
    for number, name in enumerate(("overloaded", "rate_limited", "api_error"), 1):
        server.fault(name, nth=number)
    assert statuses(server, 4) == [529, 429, 500, 200]
    server.reset()
    server.fault("overloaded")
    server.fault("rate_limited", first_of_conversation=2)
    assert statuses(server, 4) == [529, 429, 200, 200]


def test_match_and_path(server: MockServer) -> None:
    """Only requests that fit; an invalid request fits no match, but any fault without one."""
    server.fault("overloaded", match={"model": "claude-sonnet-*", "contains": "weather"})
    assert statuses(server, 1) == [200]
    assert ask(server, "the weather?", model="claude-sonnet-5").status == 529
    assert ask(server, "the weather?", model="claude-sonnet-5", max_tokens="x").status == 400
    assert send(server, "GET", "/v1/models").status == 200
    server.fault("api_error", path="/v1/messages/*", times=None)
    assert ask(server).status == 200
    counted = {"model": "claude-opus-4-8", "messages": [{"role": "user", "content": "x"}]}
    assert send(server, "POST", "/v1/messages/count_tokens", counted).status == 500
    server.fault("billing")
    assert ask(server, max_tokens="x").status == 402


def test_chance_belongs_to_the_request_not_to_the_order() -> None:
    """The same requests meet the same fate, in any order; another seed, another fate."""

    def fates(seed: int, order: list[int]) -> dict[int, int]:
        with serve(seed=seed) as server:
            server.fault("overloaded", probability=0.5)
            return {number: ask(server, f"question {number}").status for number in order}

    numbers = list(range(40))
    first = fates(0, numbers)
    assert fates(0, numbers[::-1]) == first
    assert fates(1, numbers) != first
    assert 8 < list(first.values()).count(529) < 32


def test_the_first_requests_of_each_conversation(server: MockServer) -> None:
    """Each conversation has its own count, wherever it has got to."""
    server.fault("overloaded", first_of_conversation=2)
    assert [ask(server, name).status for name in "abab"] == [529] * 4
    longer = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "x"}, {"role": "user", "content": "b"}]
    assert ask(server, messages=longer).status == 200
    assert [ask(server, name).status for name in "abc"] == [200, 200, 529]
    assert server.faults[0]["fired"] == 5


def test_until_a_time_on_the_clock(server: MockServer) -> None:
    """An outage ends when the scope's clock says so, however often it was met."""
    server.clock.freeze()
    server.clock.set("2026-11-01T00:00:00Z")
    server.fault("overloaded", for_seconds=120)
    server.fault("api_error", until="2026-11-01T00:03:00Z")
    seen = []
    for _ in range(4):
        seen += statuses(server, 2)
        server.clock.advance(60)
    assert seen == [529] * 4 + [500] * 2 + [200] * 2


def test_a_request_brings_its_fault_along(server: MockServer) -> None:
    """The header's fault is for its request alone; `times` counts attempts of the same request."""
    assert ask(server, headers={"x-claudemock-fault": "overloaded retry_after=2"}).headers["retry-after"] == "2"
    assert ask(server).status == 200
    header: dict[str, str | None] = {"x-claudemock-fault": "overloaded times=2"}
    assert [ask(server, "a", headers=header).status for _ in range(3)] == [529, 529, 200]
    assert ask(server, "b", headers=header).status == 529
    assert server.exchanges[0]["faults"][0]["id"] == "header"
    refused = ask(server, headers={"x-claudemock-fault": "overlaoded"}).error
    assert refused[:2] == (400, "invalid_request_error")
    assert refused[2].startswith("claudemock: x-claudemock-fault: fault: 'overlaoded' is not a fault; did you mean")


def test_conditions_of_a_fault_brought_along(server: MockServer) -> None:
    """What depends on the request and the clock holds as ever; what counts other requests is refused."""

    def met(fault: str, count: int = 1) -> list[int]:
        return [ask(server, headers={"x-claudemock-fault": fault}).status for _ in range(count)]

    server.clock.set("2026-11-01T00:00:00Z")
    assert met("overloaded match.model=claude-haiku*") == met("overloaded path=/v1/files*") == [200]
    assert met("overloaded match.model=claude-opus*") == met("overloaded path=/v1/mess*") == [529]
    assert met("overloaded until=2026-10-31T00:00:00Z; api_error until=2027-01-01T00:00:00Z") == [500]
    assert set(met("overloaded probability=0.5", 20)) == {200, 529}
    assert met("overloaded times=1; api_error times=1; overloaded times=1", 2) == [529, 200]
    refused = ask(server, headers={"x-claudemock-fault": "cut; overloaded nth=2"}).error
    assert refused[0] == 400
    assert refused[2].endswith("1: nth counts requests; arm the fault instead of sending it along")


def test_what_never_fired_can_be_seen(server: MockServer) -> None:
    """GET faults tells what acted and what did not."""
    server.fault("error_event")
    server.fault("overloaded")
    statuses(server, 2)
    assert [(fault["fault"], fault["fired"], fault["left"]) for fault in server.faults] == [
        ("error_event", 0, 1),
        ("overloaded", 1, 0),
    ]


def test_disarming(server: MockServer) -> None:
    """One fault or all of them can be taken back; an unknown id is an error."""
    first, _ = server.fault("overloaded", times=None), server.fault("api_error", times=None)
    assert statuses(server, 1) == [529]
    server.disarm(first)
    assert statuses(server, 1) == [500]
    with pytest.raises(ControlError, match="Fault not found: fault_1"):
        server.disarm(first)
    server.disarm()
    assert statuses(server, 1) == [200]
    server.fault("overloaded")
    server.reset()
    assert statuses(server, 1) == [200]


def test_scopes_have_their_own_faults(root: MockServer) -> None:
    """A fault of one test never meets another."""
    one, other = root.scope("faults-one"), root.scope("faults-other")
    one.fault("overloaded")
    assert statuses(other, 1) == [200]
    assert statuses(one, 1) == [529]


def test_faults_from_the_start(tmp_path: Path) -> None:
    """Script files and `serve(faults=…)` arm every scope, and a reset arms them again."""
    file = tmp_path / "script.yaml"
    file.write_text("faults:\n  - overloaded times=1\nreplies:\n  - text: scripted\n", encoding="utf-8")
    with serve(scripts=[file], faults=[{"fault": "api_error"}]) as server:
        assert statuses(server, 3) == [529, 500, 200]
        assert statuses(server.scope("other"), 2) == [529, 500]
        server.reset()
        assert statuses(server, 1) == [529]


def test_a_wrong_fault_in_a_script_file_is_found(tmp_path: Path) -> None:
    """File, line and column, as for replies."""
    file = tmp_path / "script.yaml"
    file.write_text("faults:\n  - {fault: overloaded, times: 1}\n  - {fault: cut, times: -1}\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"script.yaml:3:18: faults.1.times: Input should be greater"):
        load_script(file)
