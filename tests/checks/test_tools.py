"""Tool definitions, the choice among them, servers and containers."""

import pytest

from tests.checks.cases import (
    ADAPTIVE,
    BUDGET,
    EPHEMERAL,
    OTHER_TOOL,
    TOOL,
    Case,
    Json,
    assert_answer,
    assistant,
    body,
    call,
    model,
    result,
    user,
)

FORCED = "Thinking may not be enabled when tool_choice forces tool use."
NOT_FORCED = 'tool_choice: type "tool" and "any" are not supported for this model.'
NO_TOOLS = "tool_choice may only be specified while providing tools."
SEARCH: Json = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
WEB_SEARCH: Json = {"type": "web_search_20250305", "name": "web_search"}
CODE: Json = {"type": "code_execution_20250825", "name": "code_execution"}
COMPUTER: Json = {
    "type": "computer_20251124",
    "name": "computer",
    "display_width_px": 800,
    "display_height_px": 600,
}
DEFERRED: Json = {**TOOL, "defer_loading": True}
ANY: Json = {"type": "any"}
NAMED: Json = {"type": "tool", "name": "get_weather"}

DEFINITIONS = [
    Case(name="one name twice", body=body(tools=[TOOL, TOOL]), message="tools: Tool names must be unique."),
    Case(
        name="all deferred",
        body=body(tools=[DEFERRED, {**OTHER_TOOL, "defer_loading": True}]),
        message="At least one tool must have defer_loading=false. All tools cannot be deferred.",
    ),
    Case(
        name="deferred breakpoint",
        body=body(tools=[SEARCH, {**DEFERRED, "cache_control": EPHEMERAL}]),
        message="Tool 'get_weather' cannot have both defer_loading=true and cache_control set. "
        "Tools with defer_loading cannot use prompt caching.",
    ),
    Case(
        name="a type the model does not take",
        body=body(tools=[COMPUTER]),
        model=model(refused_tools=("computer_20251124",)),
        betas=frozenset({"computer-use-2025-11-24"}),
        message="'claude-test-1' does not support tool types: computer_20251124.",
    ),
    Case(
        name="a schema that is none",
        body=body(tools=[{**TOOL, "input_schema": {"type": "object", "anyOf": [{}]}}]),
        message="tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
    ),
    Case(
        name="unknown reference",
        body=body(
            user("a"),
            assistant(call("t")),
            user(result("t", {"type": "tool_reference", "tool_name": "get_news"})),
            tools=[TOOL],
        ),
        message="Tool reference 'get_news' not found in available tools",
    ),
    Case(
        name="server tool counted",
        body=body(tools=[TOOL, CODE, WEB_SEARCH]),
        endpoint="count_tokens",
        message="Server tools are not supported in the count_tokens endpoint: code_execution_20250825, "
        "web_search_20250305. Use the /v1/messages endpoint instead.",
    ),
    Case(name="accepted: two tools", body=body(tools=[TOOL, OTHER_TOOL])),
    Case(name="accepted: no tools", body=body(tools=[])),
    Case(name="accepted: deferred beside a search", body=body(tools=[SEARCH, DEFERRED])),
    Case(name="accepted: breakpoint", body=body(tools=[{**TOOL, "cache_control": EPHEMERAL}])),
    Case(name="accepted: server tool", body=body(tools=[WEB_SEARCH, CODE])),
    Case(name="accepted: own tool counted", body=body(tools=[TOOL]), endpoint="count_tokens"),
    Case(
        name="accepted: reference",
        body=body(
            user("a"),
            assistant(call("t")),
            user(result("t", {"type": "tool_reference", "tool_name": "get_time"})),
            tools=[TOOL, {**OTHER_TOOL, "defer_loading": True}],
        ),
    ),
    Case(
        name="accepted: the type on a model that takes it",
        body=body(tools=[COMPUTER]),
        betas=frozenset({"computer-use-2025-11-24"}),
    ),
]

