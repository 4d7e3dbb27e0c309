"""Judging texts that say nothing (R12)."""

from collections.abc import Iterator
from typing import Any

from claudemock.prompt.segments import content_of
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.transcript import Call, Part, Transcript, kind_of, parts_of, role_of


def empty(story: Transcript) -> Iterator[Outcome]:
    """R12: texts that are empty, or white space."""
    for call in story.calls:
        found = [*_in_system(call), *_in_messages(call)]
        if found or call.body.get("messages"):
            yield EXERCISED
        yield from found


def _in_system(call: Call) -> Iterator[Observation]:
    system = call.body.get("system")
    if call.previous is not None and call.previous.body.get("system") == system:
        return
    if not isinstance(system, list):
        return
    for index, block in enumerate(content_of(system)):
        if _says_nothing(block):
            yield _observed(call, Part(block, 0, index), f"system.{index}.text", "system")


def _in_messages(call: Call) -> Iterator[Observation]:
    last = len(call.messages) - 1
    for number in range(max(call.fresh, call.offset), last + 1):
        message = call.messages[number]
        role = role_of(message)
        if number == last and role == "assistant":
            continue  # the final assistant message may be empty
        for part in parts_of(message, number):
            if _says_nothing(part.block) and not (role == "assistant" and part.block.get("text")):
                place = call.where(number, part.position, "text" if part.position is not None else "")
                yield _observed(call, part, place, role)
            for index, block in enumerate(_inner(part)):
                if kind_of(block) == "text" and not block.get("text") and block.get("cache_control"):
                    place = call.where(number, part.position, f"content.{index}.text")
                    yield _observed(call, Part(block, number, index), place, "tool_result")


def _inner(part: Part) -> list[dict[str, Any]]:
    content = part.block.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _says_nothing(block: object) -> bool:
    if not isinstance(block, dict) or kind_of(block) != "text":
        return False
    text = block.get("text")
    return isinstance(text, str) and not text.strip()


def _observed(call: Call, part: Part, path: str, role: str) -> Observation:
    text = part.block.get("text")
    what = "is empty" if not text else f"is {len(str(text))} characters of white space"
    source = _served_by(call, part) if role == "assistant" else None
    return Observation(
        kind="marked" if part.block.get("cache_control") else "served so" if source else role,
        expected="every text block says something",
        actual=f"a text {what}"
        + (" and carries cache_control" if part.block.get("cache_control") else "")
        + (
            f"; it came so from the model, with {source.id}, and is to be left out when it is sent back"
            if source
            else ""
        ),
        at=call.exchange,
        path=path,
        also=[] if source is None else [source.exchange],
    )


def _served_by(call: Call, part: Part) -> Call | None:
    """The answer that had such a block, if the client only sent it back."""
    earlier = call.previous
    if earlier is None or earlier.served is None or part.message < len(earlier.messages):
        return None
    return earlier if any(map(_says_nothing, earlier.served.content)) else None
