"""Judging answers to turns with tools on the API's side, and to members of toolsets (R64, R65)."""

from collections.abc import Iterator, Mapping
from typing import Any

from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.tool_pairs import SERVER_CALLS, Pair, pairs
from claudemock_contracts.transcript import Part, Transcript, kind_of

_TYPES = (
    ("web_search", "web_search"),
    ("web_fetch", "web_fetch"),
    ("code_execution", "code_execution"),
    ("tool_search", "tool_search"),
    ("advisor", "advisor"),
)
"""A word in the name of a server tool's call, and how the type of its definition begins."""

_IN_MEMBER = frozenset({"text", "image", "browser_state"})


def unresolved(story: Transcript) -> Iterator[Outcome]:
    """R64."""
    for pair in pairs(story):
        waiting = _waiting(pair)
        if not pair.calls or not waiting or not pair.results:
            continue
        yield EXERCISED
        others = [part for part in pair.answer.parts if part.kind != "tool_result"]
        if others:
            yield Observation(
                kind="more than results",
                expected=f"tool results and nothing else, while {_name(waiting[0])} of the same turn is unresolved",
                actual=f"the user turn has a {others[0].kind} block too",
                at=pair.call.exchange,
                path=pair.call.where(others[0].message, others[0].position),
            )
        missing = next((part for part in waiting if _undeclared(pair.call.body, part)), None)
        if missing is not None:
            yield Observation(
                kind="tool gone",
                expected=f"the same tools as before, {_name(missing)} among them: its call is still open",
                actual="the request declares no such tool",
                at=pair.call.exchange,
                path="tools",
                also=[pair.call.previous.exchange] if pair.call.previous else [],
            )


def _waiting(pair: Pair) -> list[Part]:
    """The calls of server tools in a turn that have no result in it."""
    done = {part.answers for part in pair.asked.parts if part.kind.endswith("_tool_result")}
    return [part for part in pair.asked.parts if part.kind in SERVER_CALLS and part.id not in done]


def _name(part: Part) -> str:
    return str(part.block.get("name"))


def _undeclared(body: Mapping[str, Any], part: Part) -> bool:
    """Whether the request has no definition of a server tool; tools of MCP servers are not looked for."""
    begins = next((kind for word, kind in _TYPES if word in _name(part)), None)
    if part.kind != "server_tool_use" or begins is None:
        return False
    tools = body.get("tools")
    return not any(kind_of(tool).startswith(begins) for tool in (tools if isinstance(tools, list) else ()))


def toolset_names(story: Transcript) -> Iterator[Outcome]:
    """R65."""
    for pair in pairs(story):
        sets = {part.id: part.block["toolset_name"] for part in pair.calls if part.block.get("toolset_name")}
        for part in pair.results:
            wanted = sets.get(part.answers)
            if wanted is None:
                continue
            yield EXERCISED
            if part.block.get("toolset_name") != wanted:
                yield Observation(
                    kind="name missing" if part.block.get("toolset_name") is None else "another name",
                    expected=f"toolset_name {wanted!r} in the result, as in the call",
                    actual=f"toolset_name {part.block.get('toolset_name')!r}",
                    at=pair.call.exchange,
                    path=pair.call.where(part.message, part.position, "toolset_name"),
                )
            content = part.block.get("content")
            kinds = [kind_of(block) for block in content] if isinstance(content, list) else []
            odd = [kind for kind in kinds if kind not in _IN_MEMBER]
            if odd or kinds.count("browser_state") > 1:
                yield Observation(
                    kind="content",
                    expected="text and images, and at most one browser_state, in the result of a toolset's member",
                    actual=f"{odd[0]} in it" if odd else f"{kinds.count('browser_state')} browser_state blocks",
                    at=pair.call.exchange,
                    path=pair.call.where(part.message, part.position, "content"),
                )
