"""The first place where a request leaves the prompt an earlier one wrote to the cache."""

from dataclasses import dataclass
from typing import Any, Literal

from claudemock_contracts.drift.explain import Difference, explain
from claudemock_contracts.drift.simulate import Step
from claudemock_contracts.transcript import Call

Cause = Literal["tools-order", "tools-set", "tools-schema", "block", "added", "removed", "truncated", "parameters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """`location` is in the later request (API notation, with the path inside the block), `position` in the prompt.

    `shared` are the tokens before it that both have. `difference` explains two versions of one block.
    """

    cause: Cause
    group: Literal["tools", "system", "messages"]
    location: str
    position: int
    shared: int
    difference: Difference | None = None
    detail: str = ""

    @property
    def kind(self) -> str:
        """The class of the cause."""
        return self.difference.kind if self.difference is not None else self.cause


def diverges(earlier: Step, later: Call) -> Divergence | None:
    """Where `later` leaves what `earlier` wrote, up to the earlier one's last breakpoint; None: all is the same.

    `parameters`: all blocks are the same, and something else in the request makes it another prompt.
    """
    end = earlier.last + 1
    one, other = earlier.call.prompt, later.prompt
    old, new = one.digests(), other.digests()
    starts, its = one.starts, other.starts
    if old[: starts[1]] != new[: its[1]] if end >= starts[1] else old[:end] != new[:end]:
        return _tools(earlier.call, later, starts[1], its[1])
    for group, begin, stop, upto in (("system", 1, 2, starts[2]), ("messages", 2, 3, end)):
        mine = old[starts[begin] : min(upto, end)]
        theirs = new[its[begin] : its[2] if stop == 2 else len(new)]
        found = _first(mine, theirs, exact=stop == 2 and end > starts[2])
        if found is not None:
            return _block(earlier.call, later, group, starts[begin] + found, its[begin] + found, found, mine, theirs)
    if one.keys([end - 1])[end - 1] != other.keys([end - 1])[end - 1]:
        last = later.prompt.location(end - 1)
        return Divergence(cause="parameters", group="messages", location=last, position=end - 1, shared=0)
    return None


def _first(mine: Any, theirs: Any, *, exact: bool) -> int | None:
    """The first position at which two lists part. `exact`: one being longer is a difference."""
    if mine == theirs[: len(mine)]:
        return len(mine) if exact and len(theirs) > len(mine) else None
    for index, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if one != other:
            return index
    return len(theirs)


def _block(
    earlier: Call, later: Call, group: Any, old: int, new: int, found: int, mine: Any, theirs: Any
) -> Divergence:
    shared = later.prompt.tokens(new - 1) if new else 0
    if found >= len(theirs):
        place = earlier.prompt.location(old)
        return Divergence(
            cause="truncated", group=group, location=place, position=new, shared=shared, detail="gone from the request"
        )
    location = later.prompt.location(new)
    if found >= len(mine):
        return Divergence(cause="added", group=group, location=location, position=new, shared=shared)
    if mine[found] in theirs[found:]:
        return Divergence(cause="added", group=group, location=location, position=new, shared=shared)
    if theirs[found] in mine[found:]:
        return Divergence(cause="removed", group=group, location=location, position=new, shared=shared)
    before, after = block_at(earlier, earlier.prompt.location(old)), block_at(later, location)
    difference = explain(before, after)
    place = f"{location}.{difference.path}" if difference.path else location
    return Divergence(cause="block", group=group, location=place, position=new, shared=shared, difference=difference)


def _tools(earlier: Call, later: Call, old_end: int, new_end: int) -> Divergence:
    old, new = earlier.prompt.digests()[:old_end], later.prompt.digests()[:new_end]
    at = next(
        (i for i, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    location = later.prompt.location(at) if at < len(new) else "tools"
    shared = later.prompt.tokens(at - 1) if at else 0
    names, its = tool_names(earlier), tool_names(later)
    common: dict[str, Any] = {"group": "tools", "position": at, "shared": shared}
    if sorted(old) == sorted(new):
        detail = f"{', '.join(names)} became {', '.join(its)}"
        return Divergence(cause="tools-order", location="tools", detail=detail, **common)
    if sorted(names) != sorted(its):
        gone = [name for name in names if name not in its]
        come = [name for name in its if name not in names]
        detail = (
            "; ".join(f"{what} {', '.join(which)}" for what, which in (("gone:", gone), ("new:", come)) if which)
            or "another number of tools"
        )
        return Divergence(cause="tools-set", location="tools", detail=detail, **common)
    before = block_at(earlier, earlier.prompt.location(at))
    difference = explain(before, block_at(later, location))
    place = f"{location}.{difference.path}" if difference.path else location
    return Divergence(cause="tools-schema", location=place, difference=difference, **common)


def tool_names(call: Call) -> list[str]:
    """The names of a request's tools, in order; the type of one without a name."""
    tools = call.body.get("tools")
    found = [tool for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    return [str(tool.get("name") or tool.get("type") or "?") for tool in found]


def block_at(call: Call, location: str) -> Any:
    """The block at a place in API notation; a plain string for content that is one."""
    value: Any = call.body if not call.offset else {**call.body, "messages": call.messages}
    for part in location.split("."):
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
    return value
