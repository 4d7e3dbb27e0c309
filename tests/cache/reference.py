"""The cache as the documentation describes it, slowly: whole prefixes compared, nothing hashed, nothing clever.

It knows the small vocabulary of `random_requests` only: text blocks, custom tools, `thinking`, `tool_choice`, `speed`.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.cache.prompts import ONCE, OPENING, FlatCounts, Json

_SECONDS = {"5m": 300.0, "1h": 3600.0}


@dataclass
class Remembered:
    """A prefix that some request wrote."""

    workspace: str
    prefix: list[Any]
    seconds: float
    expires: float


@dataclass
class Sent:
    """A request on its way: its usage is settled when it starts, what it writes can be read once it is answered."""

    usage: dict[str, int]
    writes: list[Remembered]


@dataclass
class ReferenceCache:
    """All workspaces' caches."""

    minimum: int
    remembered: list[Remembered] = field(default_factory=list)

    def start(self, request: Json, now: float, workspace: str) -> Sent:
        """Look every breakpoint up, from the last to the first, 20 positions each."""
        blocks = flatten(request)
        total = round(sum(block["tokens"] for block in blocks) + ONCE)

        def tokens(position: int) -> int:
            return int(sum(block["tokens"] for block in blocks[: position + 1]) + ONCE) - OPENING

        def live(position: int) -> Remembered | None:
            prefix = prefix_of(request, blocks, position)
            for each in self.remembered:
                if each.workspace == workspace and each.prefix == prefix and now < each.expires:
                    return each
            return None

        marks = [position for position, block in enumerate(blocks) if block["ttl"]]
        marks = [position for position in marks if tokens(position) >= self.minimum]
        if not marks:
            return Sent(_usage(total, 0, 0, 0), [])
        hit = None
        for mark in reversed(marks):
            for back in range(20):
                if hit is None and mark - back >= 0 and live(mark - back):
                    hit = mark - back
        read = 0 if hit is None else tokens(hit)
        hours = [position for position in marks if blocks[position]["ttl"] == "1h" and (hit is None or position > hit)]
        upto_hour = tokens(hours[-1]) if hours else read
        upto_last = tokens(marks[-1])
        for position in [*marks, *([] if hit is None else [hit])]:
            found = live(position)
            if found:
                found.expires = max(found.expires, now + found.seconds)
        writes = []
        for position in marks:
            if not live(position):
                seconds = _SECONDS[blocks[position]["ttl"]]
                writes.append(Remembered(workspace, prefix_of(request, blocks, position), seconds, now + seconds))
        return Sent(_usage(total - upto_last, read, upto_last - upto_hour, upto_hour - read), writes)

    def answer(self, sent: Sent, now: float) -> None:
        """The response begins."""
        for write in sent.writes:
            for each in self.remembered:
                if (each.workspace, each.prefix) == (write.workspace, write.prefix) and now < each.expires:
                    each.seconds = max(each.seconds, write.seconds)
                    each.expires = max(each.expires, write.expires)
                    break
            else:
                self.remembered.append(write)


def flatten(request: Json) -> list[Json]:
    """The blocks in prompt order, each with its place, tokens and the lifetime asked for."""
    found = [_block("tools", tool) for tool in request.get("tools", ())]
    found += [_block("system", part) for part in request.get("system", ())]
    for message in request["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        found += [_block(message["role"], block) for block in blocks]
    automatic = request.get("cache_control")
    if automatic and not found[-1]["ttl"]:
        found[-1]["ttl"] = automatic.get("ttl", "5m")
    return found


def prefix_of(request: Json, blocks: list[Json], position: int) -> list[Any]:
    """All that the model reads up to a block, with the parameters that shape it."""
    prefix: list[Any] = ["model", request["model"]]
    place = blocks[position]["place"]
    if place != "tools":
        prefix += ["speed", request.get("speed", "standard")]
    if place not in ("tools", "system"):
        thinking = request.get("thinking", {"type": "disabled"})
        choice = request.get("tool_choice", {"type": "auto"})
        prefix += ["thinking", thinking, "choice", choice if request.get("tools") else None]
    # An empty group is told from a missing breakpoint by the places of the blocks themselves.
    return prefix + [(block["place"], block["content"]) for block in blocks[: position + 1]]


def _block(place: str, block: Json) -> Json:
    mark = block.get("cache_control")
    return {
        "place": place,
        "content": {key: value for key, value in block.items() if key != "cache_control"},
        "ttl": mark and mark.get("ttl", "5m"),
        "tokens": FlatCounts().block(block, "any"),
    }


def _usage(plain: int, read: int, five: int, hour: int) -> dict[str, int]:
    return {"input": plain, "read": read, "written_5m": five, "written_1h": hour}
