"""`claudemock demo`: a server, a correct and a faulty agent, what went over the wire, and what the contracts say."""

from collections.abc import Callable, Iterator
from typing import Any

from claudemock.control.client import MockServer
from claudemock.money import money
from claudemock.script.parts import tool_use
from claudemock.serving import serve
from claudemock_contracts.exchange import from_journal
from claudemock_contracts.run import judge
from claudemock_contracts.text import render_report, terminal_width


def demo(show: Callable[[str], None]) -> int:
    """Run the demonstration; returns 0 if the contracts find the faulty agent's bugs and none in the correct one."""
    try:
        from claudemock.demo import agents
    except ImportError:
        show("The demo's agents run on the official SDK: pip install anthropic")
        return 1
    with serve() as server:
        show(f"A mock of the Claude API answers at {server.base_url}: no key, no network, no cost.")
        show(f"Two agents are asked: {agents.QUESTION} Each is first told to come back in 20 seconds.")
        correct = _watched("1. A correct agent", agents.correct, server.scope("correct"), show)
        faulty = _watched("2. A faulty agent", agents.faulty, server.scope("faulty"), show)
        show("\nBoth gave the same answer, so a test of answers alone would have passed twice.")
    return 0 if faulty and not correct else 1


def _watched(title: str, agent: Callable[[Any], str], server: MockServer, show: Callable[[str], None]) -> int:
    """Run one agent in a scope of its own, show what it did; returns the number of findings."""
    import anthropic

    server.fault("rate_limited", retry_after=20)
    server.reply(tool_use("get_weather", city="Oslo"), tool_use("get_weather", city="Rome"))
    server.reply("It is 4 °C in Oslo and 18 °C in Rome.")
    with (
        server.clock.virtual() as virtual,
        anthropic.Anthropic(base_url=server.base_url, api_key=server.api_key) as client,
    ):
        answer = agent(client)
    show(f"\n{title}. It says: {answer}\n")
    for line in _journal(server):
        show(line)
    dollars = server.costs["total"]["dollars"]["total"]
    show(f"   {sum(virtual.slept):.0f} seconds of virtual time slept, {money(dollars)} that it would have cost")
    report = judge(map(from_journal, server.exchanges))
    show(f"\n{render_report(report, width=terminal_width())}")
    return len(report.findings)


def _journal(server: MockServer) -> Iterator[str]:
    for exchange in server.exchanges:
        usage = exchange["usage"] or {}
        told = f"{usage['input_tokens']:>5} in {usage['output_tokens']:>3} out" if usage else ""
        read = f"{usage['cache_read_input_tokens']:>6} read from the cache" if usage else ""
        request = f"{exchange['method']} {exchange['path']}"
        yield f"   {exchange['id']:<7} {request}  {exchange['response']['status']}  {told} {read}".rstrip()
