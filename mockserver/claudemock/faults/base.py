"""What a fault is: its parameters, and up to three things it can do to one exchange.

A fault is a frozen pydantic model: its fields are the parameters users may give it. It does one of

- `on_request`: answer instead of the endpoint;
- `on_events`: change the events of a stream;
- `on_bytes`: filter the body's bytes on their way to the socket, wait, hang up.

How often and for which requests it acts is none of its business: see `spec` and `book`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from claudemock.engine.stream import Event
from claudemock.wire.errors import ApiError

HangUp = Literal["cut", "reset"]


class Page(NamedTuple):
    """An answer that is not the API's own, from something between it and the client."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The exchange a fault acts on. `now` is the scope's clock, `wall` the machine's, which a date header shows."""

    request_id: str
    organization: str
    model: str | None
    now: float
    wall: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass on the scope's clock; None: until the client hangs up. Pings may be sent meanwhile."""

    seconds: float | None
    ping_every: float | None = None


@dataclass(frozen=True, slots=True)
class End:
    """Hang up, in the middle of whatever was being sent."""

    how: HangUp


Step = bytes | Pause | End


class ByteFilter:
    """Does nothing. What a wire fault makes for one exchange: it sees the body's bytes and says what happens."""

    def before(self) -> Iterable[Step]:
        """Steps before the first byte of the answer; no bytes among them."""
        return ()

    def feed(self, piece: bytes, last: bool) -> Iterator[Step]:  # noqa: ARG002 - for those that override it
        """Steps for the next bytes of the body; `last` when none follow."""
        yield piece


class Fault(BaseModel):
    """The base of all faults. `breaks`: what it does keeps the answer from being used, so its reply is not used up."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    acts_on: ClassVar[Literal["request", "events", "bytes"]]
    breaks: ClassVar[bool] = False

    def on_request(self, target: Target) -> ApiError | Page | None:  # noqa: ARG002 - for those that override it
        """The answer to give instead, or None."""
        return None

    def on_events(self, events: Sequence[Event], target: Target) -> Sequence[Event]:  # noqa: ARG002
        """The events to send instead of `events`."""
        return events

    def on_bytes(self, length: int | None) -> ByteFilter:  # noqa: ARG002 - for those that override it
        """What filters the bytes of one answer; `length` is the body's, None for a stream."""
        return ByteFilter()

    def parameters(self) -> dict[str, Any]:
        """The parameters that were given."""
        return self.model_dump(exclude_unset=True)


@dataclass(slots=True)
class Strike:
    """One fault meant for one exchange; `sent` says what came of it, None as long as nothing did."""

    id: str
    name: str
    fault: Fault
    sent: str | None = None
    meant: Mapping[str, Any] = field(default_factory=dict)

    @property
    def breaks(self) -> bool:
        """Whether the answer will be of no use to the client."""
        return self.fault.breaks

    def to_json(self) -> dict[str, Any]:
        """As the exchange shows it."""
        return {"id": self.id, "fault": self.name, "meant": dict(self.meant), "sent": self.sent}


def place_of(after_event: int | None, events: Sequence[Event]) -> int:
    """How many events come before a stream fault acts: the middle unless said; negative counts from the end.

    There is always an event behind the place: a fault that comes too late for a short stream acts at its end.
    """
    count = len(events)
    wanted = count // 2 if after_event is None else after_event + (count if after_event < 0 else 0)
    return max(0, min(wanted, count - 1))
