"""What the mock says when no script does: deterministic, different for different requests, derived from the request."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from claudemock.engine.attached import NO_FILES, Attached
from claudemock.engine.citations import Citable
from claudemock.engine.generate import UnsatisfiableSchema, generate
from claudemock.engine.reply import Block, Reply
from claudemock.engine.schema.hints import with_hints
from claudemock.engine.schema.words import words
from claudemock.script.match import Facts
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.tools import BrowserToolset, ComputerToolset, CustomTool, Tool

_MEMBER = "screenshot"
_QUOTED = 120  # characters of the last user message that the reply repeats, and of a path in a refusal


def default_reply(request: MessagesRequest, facts: Facts, files: Mapping[str, Attached] = NO_FILES) -> Reply:
    """A forced tool is called with an input it accepts; a requested JSON format or summary is given; else text.

    `files` are the uploaded files that the request uses. What is said depends on what was asked alone: not on `stream`,
    nor on how often it was asked. Raises `ApiError` 400 where the tool cannot be called by its client, or where no
    value is found for a schema.
    """
    asked = _digest(request, facts)
    if request.compaction is not None:
        return Reply(content=(_summary(request, asked),), stop_reason="compaction")
    forced = _forced_tool(request, asked)
    if forced is not None:
        return Reply(content=(forced,))
    schema = _format(request)
    if schema is not None:
        made = _generated(schema, asked, "no JSON could be made for the output format")
        return Reply(content=({"type": "text", "text": json.dumps(made, ensure_ascii=False)},))
    cited = Citable.of(request, files=files).automatic(asked)
    return Reply(content=({"type": "text", "text": _text(request, facts, asked)}, *cited))


def summary_of(request: MessagesRequest, facts: Facts) -> Block:
    """The block that stands for a conversation from here on."""
    return _summary(request, _digest(request, facts))


def _digest(request: MessagesRequest, facts: Facts) -> bytes:
    """16 bytes that stand for what was asked, however it was spelled."""
    try:
        # The serializer itself rather than model_dump_json, which costs twice as much for a small request.
        asked = request.__pydantic_serializer__.to_json(
            request, exclude={"stream"}, exclude_defaults=True, warnings=False
        )
    except ValueError:  # a schema nested deeper than the serializer goes
        asked = f"{request.model}\n{facts.turn}\n{facts.said}".encode()
    return blake2b(asked, digest_size=16).digest()


def _text(request: MessagesRequest, facts: Facts, asked: bytes) -> str:
    said = " ".join(facts.last_text.split())
    quoted = said if len(said) <= _QUOTED else said[: _QUOTED - 1] + "…"
    about = f"You wrote: “{quoted}”." if quoted else "You wrote no text."
    return (
        f"This is claudemock answering as {request.model}, turn {facts.turn} ({asked[:4].hex()}). {about} "
        "Script a reply to make me say what your test needs."
    )


def _summary(request: MessagesRequest, asked: bytes) -> Block:
    said = f"A conversation of {len(request.messages)} messages, summarised by claudemock ({asked[:4].hex()})."
    return {"type": "compaction", "content": said}


def _forced_tool(request: MessagesRequest, asked: bytes) -> Block | None:
    """The call that `tool_choice` asks for; None where it asks for none, or where nothing is on offer."""
    choice = request.tool_choice
    if choice is None or choice.type not in ("any", "tool") or not (request.tools or request.mcp_servers):
        return None
    wanted = choice.name if choice.type == "tool" else None
    callable_ = [tool for tool in request.tools if _is_the_clients(tool) and (wanted is None or _name(tool) == wanted)]
    if not callable_:
        raise _uncallable(request, wanted)
    tool = callable_[asked[0] % len(callable_)]
    return {"type": "tool_use", "name": _name(tool), "input": _input(tool, asked)}


def _is_the_clients(tool: Tool) -> bool:
    return isinstance(tool, CustomTool) or _name(tool) in words().calls


def _name(tool: Tool) -> str:
    """The tool's name. A toolset has none: of its members, the one that needs no input is called, unless it is off."""
    if isinstance(tool, ComputerToolset | BrowserToolset):
        settings = (tool.configs or {}).get(_MEMBER)
        return tool.type if settings is not None and settings.enabled is False else _MEMBER
    return str(getattr(tool, "name", tool.type))


def _input(tool: Tool, asked: bytes) -> dict[str, Any]:
    if not isinstance(tool, CustomTool):
        inputs = words().calls[_name(tool)]
        return dict(inputs[asked[1] % len(inputs)])
    made: dict[str, Any] = _generated(tool.input_schema, asked, f"no input could be made for tool '{tool.name}'")
    return made


def _uncallable(request: MessagesRequest, wanted: str | None) -> ApiError:
    """Why none of the tools can be called, in terms of the one that was wanted or else of the first."""
    meant = [tool for tool in request.tools if wanted in (None, _name(tool))]
    if meant and isinstance(meant[0], ComputerToolset | BrowserToolset):
        why = f"no call of a member of '{meant[0].type}' could be made"
    elif meant:
        why = f"tool '{_name(meant[0])}' runs on the API's side"
    elif wanted is None:
        why = f"MCP server '{request.mcp_servers[0].name}' is called on the API's side"
    else:
        why = f"tool '{wanted}' has no definition to call it by"
    return invalid_request(f"claudemock: {why}; script a reply for it")


def _format(request: MessagesRequest) -> dict[str, Any] | None:
    asked = getattr(request.output_config, "format", None) or request.output_format
    schema = getattr(asked, "schema_", None) if asked is not None else None
    return dict(schema) if schema is not None else None


def _short(path: str) -> str:
    return path if len(path) <= _QUOTED else f"{path[: _QUOTED - 1]}…"


def _hinted(schema: Mapping[str, Any], asked: bytes) -> Any:
    """A value that heeds the SDKs' hints too; None if there are none, or if they cannot be heeded."""
    try:
        whole = with_hints(schema)
        return None if whole is schema else generate(whole, asked)
    except (UnsatisfiableSchema, RecursionError):
        return None


def _generated(schema: Mapping[str, Any], asked: bytes, failure: str) -> Any:
    """A value for the schema that the wire can carry. Raises `ApiError` 400 that begins with `failure`."""
    try:
        value = _hinted(schema, asked) or generate(schema, asked)
        orjson.dumps({"content": [{"input": value}]})  # as deep as in a message
    except UnsatisfiableSchema as error:
        why = f"{_short(error.path)}: {error.keyword}"
    except TypeError as error:  # a whole number beyond 64 bits, a constant nested too deep
        why = str(error)
    else:
        return value
    raise invalid_request(f"claudemock: {failure} ({why}); script a reply for it")
