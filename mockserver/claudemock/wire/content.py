"""Every content block that a request may hold, and their union.

Strings are lifted: `"x"` is one text block, `""` none, wherever the API takes "string or blocks".
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from claudemock.wire.base import ByType, JsonObject, LooseModel, ToolUseId, WireModel, lift_text
from claudemock.wire.media import (
    CacheControl,
    CacheControlField,
    DocumentBlock,
    ImageBlock,
    SearchResultBlock,
    TextBlock,
)
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
from claudemock.wire.tools import McpTool, Tool

__all__ = [
    "AdvisorToolResultBlock",
    "BashCodeExecutionToolResultBlock",
    "BrowserStateBlock",
    "CacheControl",
    "CodeExecutionToolResultBlock",
    "CompactionBlock",
    "ConnectorTextBlock",
    "ContainerUploadBlock",
    "Content",
    "ContentBlock",
    "DocumentBlock",
    "FallbackBlock",
    "ImageBlock",
    "McpToolListingBlock",
    "McpToolResultBlock",
    "McpToolUseBlock",
    "MidConversationSystemBlock",
    "RedactedThinkingBlock",
    "SearchResultBlock",
    "ServerToolUseBlock",
    "TextBlock",
    "TextContent",
    "TextEditorCodeExecutionToolResultBlock",
    "ThinkingBlock",
    "ToolAdditionBlock",
    "ToolReferenceBlock",
    "ToolRemovalBlock",
    "ToolResultBlock",
    "ToolSearchToolResultBlock",
    "ToolUseBlock",
    "WebFetchToolResultBlock",
    "WebSearchToolResultBlock",
]

ToolsetName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]


class ThinkingBlock(WireModel):
    """The model's reasoning, to be sent back as it came."""

    type: Literal["thinking"]
    signature: str
    thinking: str


class RedactedThinkingBlock(WireModel):
    """Reasoning the client may not read, to be sent back as it came."""

    type: Literal["redacted_thinking"]
    data: str


class ToolUseBlock(WireModel):
    """A call of a tool of the client's."""

    type: Literal["tool_use"]
    id: ToolUseId
    name: Annotated[str, Field(min_length=1, max_length=200)]
    input: JsonObject
    cache_control: CacheControlField = None
    caller: Caller | None = None
    toolset_name: ToolsetName | None = None


class ToolReferenceBlock(WireModel):
    """A tool that the client's own tool search found."""

    type: Literal["tool_reference"]
    tool_name: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[a-zA-Z0-9_-]{1,256}$")]
    cache_control: CacheControlField = None


class BrowserTab(WireModel):
    """One open tab of the client's browser."""

    tab_id: Annotated[str, Field(min_length=1, max_length=4096)]
    title: Annotated[str, Field(max_length=4096)]
    url: Annotated[str, Field(max_length=4096)]
    active: bool = False


class BrowserStateChange(LooseModel):
    """Something that happened in the client's browser besides what the tool returned."""

    type: Literal["tab_opened", "download_started", "download_completed", "download_failed"]


class BrowserStateBlock(WireModel):
    """The tabs of the client's browser after a call of a browser tool."""

    type: Literal["browser_state"]
    tabs: Annotated[list[BrowserTab], Field(max_length=100)]
    state_changes: (
        Annotated[list[Annotated[BrowserStateChange, ByType()]], Field(min_length=1, max_length=200)] | None
    ) = None
    cache_control: CacheControlField = None


ToolResultContent = Annotated[
    TextBlock | ImageBlock | SearchResultBlock | DocumentBlock | ToolReferenceBlock | BrowserStateBlock, ByType()
]


class ToolResultBlock(WireModel):
    """The result of a call of a tool of the client's."""

    type: Literal["tool_result"]
    tool_use_id: ToolUseId
    content: Annotated[list[ToolResultContent], BeforeValidator(lift_text)] = Field(default_factory=list)
    is_error: bool = False
    cache_control: CacheControlField = None
    toolset_name: ToolsetName | None = None


class ContainerUploadBlock(WireModel):
    """An uploaded file to be put into the container."""

    type: Literal["container_upload"]
    file_id: str
    cache_control: CacheControlField = None


