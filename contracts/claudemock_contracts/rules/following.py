"""What came after a call: requests that go on from it, and requests that ask the same once more."""

from collections.abc import Iterator, Mapping, Sequence

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript import Call, Transcript, parts_of, role_of
from claudemock_contracts.transcript.told import pause

_SLACK = 0.005  # seconds
_NEAR = 50  # calls
SOON = 120.0
"""Seconds after which a request is no longer taken to have been made because of an earlier one."""


def followers(story: Transcript, call: Call) -> Sequence[Call]:
    """The calls that go on from this one's answer."""
    return story.followers(call)


def shortly_after(story: Transcript, call: Call) -> Sequence[Call]:
    """The next calls of the whole scope, among which one may show what was made of this one."""
    return story.calls[call.number + 1 : call.number + 1 + _NEAR]


def alike(story: Transcript, call: Call) -> Iterator[Call]:
    """Other calls with the same messages, for whatever model and with whatever parameters."""
    for other in story.once(_by_size).get(_size(call), ()):
        if other is not call and all(
            story.prompts.same(one, two) for one, two in zip(call.messages, other.messages, strict=True)
        ):
            yield other


def elsewhere(story: Transcript, failed: Call) -> Call | None:
    """A call with the same messages that was not over when the failed one began, and so may stand for it."""
    return next((other for other in alike(story, failed) if _later(failed.exchange, other.exchange)), None)


def soon_after(earlier: Exchange, later: Exchange) -> bool:
    """Whether it came when the other was over, and not much later: it may have been made because of it."""
    gap = pause(earlier, later)
    return gap is not None and -_SLACK <= gap <= SOON


def _by_size(story: Transcript) -> Mapping[object, Sequence[Call]]:
    found: dict[object, list[Call]] = {}
    for call in story.calls:
        found.setdefault(_size(call), []).append(call)
    return found


def _size(call: Call) -> object:
    """What calls with the same messages have in common for certain, and cheaply."""
    last = call.messages[-1] if call.messages else None
    text = "".join(str(part.block.get("text") or "") for part in parts_of(last, 0))
    return len(call.messages), role_of(last), text


def _later(failed: Exchange, other: Exchange) -> bool:
    if other.started is None or failed.started is None:
        return True
    end = other.ended_at
    return other.started >= failed.started or (end is not None and end >= failed.started)
