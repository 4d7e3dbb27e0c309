"""A request body as the sequence of blocks the model reads: tools, then system, then messages.

Works on JSON as it came, so that recorded traffic can be read too; it fails on none. What the API leaves out of the
prompt is left out here: tools whose loading is deferred, thinking of former turns on models that drop it, and what
stands before a compaction.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence, Set
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

from claudemock.catalog import Model
from claudemock.prompt.breakpoints import Breakpoint, Looks, kind_of, with_automatic

_WEB_TOOLS = ("web_search_", "web_fetch_")
_THINKING = frozenset({"thinking", "redacted_thinking"})


class Counts(Protocol):
    """What is asked of the token estimator."""

    def parts(self, body: Mapping[str, Any], tokenizer: str) -> Sequence[float]:
        """The tokens of the parts of a prompt in order.

        First what is paid once, then each tool, system block and message block as sent (one for an empty message). The
        tokens of a prefix are the rounded sum of its parts.
        """

    def block(self, block: object, tokenizer: str) -> float:
        """Tokens of one content block."""


class Walk(NamedTuple):
    """All blocks of one request, in prompt order, and what can only be known after having seen them all.

    `places` says where each stands: `tools`, `system`, or the role of its message. `upto` are the tokens up to the end
    of each, not rounded. `system` and `messages` are the positions where those groups begin, be they empty or not.
    """

    blocks: Sequence[Any]
    places: Sequence[str]
    upto: Sequence[float]
    system: int
    messages: int
    input_tokens: int
    breakpoints: Sequence[Breakpoint]
    has_images: bool
    has_citations: bool
    order: Sequence[int]  # the index of each tool in the request
    firsts: Sequence[int]  # the position of each message's first block
    left: Mapping[int, Sequence[int]]  # the indices of what is read of a message, where that is not all of it
    costs: Sequence[float]  # of every part the estimator counts, what is paid once first
    head: int  # how many of them come before the messages
    marked: Sequence[Breakpoint]  # the breakpoints set by hand
    kinds: Set[object]  # the types of blocks

    def location(self, position: int) -> str:
        """Where a block stands in the request: `tools.0`, `system.1`, `messages.2.content.3`."""
        if position < self.system:
            return f"tools.{self.order[position]}"
        if position < self.messages:
            return f"system.{position - self.system}"
        number = bisect_right(self.firsts, position) - 1
        index = position - self.firsts[number]
        return f"messages.{number}.content.{self.left[number][index] if number in self.left else index}"


class Before(NamedTuple):
    """What was read of an earlier request: the first `messages` of this one are those of that one, and not its last."""

    walk: Walk
    messages: int


def walk(body: Mapping[str, Any], model: Model, counts: Counts, before: Before | None = None) -> Walk:
    """Read a request. The positions of breakpoints are ascending.

    Of messages read `before`, for the same model, nothing is counted or looked at again where each stands for itself.
    """
    if before is not None and _stands(before.walk, model):
        grown = _grown(body, model, counts, before)
        if grown is not None:
            return grown
    costs = counts.parts(body, model.tokenizer)
    sums = list(accumulate(costs))
    tools, messages = listed(body.get("tools")), listed(body.get("messages"))
    order = _prompt_order(tools)
    head = [*[tools[index] for index in order], *content_of(body.get("system"))]
    blocks, places, firsts = _gathered(head, len(order), messages, {})
    looks = Looks(blocks)
    left: dict[int, list[int]] = {}
    if "compaction" in looks.kinds or (model.thinking_kept == "last_turn" and looks.kinds & _THINKING):
        left = _left(messages, model.thinking_kept)
    if left:
        blocks, places, firsts = _gathered(head, len(order), messages, left)
        looks = Looks(blocks)
    if left or len(blocks) != len(sums) - 1 or len(order) != len(tools) or type(order) is not range:
        upto = _sums_at(sums, order, len(tools), len(head) - len(order), messages, left)
    else:
        upto = sums[1:]
    return Walk(
        blocks=blocks,
        places=places,
        upto=upto,
        system=len(order),
        messages=len(head),
        input_tokens=max(1, round(sum(costs))),
        breakpoints=with_automatic(looks.breakpoints, blocks, body.get("cache_control")),
        has_images=looks.images,
        has_citations=looks.citations,
        order=order,
        firsts=firsts,
        left=left,
        costs=costs,
        head=1 + len(tools) + len(head) - len(order),
        marked=looks.breakpoints,
        kinds=looks.kinds,
    )


def _stands(seen: Walk, model: Model) -> bool:
    """Whether each block of the messages costs what it costs alone, and is one of the parts that are counted."""
    alone = not seen.left and not seen.has_citations and "compaction" not in seen.kinds
    dropped = model.thinking_kept == "last_turn" and not seen.kinds.isdisjoint(_THINKING)
    return alone and not dropped and len(seen.costs) - seen.head == len(seen.blocks) - seen.messages


def _grown(body: Mapping[str, Any], model: Model, counts: Counts, before: Before) -> Walk | None:
    """The walk over the head and the new messages alone, with the earlier one in between; None if it is not so easy."""
    new = walk({**body, "messages": body["messages"][before.messages :]}, model, counts)
    if not _stands(new, model):
        return None
    former, at = before.walk, new.messages
    start, end = former.messages, former.firsts[before.messages]
    further, shift = end - start, at - start
    blocks = [*new.blocks[:at], *former.blocks[start:end], *new.blocks[at:]]
    costs = [*new.costs[: new.head], *former.costs[former.head : former.head + further], *new.costs[new.head :]]
    marked = [mark for mark in new.marked if mark.position < at]
    marked += [Breakpoint(mark.position + shift, mark.ttl) for mark in former.marked if start <= mark.position < end]
    marked += [Breakpoint(mark.position + further, mark.ttl) for mark in new.marked if mark.position >= at]
    return new._replace(
        blocks=blocks,
        places=[*new.places[:at], *former.places[start:end], *new.places[at:]],
        upto=[*new.upto[:at], *list(accumulate(costs))[new.head :]],
        input_tokens=max(1, round(sum(costs))),
        breakpoints=with_automatic(marked, blocks, body.get("cache_control")),
        has_images=new.has_images or (former.has_images and Looks(blocks).images),
        firsts=[
            *map(shift.__add__, former.firsts[: before.messages]),
            *map(further.__add__, new.firsts),
        ],
        costs=costs,
        marked=marked,
        kinds=former.kinds | new.kinds,
    )


def listed(value: object) -> list[Any]:
    """A list as it is, null as an empty one, anything else as the only item of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def content_of(value: object) -> list[Any]:
    """The blocks of a `content` or `system`; a string is one block, the empty string none."""
    return [] if value == "" else listed(value)


