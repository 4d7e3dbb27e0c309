"""`claudemock demo`: a server, a small agent on the official SDK, and what went over the wire.

The agent is an ordinary one: it asks, streams, and runs a tool loop; nothing in it knows that it talks to a mock.
"""

import json
from collections.abc import Callable
from typing import Any

from claudemock.control.client import MockServer
from claudemock.script.parts import tool_use
from claudemock.serving import serve

_MODEL = "claude-opus-4-8"
_TOOL = {
    "name": "get_weather",
    "description": "The temperature in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
_WEATHER = {"Oslo": "4 °C", "Rome": "18 °C"}


def demo(show: Callable[[str], None]) -> int:
    """Run the demonstration; returns the exit status."""
    try:
        import anthropic
    except ImportError:
        show("The demo's agent runs on the official SDK: pip install anthropic")
        return 1
    with serve() as server:
        show(f"A mock of the Claude API answers at {server.base_url}; no key, no network, no cost.\n")
        client = anthropic.Anthropic(base_url=server.base_url, api_key=server.api_key, max_retries=0)
        _script(server)
        show("1. messages.create")
        show(f"   {_ask(client)}\n")
        show("2. messages.stream")
        show(f"   {_stream(client)}\n")
        show("3. a tool loop with two parallel calls")
        show(f"   {_tool_loop(client)}\n")
        show("4. a mistake, refused as the API refuses it")
        show(f"   {_mistake(client, anthropic)}\n")
        show("What went over the wire (GET /_mock/exchanges has all of it):")
        for line in _journal(server):
            show(line)
    return 0


def _script(server: MockServer) -> None:
    server.reply("Hello! Nothing here has left your machine.")
    server.reply("One word after another, as the API streams them.")
    server.reply(tool_use("get_weather", city="Oslo"), tool_use("get_weather", city="Rome"))
    server.when(tool_result="get_weather").reply("It is 4 °C in Oslo and 18 °C in Rome.")


def _ask(client: Any) -> str:
    reply = client.messages.create(
        model=_MODEL, max_tokens=100, messages=[{"role": "user", "content": "Hello, Claude"}]
    )
    usage = reply.usage
    return f"{reply.content[0].text}  [{reply.stop_reason}, {usage.input_tokens} + {usage.output_tokens} tokens]"


def _stream(client: Any) -> str:
    with client.messages.stream(
        model=_MODEL, max_tokens=100, messages=[{"role": "user", "content": "Stream something"}]
    ) as stream:
        return " | ".join(stream.text_stream)


def _tool_loop(client: Any) -> str:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "How warm are Oslo and Rome?"}]
    while True:
        reply = client.messages.create(model=_MODEL, max_tokens=500, tools=[_TOOL], messages=messages)
        messages.append({"role": "assistant", "content": reply.content})
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return str(reply.content[0].text)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": _WEATHER[call.input["city"]]} for call in calls
        ]
        messages.append({"role": "user", "content": results})


def _mistake(client: Any, anthropic: Any) -> str:
    try:
        client.messages.create(
            model=_MODEL, max_tokens=500_000, messages=[{"role": "user", "content": "Too much"}], timeout=30
        )
    except anthropic.BadRequestError as error:
        return f"{type(error).__name__}: {error.body['error']['message']}"
    return "accepted"


def _journal(server: MockServer) -> list[str]:
    lines = []
    for exchange in server.exchanges:
        response = exchange["response"]
        usage = exchange["usage"] or {}
        told = f"{usage['input_tokens']:>4} in {usage['output_tokens']:>3} out" if usage else " " * 15
        kind = (
            f"{len(response['events'])} events"
            if "events" in response
            else f"{len(json.dumps(response['body']))} bytes"
        )
        last = exchange["request"]["body"]["messages"][-1]["content"]
        said = last if isinstance(last, str) else ", ".join(block["type"] for block in last)
        request = f"{exchange['method']} {exchange['path']}"
        lines.append(f"   {exchange['id']:<7} {request}  {response['status']}  {told}  {kind:>10}  {said}")
    return lines
