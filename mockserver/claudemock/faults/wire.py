"""Faults on the bytes of an answer, on a real socket: hang up, wait, cut into slices.

Places count bytes of the body as the client's HTTP library hands them on (`after_bytes`), or whole events of a stream
(`after_event`). Without either a hang-up comes in the middle: of the body, or of a stream's fourth event.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from claudemock.faults.base import ByteFilter, End, Fault, HangUp, Pause, Step

_EARLY_EVENT = 3  # whole events before a fault acts in a stream, unless said
_EVENT_END = b"\n\n"
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class WireFault(Fault):
    """The base of all of them."""

    acts_on: ClassVar[Literal["bytes"]] = "bytes"


class _Placed(WireFault):
    """A fault with a place in the body."""

    after_bytes: Annotated[int, Field(ge=0)] | None = None
    after_event: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "_Placed":
        if self.after_bytes is not None and self.after_event is not None:
            raise ValueError("after_bytes and after_event are two places; give one")
        return self

    def place(self, length: int | None, *, inside: bool) -> "Place":
        """The place in a body; `inside` an event rather than behind one."""
        if self.after_bytes is not None:
            limit = self.after_bytes if length is None else min(self.after_bytes, max(0, length - 1))
            return Place(limit, None, inside=inside)
        if length is not None:
            return Place(length // 2, None, inside=inside)
        return Place(None, _EARLY_EVENT if self.after_event is None else self.after_event, inside=inside)


class Place:
    """Finds the place in a body that comes in pieces."""

    def __init__(self, limit: int | None, events: int | None, *, inside: bool) -> None:
        self._bytes = limit
        self._events = events
        self._inside = inside
        self._tail = b""  # an event's end may lie across two pieces

    def within(self, piece: bytes, last: bool) -> int | None:
        """How many bytes of `piece` come before the place; None: it is further on."""
        if self._bytes is not None:
            if len(piece) < self._bytes or (len(piece) == self._bytes and not last):
                self._bytes -= len(piece)
                return len(piece) if last else None
            return self._bytes
        at = self._behind_events(piece)
        if at is None:
            return len(piece) // 2 if last else None
        if not self._inside:
            return at
        end = piece.find(_EVENT_END, at)
        rest = (end if end >= 0 else len(piece)) - at
        return at + rest // 2 if rest > 0 else None if not last else at

    def _behind_events(self, piece: bytes) -> int | None:
        """Where in `piece` the wanted number of events is over."""
        assert self._events is not None  # noqa: S101 - a place is one or the other
        at = 0
        while self._events > 0:
            joined = self._tail + piece[at:]
            end = joined.find(_EVENT_END)
            if end < 0:
                self._tail = joined[-1:]
                return None
            at += end + len(_EVENT_END) - len(self._tail)
            self._tail = b""
            self._events -= 1
        return at


class Cut(_Placed):
    """The connection is closed in the middle of the body; with a content-length the body is too short for it."""

    breaks = True
    how: ClassVar[HangUp] = "cut"

    def on_bytes(self, length: int | None) -> ByteFilter:
        """Sends up to the place."""
        return _Ending(self.place(length, inside=True), self.how)


class Reset(Cut):
    """The connection is reset (TCP RST) in the middle of the body."""

    how = "reset"


class CloseBeforeResponse(WireFault):
    """The connection is closed without an answer, although the request ran."""

    breaks = True

    def on_bytes(self, length: int | None) -> ByteFilter:  # noqa: ARG002 - a place it does not need
        """Sends nothing."""
        return _Silent()


class Delay(WireFault):
    """The answer comes late: nothing is sent for `seconds` on the scope's clock."""

    seconds: Seconds = 1.0

    def on_bytes(self, length: int | None) -> ByteFilter:  # noqa: ARG002 - a place it does not need
        """Waits first."""
        return _Late(self.seconds)


class Stall(_Placed):
    """The answer stops in its middle for `seconds`, or until the client hangs up; pings go on if `pings` says so."""

    seconds: Seconds | None = None
    pings: bool = False
    ping_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0

    def on_bytes(self, length: int | None) -> ByteFilter:
        """Waits at the place."""
        every = self.ping_seconds if self.pings and length is None else None
        return _Waiting(self.place(length, inside=False), Pause(self.seconds, every))


class Slice(WireFault):
    """The body comes in slices of `size` bytes, `seconds` apart: through characters, line ends and events.

    `crlf` ends the lines of a stream with CR LF, which the format allows, so that slices go through those too.
    """

    size: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    seconds: Seconds = 0.0
    crlf: bool = False

    def on_bytes(self, length: int | None) -> ByteFilter:
        """Cuts every piece up."""
        return _Slicing(self.size, self.seconds, crlf=self.crlf and length is None)


class _Ending(ByteFilter):
    def __init__(self, place: Place, how: HangUp) -> None:
        self._place = place
        self._how = how

    def feed(self, piece: bytes, last: bool) -> Iterator[Step]:
        at = self._place.within(piece, last)
        if at is None:
            yield piece
            return
        yield piece[:at]
        yield End(self._how)


class _Silent(ByteFilter):
    def before(self) -> Iterable[Step]:
        return (End("cut"),)


class _Late(ByteFilter):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def before(self) -> Iterable[Step]:
        return (Pause(self._seconds),)


class _Waiting(ByteFilter):
    def __init__(self, place: Place, pause: Pause) -> None:
        self._place: Place | None = place
        self._pause = pause

    def feed(self, piece: bytes, last: bool) -> Iterator[Step]:
        at = self._place.within(piece, last) if self._place is not None else None
        if at is None:
            yield piece
            return
        self._place = None
        if at:
            yield piece[:at]
        yield self._pause
        yield piece[at:]


class _Slicing(ByteFilter):
    def __init__(self, size: int, seconds: float, *, crlf: bool) -> None:
        self._size = size
        self._seconds = seconds
        self._crlf = crlf

    def feed(self, piece: bytes, last: bool) -> Iterator[Step]:  # noqa: ARG002 - every piece is cut alike
        whole = piece.replace(b"\n", b"\r\n") if self._crlf else piece
        for start in range(0, len(whole) or 1, self._size):
            if start:
                yield Pause(self._seconds)
            yield whole[start : start + self._size]
