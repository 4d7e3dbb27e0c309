"""What a review broke once and must not break again."""

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from claudemock.control.client import ControlError, MockServer
from claudemock.journal import Exchange, Journal
from claudemock.serving import serve
from tests.unit.test_journal import made
from tests.unit.test_stream import assemble, parse
from tests.wire_client import ask, send


def test_an_open_exchange_does_not_suspend_the_journals_bound() -> None:
    """A client that never finishes its request keeps nothing else in memory."""
    with serve(journal_bytes=200_000) as server:
        url = urlsplit(server.base_url)
        with socket.create_connection((url.hostname, url.port)) as slow:
            slow.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\n")
            slow.sendall(b"anthropic-version: 2023-06-01\r\ncontent-length: 9\r\n\r\n{")
            for _ in range(20):
                ask(server, "x" * 50_000)
            kept = server.exchanges
            assert len(kept) < 8
            assert kept.dropped > 10
        assert server.scope("fresh").exchanges.dropped == 0


def test_what_a_reset_forgot_does_not_count() -> None:
    """Exchanges that end after their scope was cleared take no room."""
    journal = Journal(limit=100_000)
    late: list[Exchange] = [made("s") for _ in range(100)]
    for exchange in late:
        journal.begin(exchange)
    journal.clear("s")
    for exchange in late:
        journal.close(exchange, "clean")
    for _ in range(20):
        exchange = made("s")
        journal.begin(exchange)
        journal.close(exchange, "clean")
    assert len(journal.find(lambda entry: entry.scope == "s")) == 20


def test_the_clock_stays_where_times_can_be_written(server: MockServer) -> None:
    """No number of steps and no pace leads to a time that nothing can show."""
    server.clock.set("2199-12-31T00:00:00Z")
    with pytest.raises(ControlError, match="year 2200"):
        server.clock.advance(9.9e9)
    server.clock.freeze()
    server.reply("x" * 200, pacing={"tokens_per_second": 0.001}, chunk=1)
    assert ask(server, stream=True).status == 200
    assert ask(server).status == 200
    assert server.clock.now.startswith("2200-01-01")
    with pytest.raises(ControlError, match="greater than or equal"):
        server.reply("x", pacing={"tokens_per_second": 1e-300})


def test_dates_in_yaml_stream_as_they_are_served(tmp_path: Path) -> None:
    """YAML's own types become JSON when the script is read, so both answers say the same."""
    script = tmp_path / "a.yaml"
    script.write_text("- tool_use: [{name: t, input: {day: 2026-01-01}}]\n  times: 2\n", encoding="utf-8")
    with serve(scripts=[script]) as server:
        whole = ask(server).json["content"][0]["input"]
        assert whole == {"day": "2026-01-01"}
        assert assemble(parse(ask(server, stream=True).body))[0]["input"] == whole


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf"])
def test_numbers_json_does_not_have_are_refused(tmp_path: Path, number: str) -> None:
    """A script that cannot be sent is refused when it is read."""
    script = tmp_path / "a.yaml"
    script.write_text(f"- tool_use: [{{name: t, input: {{x: {number}}}}}]\n", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be sent as JSON"), serve(scripts=[script]):
        pass


@pytest.mark.parametrize(
    "usage",
    [
        {"output_tokens": "x"},
        {"output_tokens": -5},
        {"output_tokens": 1.5},
        {"output_tokens": True},
        {"cache_creation": 5},
        {"cache_creation": {"ephemeral_5m_input_tokens": -1}},
        {"outptu_tokens": 1},
        {"service_tier": 1},
    ],
)
def test_usage_overrides_are_what_usage_could_be(server: MockServer, usage: dict[str, Any]) -> None:
    """A wrong override is refused when it is armed, naming the field."""
    with pytest.raises(ControlError, match=next(iter(usage))):
        server.reply("x", usage=usage)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cookie", "sid=SECRET1; other=x"),
        ("proxy-authorization", "Digest username=u, response=SECRET3, qop=auth"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=SECRET/x, Signature=abc"),
        ("x-goog-api-key", "SECRET"),
        ("x-my-token", "SECRET"),
        ("authorization", "Bearer sk-ant-mock SECRET"),
    ],
)
def test_secrets_are_not_even_stored(server: MockServer, name: str, value: str) -> None:
    """Any header that sounds like a credential is kept without it."""
    ask(server, headers={name: value})
    assert "SECRET" not in json.dumps(server.exchanges[0])


def test_tokens_of_mcp_servers_are_not_stored(server: MockServer) -> None:
    """A body can carry a credential too."""
    servers = [{"type": "url", "url": "https://x", "name": "n", "authorization_token": 'SEC"RET'}]
    tools = [{"type": "mcp_toolset", "mcp_server_name": "n"}]
    beta: dict[str, str | None] = {"anthropic-beta": "mcp-client-2025-11-20"}
    assert ask(server, mcp_servers=servers, tools=tools, headers=beta).status == 200
    shown = server.exchanges[0]["request"]["body"]["mcp_servers"][0]
    assert shown["authorization_token"] == "…"


def test_any_model_can_be_looked_up() -> None:
    """`--models any` means any, with slashes too."""
    with serve(models="any") as server:
        assert send(server, "GET", "/v1/models/my-model").json["id"] == "my-model"
        assert send(server, "GET", "/v1/models/team%2Fmy-model").json["id"] == "team/my-model"


def test_count_tokens_reads_damaged_recordings_as_kindly_as_messages(server: MockServer) -> None:
    """Claude Code's body without its beta header passes both."""
    body: dict[str, Any] = {
        "model": "claude-opus-4-8",
        "system": [{"type": "text", "text": "x-anthropic-billing-header: cc"}],
        "messages": [{"role": "user", "content": "Hi"}],
        "context_management": {"edits": []},
    }
    counted = send(server, "POST", "/v1/messages/count_tokens", body)
    assert counted.status == 200
    assert counted.json["input_tokens"] == ask(server, **body).json["usage"]["input_tokens"]


@pytest.mark.parametrize("path", ["/v1/skills", "/v1/organizations/me", "/v1/complete", "/v1/sessions/x"])
def test_what_is_not_emulated_says_so(server: MockServer, path: str) -> None:
    """A family the API has and the mock does not is named, so that nobody looks for a typing error."""
    status, _, message = send(server, "GET", path).error
    assert status == 404
    assert message.startswith("claudemock does not emulate")
