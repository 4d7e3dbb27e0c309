"""Tool definitions and the choice among them.

An untyped definition is a custom tool; the API's locations then say `tools.0.custom.…` all the same (recorded).
"""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from claudemock.wire.base import ByType, Gated, Int, JsonObject, ModelId, WireModel
from claudemock.wire.media import CacheControlField, CitationsConfig

ToolCaller = Literal["direct", "code_execution_20250825", "code_execution_20260120", "code_execution_20260521"]
Positive = Annotated[Int, Field(gt=0)]


def _schema_shape(value: Any) -> Any:
    if not isinstance(value, dict):
        raise PydanticCustomError("shape", "Input does not match the expected shape.")
    if "type" not in value:
        raise PydanticCustomError("missing_in", "Field required", {"at": "type"})
    if value["type"] != "object":
        raise PydanticCustomError("literal_in", "Input should be 'object'", {"at": "type"})
    if not isinstance(value.get("properties", {}), dict):
        raise PydanticCustomError("object_in", "Input should be an object", {"at": "properties"})
    if not isinstance(value.get("required", []), list):
        raise PydanticCustomError("list_in", "Input should be a valid list", {"at": "required"})
    return value


InputSchema = Annotated[JsonObject, BeforeValidator(_schema_shape)]
"""A JSON schema as it came, key order included; only what stands at its top is looked at here.

`properties` that are no object (PHP's `[]`) and a `required` that is `null` are widely reported 400s of 2026, in these
words; a list is called a list there, not an array.
"""


class _Tool(WireModel):
    cache_control: CacheControlField = None


class _DeferrableTool(_Tool):
    allowed_callers: list[ToolCaller] | None = None
    defer_loading: bool = False
    strict: bool = False


class _ClientTool(_DeferrableTool):
    input_examples: list[JsonObject] | None = None


class CustomTool(WireModel):
    """A tool of the client's own."""

    type: Literal["custom"]
    name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_-]{1,128}$")]
    description: str = ""
    input_schema: InputSchema
    cache_control: CacheControlField = None
    allowed_callers: list[ToolCaller] | None = None
    defer_loading: bool = False
    eager_input_streaming: bool | None = None
    input_examples: list[JsonObject] | None = None
    strict: bool = False


class BashTool(_ClientTool):
    """A shell that the client runs."""

    type: Literal["bash_20241022", "bash_20250124"]
    name: Literal["bash"]


class OldTextEditorTool(_ClientTool):
    """A text editor that the client runs, under its first name."""

    type: Literal["text_editor_20241022", "text_editor_20250124"]
    name: Literal["str_replace_editor"]


class TextEditorTool(_ClientTool):
    """A text editor that the client runs."""

    type: Literal["text_editor_20250429"]
    name: Literal["str_replace_based_edit_tool"]


class LimitedTextEditorTool(_ClientTool):
    """A text editor that the client runs and that can cut what it shows."""

    type: Literal["text_editor_20250728"]
    name: Literal["str_replace_based_edit_tool"]
    max_characters: Annotated[Int, Field(ge=1)] | None = None


class MemoryTool(_ClientTool):
    """A memory folder that the client keeps."""

    type: Literal["memory_20250818"]
    name: Literal["memory"]


class _ComputerTool(_ClientTool):
    name: Literal["computer"]
    display_width_px: Annotated[Int, Field(ge=1)]
    display_height_px: Annotated[Int, Field(ge=1)]
    display_number: Annotated[Int, Field(ge=0)] | None = None


class ComputerTool(_ComputerTool):
    """A screen, keyboard and mouse that the client runs (beta)."""

    type: Literal["computer_20241022", "computer_20250124"]


class ZoomingComputerTool(_ComputerTool):
    """A computer whose screen can be looked at more closely (beta)."""

    type: Literal["computer_20251124"]
    enable_zoom: bool = False


class ToolsetMember(WireModel):
    """Settings of one member of a toolset."""

    enabled: bool | None = None
    defer_loading: bool | None = None


def _only(names: str) -> AfterValidator:
    """The members of a toolset, checked by name: a new member needs a new version of its toolset."""
    known = frozenset(names.split())

    def check(value: dict[str, Any] | None) -> dict[str, Any] | None:
        for name in value or ():
            if name not in known:
                raise PydanticCustomError("extra_in", "Extra inputs are not permitted", {"at": name})
        return value

    return AfterValidator(check)


COMPUTER_MEMBERS = (
    "cursor_position double_click hold_key key left_click left_click_drag left_mouse_down left_mouse_up middle_click"
    " mouse_move right_click screenshot scroll triple_click type wait zoom"
)
BROWSER_MEMBERS = (
    "close_tab double_click file_upload find form_input get_page_text hold_key hover javascript_exec key left_click"
    " left_click_drag left_mouse_down left_mouse_up list_tabs middle_click mouse_move navigate new_tab read_console"
    " read_network read_page right_click screenshot scroll scroll_to switch_tab triple_click type wait zoom"
)
ToolsetMembers = dict[str, ToolsetMember | None] | None


_NAMED_TOOLSET = (  # quoted from the live API, 2026
    "name is not accepted on a toolset entry: the member names are fixed by the dated type, and the served tool keeps"
    " the family's bare name"
)


class _Toolset(_Tool):
    @model_validator(mode="before")
    @classmethod
    def _has_no_name(cls, value: Any) -> Any:
        if isinstance(value, dict) and "name" in value:
            raise PydanticCustomError("named_toolset", _NAMED_TOOLSET)
        return value


class ComputerToolset(_Toolset):
    """The computer as a family of tools; it has no name of its own."""

    family: ClassVar[str] = "computer"
    members: ClassVar[frozenset[str]] = frozenset(COMPUTER_MEMBERS.split())
    type: Literal["computer_toolset_20260801"]
    configs: Annotated[ToolsetMembers, _only(COMPUTER_MEMBERS)] = None


