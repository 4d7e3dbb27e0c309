"""What one run of the command did on the wire, from its exchanges."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import orjson

Exchange = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a client waited before it came back, and how long it was asked to, in seconds of the scope's clock."""

    asked: float
    waited: float
    dated: bool

    @property
    def obeyed(self) -> bool:
        """Whether it was long enough (RULES C3: 50 ms or 5 % off; a date has whole seconds)."""
        return self.waited >= self.asked - (1.0 if self.dated else max(0.05, self.asked * 0.05))


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: `requests` made, `attempts` at the call that needed most, `waits` that a server asked for, `dollars`."""

    requests: int
    attempts: int
    waits: tuple[Wait, ...]
    dollars: float


def measure(exchanges: Sequence[Exchange], dollars: float) -> Measured:
    """Count it."""
    attempts = Counter(exchange["attempt"]["call"] for exchange in exchanges)
    return Measured(len(exchanges), max(attempts.values(), default=0), tuple(_waits(exchanges)), dollars)


def answers(exchanges: Iterable[Exchange], besides: Container[str | None] = ()) -> int:
    """How many whole answers of the model reached the client, those of the scripts `besides` left out."""
    return sum(_is_whole(exchange) and exchange["script"] not in besides for exchange in exchanges)


def _is_whole(exchange: Exchange) -> bool:
    response = exchange["response"]
    if exchange["path"] != "/v1/messages" or response["status"] != 200 or exchange["ended"] != "clean":
        return False
    return "events" not in response or any(event.get("event") == "message_stop" for event in response["events"])


def _waits(exchanges: Iterable[Exchange]) -> Iterable[Wait]:
    calls: defaultdict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        calls[exchange["attempt"]["call"]].append(exchange)
    for attempts in calls.values():
        ordered = sorted(attempts, key=lambda exchange: exchange["attempt"]["number"])
        for earlier, later in pairwise(ordered):
            asked, dated = _asked(earlier)
            if asked is not None:
                yield Wait(asked, max(_gap(earlier, later), sum(earlier["slept"])), dated)


def _gap(earlier: Exchange, later: Exchange) -> float:
    ended = datetime.fromisoformat(earlier["started_at"]).timestamp() + (earlier["timing"]["end_ms"] or 0) / 1000
    return datetime.fromisoformat(later["started_at"]).timestamp() - ended


def _asked(exchange: Exchange) -> tuple[float | None, bool]:
    """The seconds of retry-after, and whether they were given as a date."""
    for strike in exchange["faults"]:
        if "retry_after_date" in strike["meant"]:
            return strike["meant"]["retry_after_date"], True
    headers = exchange["response"]["headers"]
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return float(headers[name]) / unit, False
        except (KeyError, ValueError):
            continue
    return None, False


def tool_calls(exchanges: Iterable[Exchange]) -> dict[str, tuple[str, str]]:
    """The tool calls that were served, by id: name and input as JSON."""
    return {
        block["id"]: (block["name"], orjson.dumps(block["input"], option=orjson.OPT_SORT_KEYS).decode())
        for exchange in exchanges
        for block in _served(exchange)
        if block.get("type") == "tool_use"
    }


def served_together(exchanges: Iterable[Exchange]) -> int:
    """The most tool calls that were in one answer."""
    counts = [sum(block.get("type") == "tool_use" for block in _served(exchange)) for exchange in exchanges]
    return max(counts, default=0)


def tool_results(exchanges: Sequence[Exchange]) -> dict[tuple[str, str], str]:
    """What the client's tools answered, by the call's name and input."""
    calls = tool_calls(exchanges)
    found = {}
    for exchange in exchanges:
        body = exchange["request"]["body"]
        for message in body.get("messages", []) if isinstance(body, dict) else []:
            content = message.get("content")
            for block in content if isinstance(content, list) else []:
                if block.get("type") == "tool_result" and block.get("tool_use_id") in calls:
                    found[calls[block["tool_use_id"]]] = orjson.dumps(block.get("content")).decode()
    return found


def _served(exchange: Exchange) -> Iterable[Mapping[str, Any]]:
    """The content blocks of an answer, streamed or not; streamed inputs are put together."""
    response = exchange["response"]
    if "events" not in response:
        body = response.get("body")
        return body.get("content", []) if isinstance(body, dict) else []
    blocks: dict[int, dict[str, Any]] = {}
    inputs: defaultdict[int, str] = defaultdict(str)
    for event in response["events"]:
        data = event.get("data")
        if not isinstance(data, dict):
            continue
        if data.get("type") == "content_block_start":
            blocks[data["index"]] = dict(data["content_block"])
        elif data.get("type") == "content_block_delta":
            inputs[data["index"]] += data["delta"].get("partial_json", "")
    for index, text in inputs.items():
        if text and index in blocks:
            try:
                blocks[index]["input"] = orjson.loads(text)
            except ValueError:
                blocks[index]["input"] = text
    return blocks.values()
