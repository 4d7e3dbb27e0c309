"""The requests the benchmark sends."""

import json
import random
from collections.abc import Iterator
from typing import Any

REPLY = (  # 312 characters
    "Oslo lies at the head of its fjord, with forest on three sides. In November the days are short and the air is "
    "cold and clear; most people wear wool, walk fast, and are home before dark. Rome is mild at that time of year: "
    "people still sit outside at noon, and the first rain of autumn is the talk of all the town."
)
HEADERS = {"content-type": "application/json", "x-api-key": "sk-ant-mock-bench", "anthropic-version": "2023-06-01"}
MODEL = "claude-opus-5"
WORDS = ("city", "rain", "wool", "noon", "fjord", "walk", "dark", "mild", "forest", "autumn", "people", "outside")
_WORD_BYTES = 6.2  # on average, with the blank
CONTINUED = 60  # requests of an agent's conversation


def request(*, stream: bool = False) -> bytes:
    """A small request."""
    body = {"model": MODEL, "max_tokens": 1024, "messages": [{"role": "user", "content": "Oslo or Rome?"}]}
    return json.dumps(body | ({"stream": True} if stream else {})).encode()


def conversation(size: int, turns: int, seed: int) -> bytes:
    """A conversation of `turns` messages and about `size` bytes, different for every seed: no cache has seen it."""
    words = random.Random(seed)
    length = round(size / turns / _WORD_BYTES)
    messages = [
        {
            "role": "assistant" if number % 2 else "user",
            "content": f"{seed} {number}: " + " ".join(words.choices(WORDS, k=length)) + ".",
        }
        for number in range(turns | 1)
    ]
    return json.dumps({"model": MODEL, "max_tokens": 1024, "messages": messages}).encode()


def tools(count: int) -> list[dict[str, Any]]:
    """Tool definitions as an agent has them, about 700 bytes each."""
    words = random.Random(count)
    fields = {name: {"type": "string", "description": _text(words, 60)} for name in ("path", "query", "mode")}
    schema = {"type": "object", "properties": fields, "required": ["path"]}
    return [
        {"name": f"tool_{number}", "description": _text(words, 300), "input_schema": schema} for number in range(count)
    ]


def agent_request() -> bytes:
    """What an agent sends early on: ten tools, a system prompt, one call and its result, two cache breakpoints."""
    return _agent_body(_agent_turns(seed=1, turns=1, length=1000), tools(10))


def agent_conversation(size: int, seed: int) -> Iterator[bytes]:
    """The requests of one agent's conversation: it begins at `size` bytes, grows by a turn, and its marker moves."""
    length = 4000
    turns = _agent_turns(seed, size // (length + 450) + CONTINUED, length)
    shared = tools(10)
    for number in range(1, CONTINUED + 1):
        yield _agent_body(turns[: len(turns) - 2 * (CONTINUED - number)], shared)


def _agent_turns(seed: int, turns: int, length: int) -> list[dict[str, Any]]:
    """A question, then `turns` calls with results of `length` bytes."""
    words = random.Random(seed)
    messages: list[dict[str, Any]] = [{"role": "user", "content": [_block("Oslo or Rome? " + _text(words, 2000))]}]
    for number in range(turns):
        given = {"path": f"/src/{number}", "query": _text(words, 100)}
        call = {"type": "tool_use", "id": f"toolu_{seed}_{number:05}", "name": "tool_1", "input": given}
        messages.append({"role": "assistant", "content": [_block(_text(words, 200)), call]})
        found = {"type": "tool_result", "tool_use_id": call["id"], "content": _text(words, length)}
        messages.append({"role": "user", "content": [found]})
    return messages


def _agent_body(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> bytes:
    """In the order in which the Python SDK writes fields, with a marker on the system prompt and the last block."""
    marker = {"cache_control": {"type": "ephemeral"}}
    *former, last = messages
    *blocks, end = last["content"]
    body = {
        "max_tokens": 1024,
        "messages": [*former, {**last, "content": [*blocks, {**end, **marker}]}],
        "model": MODEL,
        "system": [{**_block("You are an agent that reads and writes code. " * 60), **marker}],
        "tools": tools,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _block(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _text(words: random.Random, length: int) -> str:
    return " ".join(words.choices(WORDS, k=round(length / _WORD_BYTES)))
