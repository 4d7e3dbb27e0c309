"""Faults among the events of a stream: each acts after `after_event` events, in the middle unless said.

Negative numbers count from the end. Events after a fault are those the API would have sent, unless the stream ends.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import orjson
from pydantic import Field

from claudemock.engine.stream import Event
from claudemock.faults.base import Fault, Target, place_of

Count = Annotated[int, Field(ge=1, le=100_000)]


class StreamFault(Fault):
    """The base: where it acts."""

    acts_on: ClassVar[Literal["events"]] = "events"

    after_event: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None

    def on_events(self, events: Sequence[Event], target: Target) -> Sequence[Event]:
        """The events up to the place, and what the fault makes of the others."""
        at = place_of(self.after_event, events)
        return [*events[:at], *self.instead(events[at:], target)]

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """What comes instead of `rest`, which is at least one event."""
        return rest


class ErrorEvent(StreamFault):
    """An `error` event in a stream that began with 200, and nothing behind it (recorded: R2; with its id: Q113)."""

    breaks = True

    error_type: Annotated[str, Field(min_length=1, max_length=100)] = "overloaded_error"
    message: str = "Overloaded"

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The error."""
        data = {
            "type": "error",
            "error": {"details": None, "type": self.error_type, "message": self.message},
            "request_id": target.request_id,
        }
        return [_event("error", data)]


class Truncate(StreamFault):
    """The stream ends properly, too early: without `message_stop`, which nothing on the HTTP level gives away."""

    breaks = True

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """Nothing."""
        return ()


class UnknownEvent(StreamFault):
    """An event of a kind the client cannot know; the documentation asks clients to pass over it."""

    event: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] = "future_event"

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """One more event."""
        return [_event(self.event, {"type": self.event, "detail": {"added": "later"}}), *rest]


class UnknownBlock(Fault):
    """A content block of a type the client cannot know, behind all others."""

    acts_on: ClassVar[Literal["events"]] = "events"

    block: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")] = "future_block"

    def on_events(self, events: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The events with one more block, before `message_delta`."""
        names = [event.name for event in events]
        at = names.index("message_delta") if "message_delta" in names else len(events)
        index = names.count("content_block_start")
        start = {
            "type": "content_block_start",
            "index": index,
            "content_block": {"type": self.block, "detail": "added later"},
        }
        stop = {"type": "content_block_stop", "index": index}
        added = [_event("content_block_start", start), _event("content_block_stop", stop)]
        return [*events[:at], *added, *events[at:]]


class MalformedEvent(StreamFault):
    """An event whose data is cut in half, so that it is no JSON."""

    breaks = True

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The first of them damaged."""
        line, tokens = rest[0]
        begin = line.index(b"\ndata: ") + len(b"\ndata: ")
        return [Event(line[: begin + (len(line) - begin) // 2] + b'"', tokens), *rest[1:]]


class DuplicateEvent(StreamFault):
    """An event that comes more than once, as after a proxy's retry."""

    count: Count = 1

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The first of them repeated."""
        return [rest[0], *[rest[0]] * self.count, *rest[1:]]


class OutOfOrderEvent(StreamFault):
    """Two neighbouring events that come in the wrong order."""

    def on_events(self, events: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The events with the two at the place exchanged."""
        at = min(place_of(self.after_event, events), len(events) - 2)
        return [*events[:at], events[at + 1], events[at], *events[at + 2 :]]


class PingStorm(StreamFault):
    """Many pings at once; clients pass over them."""

    count: Count = 200

    def instead(self, rest: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The pings first."""
        return [*[Event(b'event: ping\ndata: {"type": "ping"')] * self.count, *rest]


def _event(name: str, data: object) -> Event:
    return Event(b"event: %b\ndata: %b" % (name.encode(), orjson.dumps(data)[:-1]))