CHOICE = [
    Case(name="choice without tools", body=body(tool_choice={"type": "auto"}), message=NO_TOOLS),
    Case(name="choice with an empty list", body=body(tool_choice={"type": "none"}, tools=[]), message=NO_TOOLS),
    Case(
        name="unknown tool",
        body=body(tools=[TOOL], tool_choice={"type": "tool", "name": "get_news"}),
        message="Tool 'get_news' not found in provided tools",
    ),
    Case(
        name="any, on a model that cannot be forced",
        body=body(tools=[TOOL], tool_choice=ANY),
        model=model(forced_tool_choice=False),
        message=NOT_FORCED,
    ),
    Case(
        name="tool, on a model that cannot be forced",
        body=body(tools=[TOOL], tool_choice=NAMED, thinking=ADAPTIVE),
        model=model(forced_tool_choice=False),
        message=NOT_FORCED,
    ),
    Case(name="any while thinking", body=body(tools=[TOOL], tool_choice=ANY, thinking=BUDGET), message=FORCED),
    Case(
        name="any while thinking adaptively",
        body=body(tools=[TOOL], tool_choice=ANY, thinking=ADAPTIVE),
        message=FORCED,
    ),
    Case(name="tool while thinking", body=body(tools=[TOOL], tool_choice=NAMED, thinking=BUDGET), message=FORCED),
    Case(name="accepted: any", body=body(tools=[TOOL], tool_choice=ANY)),
    Case(name="accepted: tool", body=body(tools=[TOOL], tool_choice=NAMED, thinking={"type": "disabled"})),
    Case(
        name="accepted: any where thinking is on by default",
        body=body(tools=[TOOL], tool_choice=ANY),
        model=model(thinking_default="on"),
    ),
    Case(
        name="accepted: auto while thinking",
        body=body(tools=[TOOL], tool_choice={"type": "auto"}, thinking=BUDGET),
        model=model(forced_tool_choice=False),
    ),
    Case(name="accepted: a server tool by name", body=body(tools=[WEB_SEARCH], tool_choice={"type": "any"})),
]

DOCS: Json = {"type": "url", "name": "docs", "url": "https://example.com/mcp"}
TOOLSETS = frozenset({"mcp-client-2025-11-20"})
PROGRAM: Json = {"type": "code_execution_20250825", "tool_id": "srvtoolu_p"}
RUNNING = (
    user("a"),
    assistant(
        {"type": "server_tool_use", "id": "srvtoolu_p", "name": "code_execution", "input": {"code": "…"}},
        call("t", caller=PROGRAM),
    ),
    user(result("t")),
)

ELSEWHERE = [
    Case(
        name="server without a toolset",
        body=body(mcp_servers=[DOCS], tools=[TOOL]),
        betas=TOOLSETS,
        message="MCP server 'docs' is defined but not referenced by any `mcp_toolset` in `tools`.",
    ),
    Case(
        name="container without code execution",
        body=body(container="container_01", tools=[TOOL]),
        message="container: Container identifier can only be provided when using the code execution tool",
    ),
    Case(
        name="container object without code execution",
        body=body(container={"id": "container_01"}),
        message="container: Container identifier can only be provided when using the code execution tool",
    ),
    Case(
        name="a program waits in no container",
        body=body(*RUNNING, tools=[TOOL, CODE]),
        message="container_id is required when there are pending tool uses generated by code execution with tools.",
    ),
    Case(
        name="accepted: server with a toolset",
        body=body(mcp_servers=[DOCS], tools=[{"type": "mcp_toolset", "mcp_server_name": "docs"}]),
        betas=TOOLSETS,
    ),
    Case(
        name="accepted: server before there were toolsets",
        body=body(mcp_servers=[DOCS], tool_choice={"type": "auto"}),
        betas=frozenset({"mcp-client-2025-04-04"}),
    ),
    Case(name="accepted: container", body=body(container="container_01", tools=[CODE])),
    Case(name="accepted: container to be made", body=body(container={"skills": []}, tools=[CODE])),
    Case(name="accepted: program in its container", body=body(*RUNNING, container="container_01", tools=[TOOL, CODE])),
    Case(
        name="accepted: call by the model itself",
        body=body(user("a"), assistant(call("t", caller={"type": "direct"})), user(result("t")), tools=[TOOL, CODE]),
    ),
]


@pytest.mark.parametrize("case", [*DEFINITIONS, *CHOICE, *ELSEWHERE], ids=str)
def test_tools(case: Case) -> None:
    """Definitions, choices, servers and containers are judged as the API judges them."""
    assert_answer(case)
