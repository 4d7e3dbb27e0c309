"""Judging texts that say nothing (R12)."""

from collections.abc import Iterator
from typing import Any

from claudemock.prompt.segments import content_of
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.asked import Asked, asked
from claudemock_contracts.transcript import Call, Part, Transcript, kind_of, parts_of, role_of


def empty(story: Transcript) -> Iterator[Outcome]:
    """R12: texts that are empty, or white space."""
    for request in asked(story):
        found = [*_in_system(request), *_in_messages(request)]
        if found or request.body.get("messages"):
            yield EXERCISED
        yield from found


def _in_system(request: Asked) -> Iterator[Observation]:
    system, call = request.body.get("system"), request.call
    if call is not None and call.previous is not None and call.previous.body.get("system") == system:
        return
    if not isinstance(system, list):
        return
    for index, block in enumerate(content_of(system)):
        if _says_nothing(block):
            yield _observed(request, Part(block, 0, index), f"system.{index}.text", "system")


def _in_messages(request: Asked) -> Iterator[Observation]:
    sent = request.body.get("messages")
    messages = sent if isinstance(sent, list) else []
    fresh = max(request.call.fresh - request.call.offset, 0) if request.call else 0
    for number in range(fresh, len(messages)):
        role = role_of(messages[number])
        if number == len(messages) - 1 and role == "assistant":
            continue  # the final assistant message may be empty
        for part in parts_of(messages[number], number):
            place = f"messages.{number}.content" + ("" if part.position is None else f".{part.position}")
            if _says_nothing(part.block) and not (role == "assistant" and part.block.get("text")):
                yield _observed(request, part, place if part.position is None else f"{place}.text", role)
            for index, block in enumerate(_inner(part)):
                if kind_of(block) == "text" and not block.get("text") and block.get("cache_control"):
                    yield _observed(request, Part(block, number, index), f"{place}.content.{index}.text", "tool_result")


def _inner(part: Part) -> list[dict[str, Any]]:
    content = part.block.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _says_nothing(block: object) -> bool:
    if not isinstance(block, dict) or kind_of(block) != "text":
        return False
    text = block.get("text")
    return isinstance(text, str) and not text.strip()


def _observed(request: Asked, part: Part, path: str, role: str) -> Observation:
    text = part.block.get("text")
    what = "is empty" if not text else f"is {len(str(text))} characters of white space"
    source = _served_by(request.call, part) if request.call and role == "assistant" else None
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
        at=request.exchange,
        path=request.where(path),
        also=[] if source is None else [source.exchange],
    )


def _served_by(call: Call, part: Part) -> Call | None:
    """The answer that had such a block, if the client only sent it back."""
    earlier = call.previous
    if earlier is None or earlier.served is None or part.message + call.offset < len(earlier.messages):
        return None
    return earlier if any(map(_says_nothing, earlier.served.content)) else None
