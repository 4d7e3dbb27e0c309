"""The events of a streamed message, as the `data` of each server-sent event. Fields stand in the order of its keys."""

from typing import Annotated, Literal

from claudemock.wire.base import ByType, Int, JsonObject, LooseModel
from claudemock.wire.media import Citation
from claudemock.wire.output import (
    Container,
    Count,
    Message,
    OutputBlock,
    OutputTokensDetails,
    RefusalDetails,
    ServerToolUsage,
    StopReason,
)


class TextDelta(LooseModel):
    """More text."""

    type: Literal["text_delta"]
    text: str


class InputJsonDelta(LooseModel):
    """More of a tool call's input, as a piece of JSON text; the first piece is empty."""

    type: Literal["input_json_delta"]
    partial_json: str


class ThinkingDelta(LooseModel):
    """More reasoning."""

    type: Literal["thinking_delta"]
    thinking: str


class SignatureDelta(LooseModel):
    """The signature, last in its block."""

    type: Literal["signature_delta"]
    signature: str


class CitationsDelta(LooseModel):
    """One citation of the block's text, before that text."""

    type: Literal["citations_delta"]
    citation: Citation


class CompactionDelta(LooseModel):
    """A summary of the conversation (beta)."""

    type: Literal["compaction_delta"]
    content: str | None = None


Delta = Annotated[
    TextDelta | InputJsonDelta | ThinkingDelta | SignatureDelta | CitationsDelta | CompactionDelta, ByType()
]


class MessageStart(LooseModel):
    """The message, still without content."""

    type: Literal["message_start"]
    message: Message


class ContentBlockStart(LooseModel):
    """A block begins; blocks without deltas are complete here."""

    type: Literal["content_block_start"]
    index: Int
    content_block: OutputBlock


class ContentBlockDelta(LooseModel):
    """A block grows."""

    type: Literal["content_block_delta"]
    index: Int
    delta: Delta


class ContentBlockStop(LooseModel):
    """A block is complete."""

    type: Literal["content_block_stop"]
    index: Int


class MessageEnding(LooseModel):
    """How the message ends."""

    stop_reason: StopReason | None
    stop_sequence: str | None
    stop_details: RefusalDetails | None = None
    container: Container | None = None


class MessageDeltaUsage(LooseModel):
    """Usage at the end; every count is that of the whole message."""

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens: Count
    output_tokens_details: OutputTokensDetails | None = None
    iterations: list[JsonObject] | None = None
    server_tool_use: ServerToolUsage | None = None


class MessageDelta(LooseModel):
    """The message's last fields."""

    type: Literal["message_delta"]
    delta: MessageEnding
    usage: MessageDeltaUsage
    context_management: JsonObject | None = None


class MessageStop(LooseModel):
    """The message is complete."""

    type: Literal["message_stop"]


class Ping(LooseModel):
    """Still there."""

    type: Literal["ping"]


class ErrorObject(LooseModel):
    """What went wrong. `details` comes first in a stream and is null there."""

    type: str
    message: str


class ErrorEvent(LooseModel):
    """The stream ends here, without a `message_stop`."""

    type: Literal["error"]
    error: ErrorObject


Event = Annotated[
    MessageStart
    | ContentBlockStart
    | ContentBlockDelta
    | ContentBlockStop
    | MessageDelta
    | MessageStop
    | Ping
    | ErrorEvent,
    ByType(),
]