def _prompt_order(tools: list[Any]) -> Sequence[int]:
    """Indices of the tools in the prompt: web tools behind all others, which stay cached with or without them."""
    kept = [n for n, tool in enumerate(tools) if not (type(tool) is dict and tool.get("defer_loading") is True)]
    web = [index for index in kept if kind_of(tools[index]).startswith(_WEB_TOOLS)]
    order = [index for index in kept if index not in web] + web if web else kept
    return range(len(tools)) if order == list(range(len(tools))) else order


def _gathered(
    head: list[Any], tools: int, messages: list[Any], left: Mapping[int, list[int]]
) -> tuple[list[Any], list[str], list[int]]:
    """All blocks, their places, and the position at which each message begins."""
    blocks = list(head)
    places = ["tools"] * tools + ["system"] * (len(head) - tools)
    firsts = []
    for number, message in enumerate(messages):
        firsts.append(len(blocks))
        content: Any = message
        role: Any = None
        if type(message) is dict:
            content = message.get("content")
            role = message.get("role") if len(message) == 2 else _place(message)
        if type(content) is not list:
            content = content_of(content)
        if number in left:
            content = [content[index] for index in left[number]]
        blocks += content
        places += [role if type(role) is str else "user"] * len(content)
    return blocks, places, firsts


def _place(message: Mapping[str, Any]) -> str:
    """The role, and the fields by which a message of role `system` changes how the model reads on."""
    further = {key: message[key] for key in sorted(message) if key not in ("role", "content")}
    changed = {key: value for key, value in further.items() if value is not None}
    return f"{message.get('role')} {changed}" if changed else str(message.get("role"))


def _sums_at(
    sums: list[float],
    order: Sequence[int],
    tools: int,
    system: int,
    messages: list[Any],
    left: Mapping[int, list[int]],
) -> list[float]:
    """The sum at each block; what blocks that are left out cost counts for the one behind them."""
    upto = [sums[0]]
    for index in order:
        upto.append(upto[-1] + sums[index + 1] - sums[index])
    at = 1 + tools
    upto += sums[at : at + system]
    at += system
    for number, message in enumerate(messages):
        count = len(content_of(message.get("content") if type(message) is dict else message))
        upto += [sums[at + index] for index in left.get(number, range(count))]
        at += count or 1
    return upto[1:]


def _left(messages: list[Any], kept: str) -> dict[int, list[int]]:
    """What the model still reads of the messages of which it does not read all."""
    contents = [content_of(message.get("content") if type(message) is dict else message) for message in messages]
    former = _last_prompt(messages, contents) if kept == "last_turn" else -1
    begin = (0, 0)
    for number, content in enumerate(contents):
        for index, block in enumerate(content):
            if kind_of(block) == "compaction":
                begin = number, index
    left = {}
    for number, content in enumerate(contents[: max(former, begin[0] + 1)]):
        read = [
            index
            for index, block in enumerate(content)
            if (number, index) >= begin and not (number < former and kind_of(block) in _THINKING)
        ]
        if len(read) != len(content):
            left[number] = read
    return left


def _last_prompt(messages: list[Any], contents: list[list[Any]]) -> int:
    """Number of the last user message that is more than tool results: thinking before it belongs to former turns."""
    for number in range(len(messages) - 1, -1, -1):
        user = type(messages[number]) is dict and messages[number].get("role") == "user"
        if user and any(kind_of(block) != "tool_result" for block in contents[number]):
            return number
    return -1
