"""Blocks of tools that run on the API's side, as clients send them back: the call and its result.

Every block here was once written by the API, so it is checked by its required fields only and may carry fields that
are not known here; responses use the same models. The labels of the unions are the API's own class names, because they
appear in its error locations: `….content.list[RequestWebSearchResultBlock].0.encrypted_content` (quoted).
"""

from typing import Annotated, Any, Literal

from pydantic import Tag

from claudemock.wire.base import ByType, Int, JsonObject, LooseModel, OneOf, ServerToolUseId, WireModel
from claudemock.wire.media import CacheControlField


class DirectCaller(WireModel):
    """The model itself called the tool."""

    type: Literal["direct"]


class CodeExecutionCaller(WireModel):
    """A program in the code execution tool called the tool; `tool_id` is that of the program's call."""

    type: Literal["code_execution_20250825", "code_execution_20260120", "code_execution_20260521"]
    tool_id: ServerToolUseId


Caller = Annotated[DirectCaller | CodeExecutionCaller, ByType()]

SERVER_TOOL_NAMES = (
    "advisor",
    "web_search",
    "web_fetch",
    "code_execution",
    "bash_code_execution",
    "text_editor_code_execution",
    "tool_search_tool_regex",
    "tool_search_tool_bm25",
)
ServerToolName = Annotated[str, OneOf(SERVER_TOOL_NAMES, {"advisor": "server_tool_use.name.advisor"})]


class ServerToolUseBlock(LooseModel):
    """A call of a tool on the API's side."""

    type: Literal["server_tool_use"]
    id: ServerToolUseId
    name: ServerToolName
    input: JsonObject
    cache_control: CacheControlField = None
    caller: Caller | None = None


class _ServerToolResult(LooseModel):
    tool_use_id: ServerToolUseId
    cache_control: CacheControlField = None
    caller: Caller | None = None


class ToolResultError(LooseModel):
    """Why a tool gave no result; codes are not enumerated here, the API adds some now and then."""

    error_code: str


class WebSearchResult(LooseModel):
    """One page found."""

    type: Literal["web_search_result"]
    url: str
    title: str
    encrypted_content: str
    page_age: str | None = None


class WebSearchToolResultError(ToolResultError):
    """The search failed."""

    type: Literal["web_search_tool_result_error"]


class WebSearchToolResultBlock(_ServerToolResult):
    """What the web search tool found."""

    type: Literal["web_search_tool_result"]
    content: (
        Annotated[list[WebSearchResult], Tag("list[RequestWebSearchResultBlock]")]
        | Annotated[WebSearchToolResultError, Tag("RequestWebSearchToolResultError")]
    )


class WebFetchResult(LooseModel):
    """One page fetched; `content` is a document block."""

    type: Literal["web_fetch_result"]
    url: str
    content: JsonObject
    retrieved_at: str | None = None


class WebFetchToolResultError(ToolResultError):
    """The fetch failed."""

    type: Literal["web_fetch_tool_result_error"]


class WebFetchToolResultBlock(_ServerToolResult):
    """What the web fetch tool read."""

    type: Literal["web_fetch_tool_result"]
    content: (
        Annotated[WebFetchToolResultError, Tag("RequestWebFetchToolResultError")]
        | Annotated[WebFetchResult, Tag("RequestWebFetchResultBlock")]
    )


class CodeExecutionToolResultError(ToolResultError):
    """The program did not run."""

    type: Literal["code_execution_tool_result_error"]


class CodeExecutionResult(LooseModel):
    """What a program printed, and the files it made."""

    type: Literal["code_execution_result"]
    stdout: str
    stderr: str
    return_code: Int
    content: list[JsonObject]


class EncryptedCodeExecutionResult(LooseModel):
    """What a program printed that saw results the client may not read."""

    type: Literal["encrypted_code_execution_result"]
    encrypted_stdout: str
    stderr: str
    return_code: Int
    content: list[JsonObject]


class CodeExecutionToolResultBlock(_ServerToolResult):
    """The result of the first code execution tool, and of those that keep their state."""

    type: Literal["code_execution_tool_result"]
    content: (
        Annotated[CodeExecutionToolResultError, Tag("RequestCodeExecutionToolResultError")]
        | Annotated[CodeExecutionResult, Tag("RequestCodeExecutionResultBlock")]
        | Annotated[EncryptedCodeExecutionResult, Tag("RequestEncryptedCodeExecutionResultBlock")]
    )


class BashCodeExecutionToolResultError(ToolResultError):
    """The command did not run."""

    type: Literal["bash_code_execution_tool_result_error"]


class BashCodeExecutionResult(LooseModel):
    """What a command printed, and the files it made."""

    type: Literal["bash_code_execution_result"]
    stdout: str
    stderr: str
    return_code: Int
    content: list[JsonObject]


class BashCodeExecutionToolResultBlock(_ServerToolResult):
    """The result of a shell command in the container."""

    type: Literal["bash_code_execution_tool_result"]
    content: (
        Annotated[BashCodeExecutionToolResultError, Tag("RequestBashCodeExecutionToolResultError")]
        | Annotated[BashCodeExecutionResult, Tag("RequestBashCodeExecutionResultBlock")]
    )


class TextEditorCodeExecutionToolResultError(ToolResultError):
    """The file operation failed."""

    type: Literal["text_editor_code_execution_tool_result_error"]


class TextEditorCodeExecutionResult(LooseModel):
    """What a file operation did: a view, a creation or a replacement."""

    type: Literal[
        "text_editor_code_execution_view_result",
        "text_editor_code_execution_create_result",
        "text_editor_code_execution_str_replace_result",
    ]
    content: Any = None


class TextEditorCodeExecutionToolResultBlock(_ServerToolResult):
    """The result of a file operation in the container."""

    type: Literal["text_editor_code_execution_tool_result"]
    content: (
        Annotated[TextEditorCodeExecutionToolResultError, Tag("RequestTextEditorCodeExecutionToolResultError")]
        | Annotated[TextEditorCodeExecutionResult, Tag("RequestTextEditorCodeExecutionViewResultBlock")]
    )


class ToolSearchToolResultError(ToolResultError):
    """The search for tools failed."""

    type: Literal["tool_search_tool_result_error"]


class ToolSearchResult(LooseModel):
    """The tools found, as references."""

    type: Literal["tool_search_tool_search_result"]
    tool_references: list[JsonObject]


class ToolSearchToolResultBlock(_ServerToolResult):
    """What the tool search tool found."""

    type: Literal["tool_search_tool_result"]
    content: (
        Annotated[ToolSearchToolResultError, Tag("RequestToolSearchToolResultError")]
        | Annotated[ToolSearchResult, Tag("RequestToolSearchToolSearchResultBlock")]
    )


class AdvisorResult(LooseModel):
    """What the advisor said, readable or not, or why it said nothing."""

    type: Literal["advisor_result", "advisor_redacted_result", "advisor_tool_result_error"]


class AdvisorToolResultBlock(_ServerToolResult):
    """The answer of the advisor tool (beta)."""

    type: Literal["advisor_tool_result"]
    content: Annotated[AdvisorResult, ByType()]
