"""Real clients against the mock, judged from its journal: right programs pass, and each bug is found by its rule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import pytest

from claudemock import tool_use
from claudemock.control.client import MockServer
from claudemock_contracts.exchange import from_journal
from claudemock_contracts.run import Report, judge
from tests.contracts.judging import prompts

WEATHER: Any = {"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
RULES = "You answer questions about the weather, briefly and in metric units. " * 200


def judged(server: MockServer) -> Report:
    """What the rules say of all the server has seen in this scope."""
    report = judge([from_journal(entry) for entry in server.exchanges], prompts=prompts())
    assert report.broken == ()
    return report


def agent(server: MockServer, answer: Callable[[list[Any]], list[Any]], *, stream: bool) -> None:
    """A small agent: two parallel calls, results made by `answer`, a last word."""
    server.reply(tool_use("get_weather", city="Oslo"), tool_use("get_weather", city="Rome"))
    server.reply("Rome is the warmer of the two.")
    messages: list[Any] = [{"role": "user", "content": "Oslo or Rome?"}]
    with anthropic.Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        for _ in range(2):
            common: Any = {"model": "claude-opus-4-8", "max_tokens": 500, "messages": messages, "tools": [WEATHER]}
            if stream:
                with client.messages.stream(**common) as events:
                    message = events.get_final_message()
            else:
                message = client.messages.create(**common)
            messages.append({"role": "assistant", "content": message.content})
            calls = [block for block in message.content if block.type == "tool_use"]
            if calls:
                messages.append({"role": "user", "content": answer(calls)})


def results(calls: list[Any], texts: list[str]) -> list[Any]:
    """Results for these calls."""
    return [
        {"type": "tool_result", "tool_use_id": block.id, "content": said}
        for block, said in zip(calls, texts, strict=False)
    ]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        (lambda calls: results(calls, ["Oslo: 4 °C", "Rome: 18 °C"]), None),
        (lambda calls: results(calls, ["Rome: 18 °C", "Oslo: 4 °C"]), "R21"),
        (lambda calls: results(calls[::-1], ["Rome: 18 °C", "Oslo: 4 °C"]), "R69"),
    ],
)
def test_an_agent_with_parallel_tools(
    server: MockServer, answer: Callable[[list[Any]], list[Any]], rule: str | None, stream: bool
) -> None:
    """The official SDK, streaming or not: the journal holds all the rules need."""
    agent(server, answer, stream=stream)
    assert [finding.rule for finding in judged(server).findings] == ([] if rule is None else [rule])


@pytest.mark.parametrize("drifting", [False, True])
def test_a_clock_in_the_system_prompt(server: MockServer, drifting: bool) -> None:
    """The rules and the server's own accounting agree on what was read from the cache."""
    begin = datetime(2026, 11, 22, 10, tzinfo=UTC)
    reads = []
    with anthropic.Anthropic(base_url=server.base_url, api_key=server.api_key) as client:
        for number in range(3):
            clock = f"It is {(begin + timedelta(seconds=number)).isoformat()}. "
            words = (clock if drifting else "") + RULES
            system: Any = [{"type": "text", "text": words, "cache_control": {"type": "ephemeral"}}]
            question: Any = [{"role": "user", "content": f"{clock}Question {number}?"}]
            message = client.messages.create(model="claude-opus-4-8", max_tokens=50, system=system, messages=question)
            reads.append(message.usage.cache_read_input_tokens)
    report = judged(server)
    assert [bool(read) for read in reads] == [False, not drifting, not drifting]
    assert [(finding.rule, finding.kind) for finding in report.findings] == ([("R02", "timestamp")] if drifting else [])
    assert report.verdicts["R02"] == ("violation" if drifting else "pass")
