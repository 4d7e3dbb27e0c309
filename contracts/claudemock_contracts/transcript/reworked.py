"""Requests that answer the same tool calls once more with other results: a step was made again, its tools with it."""

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.history import Part, named, parts_of, role_of

_SHOWN = 40  # characters of a text
_SHORTENED = 0.8


class Reworked(NamedTuple):
    """A call that has another result in a second attempt.

    `tool` is its name, empty where the request does not say; `path` is that of the result's block (API notation).
    """

    tool_use_id: str
    tool: str
    path: str
    before: str
    after: str

    def __str__(self) -> str:
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(self.before, self.after, strict=False))
        start = max(sum(1 for _ in alike) - _SHOWN // 2, 0)
        shown = [json.dumps(text[start : start + _SHOWN], ensure_ascii=False) for text in (self.before, self.after)]
        return f"{self.path}: the result of {self.tool_use_id} was {shown[0]}, and is {shown[1]}"

    @property
    def cut(self) -> bool:
        """Whether the second result may be the first one shortened, which nobody has to run again for."""
        return len(self.after) <= len(self.before) * _SHORTENED


def worked_again(earlier: Call, later: Call) -> list[Reworked]:
    """The results that differ between two requests, where both answer the same calls and nothing else differs.

    What stands beside the results in that turn may differ too. Empty if they differ in more, or not in a result.
    """
    before, after = earlier.messages, later.messages
    if not before or len(before) != len(after) or before[:-1] != after[:-1]:
        return []
    rest = [{**call.body, "messages": None} for call in (earlier, later)]
    if rest[0] != rest[1] or role_of(before[-1]) != role_of(after[-1]):
        return []
    ones, others = [list(parts_of(messages[-1], len(messages) - 1)) for messages in (before, after)]
    if not calls_answered(ones) or calls_answered(ones) != calls_answered(others):
        return []
    asked = parts_of(before[-2], 0) if len(before) > 1 else ()
    tools = {named(part.block, "id"): named(part.block, "name") for part in asked}
    found = []
    for one, other in zip(_results(ones), _results(others), strict=True):
        old, new = _told(one), _told(other)
        if old != new:
            path = later.where(other.message, other.position)
            name = named(other.block, "tool_use_id")
            found.append(Reworked(name, tools.get(name, ""), path, old, new))
    return found


def _results(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.kind == "tool_result"]


def calls_answered(parts: Sequence[Part]) -> tuple[str, ...]:
    """The ids of the calls that a turn answers, in its order."""
    return tuple(named(part.block, "tool_use_id") for part in _results(parts))


def _told(result: Part) -> str:
    """What a result says; a plain string and a single block of text are the same."""
    content = result.block.get("content")
    texts = [part.block.get("text") if part.kind == "text" else part.block for part in parts_of(result.block, 0)]
    if all(isinstance(text, str) for text in texts):
        return "".join(text for text in texts if isinstance(text, str))
    return json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
