"""The words a Python test scripts with: `text`, `tool_use`, `thinking`, `refusal`.

Each makes a part of a reply; `compose` joins parts into one REPLY as the control API takes it.
"""

from collections.abc import Mapping
from typing import Any

Part = Mapping[str, Any]


def text(said: str, *, citations: list[str | dict[str, Any]] | None = None) -> Part:
    """A text block. A citation may be a quote from the documents of the request, which the server locates."""
    return {"text": said} if citations is None else {"text": said, "citations": citations}


def thinking(thought: str) -> Part:
    """A thinking block; the server signs it."""
    return {"thinking": thought}


def tool_use(name: str, input: Mapping[str, Any] | None = None, /, **arguments: Any) -> Part:  # noqa: A002 - the API's own word
    """A tool call: `tool_use("get_weather", city="Oslo")`. Arguments may also come as one mapping."""
    return {"tool_use": [{"name": name, "input": {**(input or {}), **arguments}}]}


def refusal(explanation: str | None = None, *, category: str | None = None) -> Part:
    """A refusal: `stop_reason: refusal` with its `stop_details`, and no content."""
    return {"refusal": {"category": category, "explanation": explanation}}


def compose(parts: tuple[str | Part, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """One REPLY of the control API. Raises `ValueError` where two parts say the same thing."""
    reply: dict[str, Any] = {}
    for part in parts:
        for key, value in (text(part) if isinstance(part, str) else part).items():
            if key == "tool_use":
                reply[key] = [*reply.get(key, []), *value]
            elif key in reply:
                raise ValueError(f"one reply takes one {key}; for more blocks of a kind give content=[…]")
            else:
                reply[key] = value
    return {**reply, **options}
