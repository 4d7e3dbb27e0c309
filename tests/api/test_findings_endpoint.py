"""GET /_mock/findings: the contracts' verdict on a running server's traffic."""

import json

from claudemock.control.client import MockServer
from tests.wire_client import ask, send

CALL = {"type": "tool_use", "id": "toolu_01A", "name": "look", "input": {}}
TOOLS = [{"name": "look", "input_schema": {"type": "object"}}]


def wrong(server: MockServer) -> None:
    """A result for a call that nobody made: the server refuses it, and the contracts say why."""
    stray = [{"type": "tool_result", "tool_use_id": "toolu_01B", "content": "x"}]
    turns = [{"role": "user", "content": "Look."}, {"role": "assistant", "content": [CALL]}]
    response = send(
        server,
        "POST",
        "/v1/messages",
        {
            "model": "claude-opus-5",
            "max_tokens": 9,
            "tools": TOOLS,
            "messages": [*turns, {"role": "user", "content": stray}],
        },
    )
    assert response.status == 400


def test_findings_of_the_scope(server: MockServer) -> None:
    """Only this scope's traffic is judged, in the binding JSON shape."""
    wrong(server)
    rules = {finding["rule"] for finding in send(server, "GET", "/_mock/findings").json["findings"]}
    assert {"R01", "R06"} <= {rule[:3] for rule in rules}


def test_formats(server: MockServer) -> None:
    """Text for people, lines for tools; what is no format is refused with those there are."""
    wrong(server)
    assert "tool-result-orphan" in send(server, "GET", "/_mock/findings?format=text").body.decode()
    lines = send(server, "GET", "/_mock/findings?format=jsonl").body.decode().splitlines()
    assert all("fingerprint" in json.loads(line) for line in lines)
    status, _, message = send(server, "GET", "/_mock/findings?format=pdf").error
    assert (status, message.partition(" is")[0]) == (400, "format: 'pdf'")


def test_correct_traffic_has_none(server: MockServer) -> None:
    """Nothing is wrong, so nothing is said."""
    ask(server)
    assert send(server, "GET", "/_mock/findings").json["findings"] == []
