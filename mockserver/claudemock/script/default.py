"""What the mock says when no script does: deterministic, different for different requests, derived from the request."""

import json
from typing import Any

from claudemock.engine.citations import Citable
from claudemock.engine.generate import generate
from claudemock.engine.reply import Block, Reply
from claudemock.script.match import Facts
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.tools import CustomTool

_QUOTED = 120  # characters of the last user message that the reply repeats


def default_reply(request: MessagesRequest, facts: Facts, source: bytes) -> Reply:
    """A forced tool is called with an input its schema accepts; a requested JSON format is obeyed; else text."""
    schema = _format(request)
    if schema is not None:
        return Reply(content=({"type": "text", "text": _json(schema, source)},))
    forced = _forced_tool(request, source)
    if forced is not None:
        return Reply(content=(forced,))
    cited = Citable.of(request).automatic(source)
    return Reply(content=({"type": "text", "text": _text(request, facts, source)}, *cited))


def _text(request: MessagesRequest, facts: Facts, source: bytes) -> str:
    said = " ".join(facts.last_text.split())
    quoted = said if len(said) <= _QUOTED else said[: _QUOTED - 1] + "…"
    about = f"You wrote: “{quoted}”." if quoted else "You wrote no text."
    return (
        f"This is claudemock answering as {request.model}, turn {facts.turn} ({source[:4].hex()}). {about} "
        "Script a reply to make me say what your test needs."
    )


def _forced_tool(request: MessagesRequest, source: bytes) -> Block | None:
    choice = request.tool_choice
    if choice is None or choice.type not in ("any", "tool"):
        return None
    custom = [tool for tool in request.tools if isinstance(tool, CustomTool)]
    if choice.type == "tool":
        custom = [tool for tool in custom if tool.name == choice.name]
    if not custom:
        return None
    tool = custom[source[0] % len(custom)]
    return {"type": "tool_use", "name": tool.name, "input": generate(tool.input_schema, source)}


def _format(request: MessagesRequest) -> dict[str, Any] | None:
    asked = getattr(request.output_config, "format", None) or request.output_format
    schema = getattr(asked, "schema_", None) if asked is not None else None
    return dict(schema) if schema is not None else None


def _json(schema: dict[str, Any], source: bytes) -> str:
    return json.dumps(generate(schema, source), ensure_ascii=False)
