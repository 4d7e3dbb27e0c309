"""Every `cache_control` of a request as written, nested ones and the automatic one included."""

from collections.abc import Sequence
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
    body = call.body
    found: list[Marker] = []
    for group in ("tools", "system"):
        blocks = body.get(group)
        if isinstance(blocks, list):
            _scan(found, "tools" if group == "tools" else "system", group, blocks)
    messages = body.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content") if type(message) is dict else None
        if type(content) is list:
            _scan(found, "messages", number, content)
    if isinstance(body.get("cache_control"), dict):
        found.append(Marker("cache_control", "automatic", _ttl(body["cache_control"]), body))
    return found


def _scan(found: list[Marker], group: Group, place: str | int, blocks: Sequence[Any]) -> None:
    """Add the markers of a list of blocks. Nearly every block has none, and is passed over as fast as can be."""
    for index, block in enumerate(blocks):
        if type(block) is dict and ("cache_control" in block or type(block.get("content")) is list):
            start = f"messages.{place}.content" if isinstance(place, int) else place
            inner = block.get("content")
            if isinstance(inner, list):
                _scan(found, group, f"{start}.{index}.content", inner)
            control = block.get("cache_control")
            if isinstance(control, dict):
                found.append(Marker(f"{start}.{index}", group, _ttl(control), block))


def _ttl(control: Any) -> Literal["5m", "1h"]:
    return "1h" if control.get("ttl") == "1h" else "5m"
