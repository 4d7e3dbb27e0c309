"""A reply as users write it (JSON, YAML, Python) and what it becomes.

REPLY = "text" | {text?, thinking?, tool_use?: [{name, input?, id?}], content?: [blocks], stop_reason?,
                  stop_sequence?, usage?, citations?, refusal?, pacing?: {first_token_ms?, tokens_per_second?},
                  chunk?, files?: [{filename, text | base64, mime_type?}], match?: {…}, times?: N | null}
"""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Annotated, Any, Literal, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from claudemock.engine.citations import without_quotes
from claudemock.engine.reply import Block, Pacing, Reply, ReplyFile
from claudemock.files.names import clean_filename, mime_type
from claudemock.script.match import Match, Pattern
from claudemock.wire.output import parse_output_blocks

STOP_REASONS = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
]


_COUNTERS = frozenset({"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"})
_DETAILS = frozenset({"cache_creation", "output_tokens_details", "server_tool_use"})
_SAID = frozenset({"service_tier", "inference_geo", "speed"})


class ScriptError(ValueError):
    """A script that cannot be used. `path` is where in it (`("replies", 2, "stop_reason")`)."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {message}" if path else message)
        self.path = path
        self.reason = message


def refused(error: ValidationError, kind: type[BaseModel], path: tuple[str | int, ...] = ()) -> ScriptError:
    """What is wrong with data for a model of `kind` that stands at `path`: the first error, and what would be right."""
    first = error.errors(include_url=False)[0]
    loc = tuple(step for step in first["loc"] if step not in ("int", "float", "str"))
    reason = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        reason = no_field(str(loc[-1]), _fields_at(kind, loc[:-1]))
    return ScriptError(reason, (*path, *loc))


def no_field(name: str, fields: Iterable[str]) -> str:
    """That there is no field of this name, and which there are."""
    known = list(fields)
    near = get_close_matches(name, known, n=1)
    return f"there is no such field{f'; did you mean {near[0]}?' if near else '.'} There are {', '.join(known)}"


def _fields_at(kind: type[BaseModel], loc: Iterable[str | int]) -> Iterable[str]:
    for step in loc:
        field = kind.model_fields.get(str(step))
        if field is not None:
            kind = next(_models(field.annotation), kind)
    return kind.model_fields


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type: `list[ToolUseSpec] | None` has one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class PacingSpec(_Spec):
    """How a stream is paced."""

    first_token_ms: Annotated[float, Field(ge=0, le=600_000)] | None = None
    tokens_per_second: Annotated[float, Field(ge=0.001, le=1_000_000)] | None = None


class ToolUseSpec(_Spec):
    """One tool call."""

    name: Annotated[str, Field(min_length=1)]
    input: dict[str, Any] = {}
    id: str | None = None


class RefusalSpec(_Spec):
    """A refusal's `stop_details`."""

    category: str | None = None
    explanation: str | None = None


class FileSpec(_Spec):
    """A file that the reply's code made; give its content as `text` or as `base64`."""

    filename: str
    text: str | None = None
    base64: str | None = None
    mime_type: str | None = None

    @model_validator(mode="after")
    def _can_be_made(self) -> "FileSpec":
        if (self.text is None) is (self.base64 is None):
            raise ValueError("a file needs its content as text or as base64")
        self.made()
        return self

    def made(self) -> ReplyFile:
        """The file this spec describes. Raises `ValueError` for a name the API would refuse, or no base64."""
        kind = mime_type(self.mime_type, self.filename)
        content = b64decode(self.base64, validate=True) if self.base64 is not None else (self.text or "").encode()
        return ReplyFile(filename=clean_filename(self.filename, kind), mime_type=kind, content=content)


class MatchSpec(_Spec):
    """Globs or `re:` patterns a request must fit."""

    model: str | None = None
    system: str | None = None
    contains: str | None = None
    tool: str | None = None
    tool_result: str | None = None
    workspace: str | None = None
    stream: bool | None = None
    turn: Annotated[int, Field(ge=1)] | None = None
    custom_id: str | None = None
    header: dict[str, str] = {}

    @field_validator("model", "system", "contains", "tool", "tool_result", "workspace", "custom_id")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            Pattern(value, anywhere=True)
        return value

    @field_validator("header")
    @classmethod
    def _headers_compile(cls, value: dict[str, str]) -> dict[str, str]:
        for pattern in value.values():
            Pattern(pattern, anywhere=False)
        return {name.lower(): pattern for name, pattern in value.items()}

    def compiled(self) -> Match:
        """The match this spec describes."""

        def whole(text: str | None) -> Pattern | None:
            return None if text is None else Pattern(text, anywhere=False)

        def within(text: str | None) -> Pattern | None:
            return None if text is None else Pattern(text, anywhere=True)

        return Match(
            model=whole(self.model),
            workspace=whole(self.workspace),
            tool=whole(self.tool),
            system=within(self.system),
            contains=within(self.contains),
            tool_result=within(self.tool_result),
            stream=self.stream,
            turn=self.turn,
            custom_id=whole(self.custom_id),
            header={name: Pattern(text, anywhere=False) for name, text in self.header.items()},
        )


