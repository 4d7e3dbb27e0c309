"""The messages of a request as turns: neighbours of the same role are one, as the API reads them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_NO_BLOCK: Mapping[str, Any] = {}


class Part(NamedTuple):
    """One content block and where it stands: message and position in it (None: the content is a plain string)."""

    block: Mapping[str, Any]
    message: int
    position: int | None

    @property
    def kind(self) -> str:
        """The block's type; the empty string where there is none."""
        return kind_of(self.block)

    @property
    def id(self) -> str:
        """The id of a call; the empty string where there is none."""
        return named(self.block, "id")

    @property
    def answers(self) -> str:
        """The id of the call that a result answers; the empty string where there is none."""
        return named(self.block, "tool_use_id")


@dataclass(frozen=True, slots=True)
class Turn:
    """Neighbouring messages of one role, with all their blocks. `first` and `last` are indices of messages."""

    role: str
    parts: Sequence[Part]
    first: int
    last: int

    def of(self, kind: str) -> list[Part]:
        """The parts of one block type."""
        return [part for part in self.parts if part.kind == kind]

    @property
    def text(self) -> str:
        """All text, joined."""
        return "".join(str(part.block.get("text") or "") for part in self.of("text"))


def kind_of(block: object) -> str:
    """A block's `type`; the empty string where there is none."""
    kind = block.get("type") if isinstance(block, dict) else None
    return kind if isinstance(kind, str) else ""


def named(block: object, field: str) -> str:
    """A block's `id`, `tool_use_id` or the like; the empty string where there is none."""
    name = block.get(field) if isinstance(block, dict) else None
    return name if isinstance(name, str) else ""


def role_of(message: object) -> str:
    """A message's role; the empty string where there is none."""
    role = message.get("role") if isinstance(message, dict) else None
    return role if isinstance(role, str) else ""


def parts_of(message: object, number: int) -> Iterator[Part]:
    """The blocks of one message; what is no block is an empty one."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        yield Part({"type": "text", "text": content}, number, None)
    elif isinstance(content, list):
        for index, block in enumerate(content):
            if isinstance(block, dict):
                yield Part(block, number, index)
            elif isinstance(block, str):
                yield Part({"type": "text", "text": block}, number, index)
            else:
                yield Part(_NO_BLOCK, number, index)


def turns(messages: Sequence[Any], since: int = 0) -> list[Turn]:
    """The turns from that of message `since` on, after at least two whole ones before it (all there are, if fewer).

    Messages of role `system` inside a conversation belong to no turn and part none.
    """
    found: list[Turn] = []
    parts: list[Part] = []
    role, first, last = "", 0, 0
    for number in range(_start(messages, since), len(messages)):
        speaker = role_of(messages[number])
        if speaker not in ("user", "assistant"):
            continue
        if speaker != role:
            if role:
                found.append(Turn(role, parts, first, last))
            role, parts, first = speaker, [], number
        parts.extend(parts_of(messages[number], number))
        last = number
    if role:
        found.append(Turn(role, parts, first, last))
    return found


def _start(messages: Sequence[Any], since: int) -> int:
    """The first message of the turn that begins two changes of role before message `since`."""
    changes, role, start = 0, "", min(since, len(messages))
    for number in range(start - 1, -1, -1):
        speaker = role_of(messages[number])
        if speaker in ("user", "assistant") and speaker != role:
            role, changes = speaker, changes + 1
            if changes > 3:
                return start
        start = number
    return start
