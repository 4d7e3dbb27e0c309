"""What the API answers with: content blocks, the message, its usage. Fields stand in the order of the API's keys.

The mock builds responses as plain objects; these models check them, scripted content above all. The API adds fields
now and then, so unknown ones are accepted.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from claudemock.wire.base import ByType, Int, JsonObject, LooseModel
from claudemock.wire.content import FallbackHop
from claudemock.wire.media import Citation
from claudemock.wire.server_tools import (
    AdvisorToolResultBlock,
    BashCodeExecutionToolResultBlock,
    Caller,
    CodeExecutionToolResultBlock,
    ServerToolUseBlock,
    TextEditorCodeExecutionToolResultBlock,
    ToolSearchToolResultBlock,
    WebFetchToolResultBlock,
    WebSearchToolResultBlock,
)
from claudemock.wire.wording import MESSAGES, wording

StopReason = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
    "compaction",
]
Count = Annotated[Int, Field(ge=0)]


class Text(LooseModel):
    """Text; the key `citations` comes first and only when the request has citations on."""

    citations: list[Citation] | None = None
    type: Literal["text"]
    text: str


class Thinking(LooseModel):
    """Reasoning; the text is empty when it is not displayed, the signature never."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class RedactedThinking(LooseModel):
    """Reasoning the client may not read."""

    type: Literal["redacted_thinking"]
    data: str


class ToolUse(LooseModel):
    """A call of a tool of the client's."""

    type: Literal["tool_use"]
    id: str
    name: str
    input: JsonObject
    caller: Caller | None = None


class McpToolUse(LooseModel):
    """A call of a tool of an MCP server (beta)."""

    type: Literal["mcp_tool_use"]
    id: str
    name: str
    input: JsonObject
    server_name: str


class McpToolResult(LooseModel):
    """What a tool of an MCP server returned (beta)."""

    type: Literal["mcp_tool_result"]
    tool_use_id: str
    is_error: bool
    content: list[Text] | str


class McpToolListing(LooseModel):
    """The tools an MCP server has (beta)."""

    type: Literal["mcp_tool_listing"]
    mcp_server_name: str
    tools: list[JsonObject]


class ContainerUpload(LooseModel):
    """A file that code left in the container."""

    type: Literal["container_upload"]
    file_id: str


class Compaction(LooseModel):
    """A summary of the conversation so far (beta)."""

    type: Literal["compaction"]
    content: str | None = None


class FallbackNotice(LooseModel):
    """Another model took over here (beta)."""

    type: Literal["fallback"]
    from_: FallbackHop = Field(alias="from")
    to: FallbackHop


OutputBlock = Annotated[
    Text
    | Thinking
    | RedactedThinking
    | ToolUse
    | ServerToolUseBlock
    | WebSearchToolResultBlock
    | WebFetchToolResultBlock
    | CodeExecutionToolResultBlock
    | BashCodeExecutionToolResultBlock
    | TextEditorCodeExecutionToolResultBlock
    | ToolSearchToolResultBlock
    | AdvisorToolResultBlock
    | McpToolUse
    | McpToolResult
    | McpToolListing
    | ContainerUpload
    | Compaction
    | FallbackNotice,
    ByType(),
]


class CacheCreation(LooseModel):
    """Tokens written to the prompt cache, by lifetime."""

    ephemeral_5m_input_tokens: Count
    ephemeral_1h_input_tokens: Count


class OutputTokensDetails(LooseModel):
    """What the output tokens were spent on."""

    thinking_tokens: Count


class ServerToolUsage(LooseModel):
    """How often tools on the API's side ran."""

    web_search_requests: Count = 0
    web_fetch_requests: Count = 0


class Usage(LooseModel):
    """What a message cost, in tokens. `input_tokens` are those neither read from nor written to the cache."""

    input_tokens: Count
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: CacheCreation | None = None
    iterations: list[JsonObject] | None = None
    output_tokens: Count
    output_tokens_details: OutputTokensDetails | None = None
    service_tier: Literal["standard", "priority", "batch"] | None = None
    inference_geo: str | None = None
    server_tool_use: ServerToolUsage | None = None
    speed: Literal["standard", "fast"] | None = None


class RefusalDetails(LooseModel):
    """Why the model refused."""

    type: Literal["refusal"]
    category: str | None = None
    explanation: str | None = None


class Container(LooseModel):
    """The container that code ran in."""

    id: str
    expires_at: str


class Message(LooseModel):
    """A message. `stop_reason` is null in `message_start` only."""

    model: str
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    content: list[OutputBlock]
    container: Container | None = None
    stop_reason: StopReason | None
    stop_sequence: str | None
    stop_details: RefusalDetails | None = None
    usage: Usage
    context_management: JsonObject | None = None


_BLOCKS = TypeAdapter(list[OutputBlock], config=ConfigDict(defer_build=True))
_MADE_BY_THE_SERVER: Mapping[str, Mapping[str, Any]] = {
    "tool_use": {"id": "toolu_", "input": {}},
    "server_tool_use": {"id": "srvtoolu_0", "input": {}},
    "thinking": {"thinking": "", "signature": ""},
    "redacted_thinking": {"data": ""},
}


def parse_output_blocks(blocks: Sequence[Mapping[str, Any]]) -> None:
    """Check scripted content. Ids, inputs and signatures may be left out: the server makes them.

    Raises `ValueError` with the place and the reason: `0.text.text: Field required`.
    """
    whole = [{**_MADE_BY_THE_SERVER.get(str(block.get("type")), {}), **block} for block in blocks]
    try:
        _BLOCKS.validate_python(whole, strict=True)
    except ValidationError as error:
        raise ValueError(wording(error, MESSAGES)) from None