class ReplySpec(_Spec):
    """One scripted reply."""

    text: str | None = None
    thinking: str | None = None
    tool_use: Annotated[list[ToolUseSpec], Field(min_length=1)] | None = None
    content: list[dict[str, Any]] | None = None
    citations: list[str | dict[str, Any]] | None = None
    refusal: RefusalSpec | str | bool | None = None
    stop_reason: STOP_REASONS | None = None
    stop_sequence: str | None = None
    usage: dict[str, Any] | None = None
    pacing: PacingSpec | None = None
    chunk: Annotated[int, Field(ge=1)] | None = None
    files: Annotated[list[FileSpec], Field(min_length=1)] | None = None
    match: MatchSpec | None = None
    times: Annotated[int, Field(ge=1)] | None = None

    @field_validator("usage")
    @classmethod
    def _counters(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        for key, counter in (value or {}).items():
            _check_usage(key, counter)
        return value

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_one_thing(self) -> "ReplySpec":
        parts = [name for name in ("text", "thinking", "tool_use", "citations") if getattr(self, name) is not None]
        if self.content is not None and parts:
            raise ValueError(f"content says everything itself; leave out {', '.join(parts)}")
        if self.citations is not None and self.text is None:
            raise ValueError("citations belong to text; give the text they support")
        if self.content is None and not parts and self.refusal in (None, False) and not self.files:
            raise ValueError("a reply needs one of text, thinking, tool_use, content, files or refusal")
        if self.refusal and self.stop_reason not in (None, "refusal"):
            raise ValueError("a refusal's stop_reason is refusal")
        return self

    def reply(self, source: str) -> Reply:
        """The reply this spec describes; `source` names where it came from."""
        refused = self.refusal not in (None, False)
        return Reply(
            content=tuple(orjson.loads(orjson.dumps(self.blocks()))),  # YAML's dates become what JSON can say
            stop_reason="refusal" if refused else self.stop_reason,
            stop_sequence=self.stop_sequence,
            stop_details=self._stop_details() if refused else None,
            usage=self.usage or {},
            pacing=Pacing(**self.pacing.model_dump()) if self.pacing else None,
            chunk=self.chunk,
            verbatim=self.content is not None,
            files=tuple(file.made() for file in self.files or ()),
            source=source,
        )

    def blocks(self) -> list[Block]:
        """The content as blocks, in the order the API gives them: thinking, text, tool calls."""
        if self.content is not None:
            return self.content
        blocks: list[Block] = []
        if self.thinking is not None:
            blocks.append({"type": "thinking", "thinking": self.thinking})
        if self.text is not None:
            cited = {} if self.citations is None else {"citations": self.citations}
            blocks.append({"type": "text", "text": self.text, **cited})
        blocks += [{"type": "tool_use", **call.model_dump(exclude_none=True)} for call in self.tool_use or ()]
        return blocks

    def _stop_details(self) -> Mapping[str, Any]:
        given = RefusalSpec() if self.refusal is True else self.refusal
        if isinstance(given, str):
            given = RefusalSpec(explanation=given)
        assert isinstance(given, RefusalSpec)  # noqa: S101 - None and False have been ruled out
        return {"type": "refusal", "category": given.category, "explanation": given.explanation}


def _check_usage(key: str, value: Any) -> None:
    """A usage override is what the API's own field could be. Raises `ValueError`."""
    if key in _SAID:
        if not isinstance(value, str):
            raise ValueError(f"{key}: Input should be a valid string")
    elif key in _DETAILS:
        if not isinstance(value, dict):
            raise ValueError(f"{key}: Input should be an object")
        for name, counter in value.items():
            _check_counter(f"{key}.{name}", counter)
    elif key == "iterations":
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise ValueError("iterations: Input should be a list of objects")
    elif key in _COUNTERS:
        _check_counter(key, value)
    else:
        raise ValueError(f"{key}: not a field of usage; it has {', '.join(sorted(_COUNTERS | _DETAILS | _SAID))}")


def _check_counter(key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise ValueError(f"{key}: Input should be a whole number from 0")


def _check_finite(value: Any) -> None:
    """JSON has no NaN and no infinity. Raises `ValueError`."""
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"cannot be sent as JSON: {value}")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_finite(inner)


def parse_reply(data: Any, path: tuple[str | int, ...] = ()) -> ReplySpec:
    """A reply from JSON. Raises `ScriptError` with the place and the reason."""
    try:
        spec = ReplySpec.model_validate(data)
    except ValidationError as error:
        raise refused(error, ReplySpec, path) from None
    try:
        orjson.dumps([spec.blocks(), spec.usage])
        _check_finite(spec.blocks())
    except TypeError as error:
        raise ScriptError(f"cannot be sent as JSON: {error}", path) from None
    except ValueError as error:
        raise ScriptError(str(error), path) from None
    try:
        parse_output_blocks(without_quotes(spec.blocks()))
    except ValueError as error:
        raise ScriptError(str(error), (*path, "content")) from None
    return spec