class BrowserToolset(_Toolset):
    """A browser as a family of tools; it has no name of its own."""

    family: ClassVar[str] = "browser"
    members: ClassVar[frozenset[str]] = frozenset(BROWSER_MEMBERS.split())
    type: Literal["browser_toolset_20260801"]
    allowed_callers: list[ToolCaller] | None = None  # SDK 0.125 has it, later ones do not
    configs: Annotated[ToolsetMembers, _only(BROWSER_MEMBERS)] = None


class CodeExecutionTool(_DeferrableTool):
    """A container on the API's side in which the model's programs run."""

    type: Literal[
        "code_execution_20250522", "code_execution_20250825", "code_execution_20260120", "code_execution_20260521"
    ]
    name: Literal["code_execution"]


class _WebTool(_DeferrableTool):
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    max_uses: Positive | None = None


class UserLocation(WireModel):
    """Where the user roughly is."""

    type: Literal["approximate"]
    city: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    country: Annotated[str, Field(min_length=2, max_length=2)] | None = None
    region: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    timezone: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class _WebSearchTool(_WebTool):
    name: Literal["web_search"]
    user_location: UserLocation | None = None


class WebSearchTool(_WebSearchTool):
    """Web search on the API's side."""

    type: Literal["web_search_20250305", "web_search_20260209"]


class SparingWebSearchTool(_WebSearchTool):
    """Web search that can keep results out of the response."""

    type: Literal["web_search_20260318"]
    response_inclusion: Literal["full", "excluded"] = "full"


class UrlSources(WireModel):
    """From where URLs may be fetched: `{"type": "all" | "none" | "only" | "except", "tools"?: […]}` for each origin."""

    client_tool_results: JsonObject | None = None
    server_tool_results: JsonObject | None = None
    user_input: JsonObject | None = None


class _WebFetchTool(_WebTool):
    name: Literal["web_fetch"]
    citations: CitationsConfig | None = None
    max_content_tokens: Positive | None = None
    url_sources: UrlSources | None = None


class WebFetchTool(_WebFetchTool):
    """Reading of web pages on the API's side."""

    type: Literal["web_fetch_20250910", "web_fetch_20260209"]


class CachingWebFetchTool(_WebFetchTool):
    """Reading of web pages whose cached copies can be passed over."""

    type: Literal["web_fetch_20260309"]
    use_cache: bool = True


class SparingWebFetchTool(_WebFetchTool):
    """Reading of web pages that can keep results out of the response."""

    type: Literal["web_fetch_20260318"]
    use_cache: bool = True
    response_inclusion: Literal["full", "excluded"] = "full"


class ToolSearchToolBm25(_DeferrableTool):
    """Search among deferred tools by words."""

    type: Literal["tool_search_tool_bm25_20251119", "tool_search_tool_bm25"]
    name: Literal["tool_search_tool_bm25"]


class ToolSearchToolRegex(_DeferrableTool):
    """Search among deferred tools by pattern."""

    type: Literal["tool_search_tool_regex_20251119", "tool_search_tool_regex"]
    name: Literal["tool_search_tool_regex"]


class AdvisorTool(_DeferrableTool):
    """A second model that the first may ask (beta)."""

    type: Literal["advisor_20260301"]
    name: Literal["advisor"]
    model: ModelId
    caching: CacheControlField = None
    max_tokens: Positive | None = None
    max_uses: Positive | None = None


class McpTool(WireModel):
    """One tool of an MCP server, as its listing names it."""

    name: str
    description: str | None = None
    input_schema: JsonObject


class McpToolset(_Tool):
    """The tools of one MCP server of the request (beta)."""

    type: Literal["mcp_toolset"]
    mcp_server_name: str
    default_config: ToolsetMember | None = None
    configs: dict[str, ToolsetMember] | None = None
    tools: Annotated[list[McpTool] | None, Gated("mcp_toolset.tools")] = None


Tool = Annotated[
    CustomTool
    | BashTool
    | OldTextEditorTool
    | TextEditorTool
    | LimitedTextEditorTool
    | MemoryTool
    | ComputerTool
    | ZoomingComputerTool
    | ComputerToolset
    | BrowserToolset
    | CodeExecutionTool
    | WebSearchTool
    | SparingWebSearchTool
    | WebFetchTool
    | CachingWebFetchTool
    | SparingWebFetchTool
    | ToolSearchToolBm25
    | ToolSearchToolRegex
    | AdvisorTool
    | McpToolset,
    ByType(default="custom"),
]


def toolset_of(name: str, tools: Sequence[Tool]) -> str | None:
    """The family of the toolset that a call of `name` goes to; None for a tool that stands for itself."""
    if any(getattr(tool, "name", None) == name for tool in tools):
        return None
    sets = [tool for tool in tools if isinstance(tool, ComputerToolset | BrowserToolset)]
    return next((each.family for each in sets if name in each.members), None)


class ToolChoiceAuto(WireModel):
    """The model decides."""

    type: Literal["auto"]
    disable_parallel_tool_use: bool = False


class ToolChoiceAny(WireModel):
    """Some tool must be used."""

    type: Literal["any"]
    disable_parallel_tool_use: bool = False


class ToolChoiceTool(WireModel):
    """This tool must be used."""

    type: Literal["tool"]
    name: str
    disable_parallel_tool_use: bool = False


class ToolChoiceNone(WireModel):
    """No tool may be used."""

    type: Literal["none"]


ToolChoice = Annotated[ToolChoiceAuto | ToolChoiceAny | ToolChoiceTool | ToolChoiceNone, ByType(in_order=True)]
