"""Tool definitions, the choice among them, and the servers and containers they need.

Tool blocks in a history without `tools` are accepted, as recorded (2025 and 2026); only other clouds refuse them.
Wording: recorded (R15), quoted with request ids (Q25, Q33, Q44, `defer_loading` with `cache_control`), documented (all
tools deferred, unknown tool reference), or quoted in several public code bases (Q27, Q45, Q87, choice without tools,
container without code execution).
"""

from claudemock.engine.checks.subject import Subject, only
from claudemock.engine.schema_rules import check_tool_schemas
from claudemock.wire.content import ToolReferenceBlock, ToolResultBlock, ToolUseBlock
from claudemock.wire.errors import invalid_request
from claudemock.wire.messages import MessagesRequest
from claudemock.wire.tools import CustomTool, McpToolset, ToolChoiceTool

_SERVER_TOOLS = ("web_search_", "web_fetch_", "code_execution_", "tool_search_tool_", "advisor_")
_MCP = "mcp-client-"
_MCP_TOOLSETS_SINCE = "mcp-client-2025-11-20"  # before it, naming a server made its tools available


def check_definitions(subject: Subject) -> None:
    """The model takes each; names are unique, a deferred tool is no breakpoint, and one is there from the start."""
    tools = subject.request.tools
    if not tools:
        return
    refused = [tool.type for tool in tools if tool.type in subject.model.refused_tools]
    if refused:
        # The API goes on to name the types it would take.
        raise invalid_request(f"'{subject.model.id}' does not support tool types: {', '.join(refused)}.")
    names = _names(subject)
    if len(set(names)) != len(names):
        raise invalid_request("tools: Tool names must be unique.")
    deferred = [tool for tool in tools if getattr(tool, "defer_loading", False)]
    for tool in deferred:
        if tool.cache_control:
            raise invalid_request(
                f"Tool '{getattr(tool, 'name', tool.type)}' cannot have both defer_loading=true and cache_control set. "
                "Tools with defer_loading cannot use prompt caching."
            )
    if len(deferred) == len(tools):
        raise invalid_request("At least one tool must have defer_loading=false. All tools cannot be deferred.")


def _names(subject: Subject) -> list[str]:
    return [tool.name for tool in subject.request.tools if hasattr(tool, "name")]


def _has_toolsets(subject: Subject) -> bool:
    """Whether there may be tools whose names stand nowhere in the request."""
    return any(not hasattr(tool, "name") for tool in subject.request.tools)


def check_schemas(subject: Subject) -> None:
    """The schemas of the client's own tools."""
    if not subject.same_tools:
        check_tool_schemas(
            [
                (f"tools.{number}.custom", tool.input_schema, tool.strict)
                for number, tool in enumerate(subject.request.tools)
                if isinstance(tool, CustomTool)
            ]
        )


def check_choice(subject: Subject) -> None:
    """A choice needs tools, a forced one a model that takes it, thinking that is not asked for, and a known name.

    Thinking that is on by default does not stand in the way of a forced choice (recorded), thinking that the request
    asks for does, adaptive or not (recorded; documentation says otherwise of adaptive).
    """
    request = subject.request
    choice = request.tool_choice
    if choice is None:
        return
    if not request.tools and not request.mcp_servers:
        raise invalid_request("tool_choice may only be specified while providing tools.")
    if choice.type not in ("any", "tool"):
        return
    if not subject.model.forced_tool_choice:
        raise invalid_request('tool_choice: type "tool" and "any" are not supported for this model.')
    if request.thinking is not None and request.thinking.type in ("enabled", "adaptive"):
        raise invalid_request("Thinking may not be enabled when tool_choice forces tool use.")
    if isinstance(choice, ToolChoiceTool) and choice.name not in _names(subject) and not _has_toolsets(subject):
        raise invalid_request(f"Tool '{choice.name}' not found in provided tools")


def check_references(subject: Subject) -> None:
    """A tool that a search of the client's own found is among the definitions."""
    references = subject.blocks.get("tool_reference")
    if not references or _has_toolsets(subject):
        return
    names = frozenset(_names(subject))
    for _, reference in only(references, ToolReferenceBlock):
        if reference.tool_name not in names:
            raise invalid_request(f"Tool reference '{reference.tool_name}' not found in available tools")


def check_counted_tools(subject: Subject) -> None:
    """Counting does not take tools that run on the API's side."""
    if subject.context.endpoint != "count_tokens":
        return
    found = [tool.type for tool in subject.request.tools if tool.type.startswith(_SERVER_TOOLS)]
    if found:
        raise invalid_request(
            f"Server tools are not supported in the count_tokens endpoint: {', '.join(found)}. "
            "Use the /v1/messages endpoint instead."
        )


def check_mcp_servers(subject: Subject) -> None:
    """Each server is used by a toolset, since there are toolsets."""
    request = subject.request
    if not request.mcp_servers or not any(
        beta.startswith(_MCP) and beta >= _MCP_TOOLSETS_SINCE for beta in subject.context.betas
    ):
        return
    used = {tool.mcp_server_name for tool in request.tools if isinstance(tool, McpToolset)}
    for server in request.mcp_servers:
        if server.name not in used:
            raise invalid_request(
                f"MCP server '{server.name}' is defined but not referenced by any `mcp_toolset` in `tools`."
            )


def check_container(request: MessagesRequest, subject: Subject) -> None:
    """A container needs code execution, and calls that a running program waits for need their container."""
    container = request.container
    name = container if container is None or isinstance(container, str) else container.id
    if name is not None and not any(tool.type.startswith(_SERVER_TOOLS) for tool in request.tools):
        raise invalid_request("container: Container identifier can only be provided when using the code execution tool")
    if name is None and _answers_a_program(subject):
        raise invalid_request(
            "container_id is required when there are pending tool uses generated by code execution with tools."
        )


def _answers_a_program(subject: Subject) -> bool:
    if len(subject.turns) < 2 or not any(only(subject.turns[-1].blocks, ToolResultBlock)):
        return False
    calls = (call for _, call in only(subject.turns[-2].blocks, ToolUseBlock))
    return any(call.caller is not None and call.caller.type != "direct" for call in calls)
