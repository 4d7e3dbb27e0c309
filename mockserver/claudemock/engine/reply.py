"""What a reply says, before it becomes a Message: content blocks, how it ends, how it is paced."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How a stream is paced on the scope's clock. None of both: as fast as the socket takes it."""

    first_token_ms: float | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyFile:
    """A file that code run by the API made: the client can download it."""

    filename: str
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of the mock.

    `stop_reason` given: the content is served as it stands. Left out: the request's `stop_sequences` and `max_tokens`
    cut the content as the API would, and the stop reason follows. `usage` overrides single counters. `chunk` is the
    length of streamed text deltas in characters (None: lengths like the real API's). `verbatim`: the content is served
    block for block, even where a model would not say it like that. `files` are made when it is served. `source` names
    the rule or file the reply came from.
    """

    content: tuple[Block, ...]
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Mapping[str, Any] | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    pacing: Pacing | None = None
    chunk: int | None = None
    verbatim: bool = False
    files: tuple[ReplyFile, ...] = ()
    source: str = "default"
