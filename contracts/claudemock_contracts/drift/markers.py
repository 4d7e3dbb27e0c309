"""Every `cache_control` of a request as written, nested ones and the automatic one included."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from claudemock_contracts.transcript import Call

Group = Literal["tools", "system", "messages", "automatic"]


class Marker(NamedTuple):
    """One marker: where it stands (API notation), in which group, and its lifetime as the API reads it."""

    location: str
    group: Group
    ttl: Literal["5m", "1h"]
    block: Any


def markers(call: Call) -> list[Marker]:
    """The markers of a request in the order of the prompt; the automatic one, at the top level, last."""
    return list(_markers(call))


def _markers(call: Call) -> Iterator[Marker]:
    body = call.body
    for group in ("tools", "system"):
        blocks = body.get(group)
        if isinstance(blocks, list):
            yield from _of("tools" if group == "tools" else "system", group, blocks)
    messages = body.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            yield from _of("messages", f"messages.{number}.content", content)
    if isinstance(body.get("cache_control"), dict):
        yield Marker("cache_control", "automatic", _ttl(body["cache_control"]), body)


def _of(group: Group, place: str, blocks: Sequence[Any]) -> Iterator[Marker]:
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        inner = block.get("content")
        if isinstance(inner, list):
            yield from _of(group, f"{place}.{index}.content", inner)
        control = block.get("cache_control")
        if isinstance(control, dict):
            yield Marker(f"{place}.{index}", group, _ttl(control), block)


def _ttl(control: Any) -> Literal["5m", "1h"]:
    return "1h" if control.get("ttl") == "1h" else "5m"
