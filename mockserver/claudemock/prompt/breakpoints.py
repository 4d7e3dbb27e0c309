"""Where a prompt is marked for caching, and what else a look at every block tells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Ttl = Literal["5m", "1h"]

_UNMARKABLE = frozenset({"thinking", "redacted_thinking", "fallback", "mcp_tool_listing"})
_ONLY_DICTS = frozenset({dict})
_CITABLE = frozenset({"document", "search_result"})


class Breakpoint(NamedTuple):
    """A position in the prompt up to which it is to be cached, and for how long."""

    position: int
    ttl: Ttl


class Looks:
    """What a look at blocks in prompt order finds.

    `kinds` are the types seen; `images`: whether any block, or any inside a tool result, is an image; `citations`:
    whether any document or search result may be cited; `breakpoints`: those set by hand.
    """

    __slots__ = ("breakpoints", "citations", "images", "kinds")

    def __init__(self, blocks: Sequence[Any]) -> None:
        found: Sequence[Mapping[str, Any]] = blocks
        if not _ONLY_DICTS.issuperset(map(type, blocks)):
            found = [block if type(block) is dict else {} for block in blocks]
        kinds = [block.get("type") for block in found]
        try:
            self.kinds = set(kinds)
        except TypeError:  # JSON that is no prompt
            kinds = [kind_of(block) for block in found]
            self.kinds = set(kinds)
        inner = _inner(found, kinds) if "tool_result" in self.kinds else []
        self.images = "image" in self.kinds or any(kind_of(block) == "image" for _, block in inner)
        citable = not self.kinds.isdisjoint(_CITABLE)
        self.citations = (citable and any(map(_may_be_cited, found))) or any(_may_be_cited(each) for _, each in inner)
        marked = [(at, block) for at, block in enumerate(found) if "cache_control" in block]
        marked += [(at, block) for at, block in inner if "cache_control" in block]
        self.breakpoints = _breakpoints(marked) if marked else []


def cacheable(block: object) -> bool:
    """Whether a breakpoint may stand on this block."""
    if not isinstance(block, dict):
        return block != ""
    kind = block.get("type")
    if kind == "text":
        return block.get("text") != ""
    return not (isinstance(kind, str) and kind in _UNMARKABLE)


def kind_of(block: object) -> str:
    """A block's `type`; the empty string where there is none."""
    kind = block.get("type") if isinstance(block, dict) else None
    return kind if isinstance(kind, str) else ""


def with_automatic(explicit: list[Breakpoint], blocks: Sequence[Any], control: object) -> Sequence[Breakpoint]:
    """Automatic caching: one more breakpoint on the last block that may have one, unless it is marked already."""
    if not isinstance(control, dict):
        return explicit
    for position in range(len(blocks) - 1, -1, -1):
        if cacheable(blocks[position]):
            if explicit and explicit[-1].position >= position:
                return explicit
            return [*explicit, Breakpoint(position, _ttl(control))]
    return explicit


def _inner(blocks: Sequence[Mapping[str, Any]], kinds: Sequence[object]) -> list[tuple[int, Mapping[str, Any]]]:
    """The blocks inside tool results. They are no positions of their own: their breakpoint is that of the result."""
    results = [(at, blocks[at].get("content")) for at, kind in enumerate(kinds) if kind == "tool_result"]
    return [(at, inner) for at, content in results if type(content) is list for inner in content if type(inner) is dict]


def _may_be_cited(block: Mapping[str, Any]) -> bool:
    citations = block.get("citations")
    return kind_of(block) in _CITABLE and isinstance(citations, dict) and citations.get("enabled") is True


def _breakpoints(marked: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Breakpoint]:
    """One per position; the longer lifetime where several blocks of one result are marked."""
    found: dict[int, Ttl] = {}
    for position, block in marked:
        control = block["cache_control"]
        if isinstance(control, dict) and cacheable(block):
            found[position] = "1h" if found.get(position) == "1h" else _ttl(control)
    return [Breakpoint(position, found[position]) for position in sorted(found)]


def _ttl(control: Mapping[str, Any]) -> Ttl:
    return "1h" if control.get("ttl") == "1h" else "5m"
