"""Tools on the API's side beside the client's own, and toolsets."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, reply, result, text, tool
from claudemock_contracts.rules import tool_servers

_WEB = {"type": "web_search_20250305", "name": "web_search"}
_LOOKING = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Oslo"}}
_BOTH = (ask("Oslo?", tools=[tool("get_weather"), _WEB]), reply(_LOOKING, call("oslo", "get_weather", city="Oslo")))
_COMPUTER = {"type": "computer_toolset_20260801", "name": "computer"}
_CLICK = {**call("click", "click", x=10, y=20), "toolset_name": "computer"}

CONTRACTS = (
    Contract(
        id="R64",
        name="server-tool-unresolved",
        title="While a server tool is unresolved, the client's calls are answered by results and nothing else",
        family="tools",
        why="The turn goes on on the API's side. A text behind the results, or a request without the tool that is "
        "still at work, is refused (400).",
        severity="error",
        evidence="P",
        fix="Send the tool results alone, with the same tools; keep what the user says for the next turn.",
        good=Example(
            "The result alone.", *_BOTH, ask(result("oslo", "4 °C")), reply("4 °C, and the web says it snows.")
        ),
        bad=Example(
            "The user's words behind the result.",
            *_BOTH,
            ask(result("oslo", "4 °C"), text("Hurry up.")),
            reply("4 °C, and the web says it snows."),
        ),
        judge=tool_servers.unresolved,
        threads=("gsd-build/gsd-2#2870",),
    ),
    Contract(
        id="R65",
        name="toolset-name-missing",
        title="The result of a toolset's member says which toolset, and holds text and images",
        family="tools",
        why="Members of the computer and browser toolsets are told from the client's own tools by toolset_name; "
        "without it the result belongs to nobody (400).",
        severity="error",
        evidence="P",
        fix="Copy toolset_name from the tool_use into its tool_result.",
        good=Example(
            "The name comes back.",
            ask("Press the button.", tools=[_COMPUTER]),
            reply(_CLICK),
            ask(result("click", "clicked", toolset_name="computer")),
            reply("Pressed."),
        ),
        bad=Example(
            "The name is missing.",
            ask("Press the button.", tools=[_COMPUTER]),
            reply(_CLICK),
            ask(result("click", "clicked")),
            reply("Pressed."),
        ),
        judge=tool_servers.toolset_names,
    ),
)