class McpToolUseBlock(WireModel):
    """A call of a tool of an MCP server (beta)."""

    type: Literal["mcp_tool_use"]
    id: ToolUseId
    name: str
    server_name: str
    input: JsonObject
    cache_control: CacheControlField = None


class McpToolResultBlock(WireModel):
    """The result of a call of a tool of an MCP server (beta)."""

    type: Literal["mcp_tool_result"]
    tool_use_id: ToolUseId
    content: Annotated[list[TextBlock], BeforeValidator(lift_text)] = Field(default_factory=list)
    is_error: bool = False
    cache_control: CacheControlField = None


class McpToolListingBlock(WireModel):
    """The tools an MCP server had when the API asked it (beta)."""

    type: Literal["mcp_tool_listing"]
    mcp_server_name: str
    tools: list[McpTool]


class ToolReference(WireModel):
    """A tool of the request, by name."""

    type: Literal["tool_reference"]
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")]


class McpToolReference(WireModel):
    """A tool of an MCP server, by name."""

    type: Literal["mcp_tool_reference"]
    server_name: str
    name: str


class McpToolsetReference(WireModel):
    """All tools of an MCP server."""

    type: Literal["mcp_toolset_reference"]
    server_name: str


class ToolDefinition(WireModel):
    """A tool defined in the middle of the conversation (beta)."""

    type: Literal["tool_definition"]
    definition: Tool


class ToolAdditionBlock(WireModel):
    """From here on the model has this tool too (beta)."""

    type: Literal["tool_addition"]
    tool: Annotated[ToolReference | McpToolReference | McpToolsetReference | ToolDefinition, ByType()]
    cache_control: CacheControlField = None


class ToolRemovalBlock(WireModel):
    """From here on the model has this tool no more (beta)."""

    type: Literal["tool_removal"]
    tool: Annotated[ToolReference | McpToolReference | McpToolsetReference, ByType()]
    cache_control: CacheControlField = None


class ToolChange(LooseModel):
    """A change of tools that a summary stands for, as the API wrote it."""

    type: Literal["tool_addition", "tool_removal"]
    tool: JsonObject


class MidConversationSystemBlock(WireModel):
    """Instructions at the end of a user turn, as the SDKs of May to August 2026 typed them; the API still names it.

    Since then they are messages of role `system`.
    """

    type: Literal["mid_conv_system"]
    content: list[Annotated[TextBlock | ToolAdditionBlock | ToolRemovalBlock, ByType()]]
    cache_control: CacheControlField = None


class ConnectorTextBlock(LooseModel):
    """What the model said between two tool calls, as Claude Code gets it; no SDK has it, the API's errors name it."""

    type: Literal["connector_text"]
    connector_text: str
    signature: str | None = None


class CompactionBlock(WireModel):
    """A summary that stands for everything before it (beta); without content it stands for nothing."""

    type: Literal["compaction"]
    content: str | None = None
    encrypted_content: str | None = None
    signature: str | None = None
    tool_changes: list[Annotated[ToolChange, ByType()]] | None = None
    cache_control: CacheControlField = None


class FallbackHop(WireModel):
    """One end of a change of models."""

    model: str


class FallbackBlock(WireModel):
    """Where another model took over (beta)."""

    type: Literal["fallback"]
    from_: FallbackHop = Field(alias="from")
    to: FallbackHop
    trigger: JsonObject | None = None


ContentBlock = Annotated[
    TextBlock
    | ImageBlock
    | DocumentBlock
    | SearchResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ToolUseBlock
    | ToolResultBlock
    | ServerToolUseBlock
    | WebSearchToolResultBlock
    | WebFetchToolResultBlock
    | CodeExecutionToolResultBlock
    | BashCodeExecutionToolResultBlock
    | TextEditorCodeExecutionToolResultBlock
    | ToolSearchToolResultBlock
    | ContainerUploadBlock
    | McpToolUseBlock
    | McpToolResultBlock
    | McpToolListingBlock
    | CompactionBlock
    | FallbackBlock
    | AdvisorToolResultBlock
    | ToolAdditionBlock
    | ToolRemovalBlock
    | MidConversationSystemBlock
    | ConnectorTextBlock,
    ByType(),
]
Content = Annotated[list[ContentBlock], BeforeValidator(lift_text)]
TextContent = Annotated[list[TextBlock], BeforeValidator(lift_text)]
