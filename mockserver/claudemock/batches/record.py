"""One batch: what is kept of it, and what it is at a moment of its scope's clock.

A batch needs nobody to run it. When it ends, and how many of its requests are done by then, follows from the clock, so
a batch that nobody looked at for an hour is the same as one that was watched. Its requests are worked off when it is
seen to have ended (`close`), slice by slice, and only then does the API show it as ended.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import orjson

from claudemock.batches.plan import Failure, Plan
from claudemock.clock import rfc3339

_LIFE = 86_400  # seconds until what is not done has expired (documented)
_NEARLY = 1e-5  # seconds that adding times up may be wrong by: a step of the clock to an instant reaches it
_KEPT = 29 * 86_400  # seconds after its creation that results are kept (documented)
OUTCOMES = ("succeeded", "errored", "canceled", "expired")


@dataclass(frozen=True, slots=True)
class Closing:
    """A batch is over at `at`: its first `finished` requests were done by then, the others are `rest`."""

    at: float
    finished: int
    rest: Literal["canceled", "expired"] = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All times are seconds since the epoch. `next` is the first slice of requests that has not been worked off."""

    id: str
    scope: str
    workspace: str
    workspace_id: str | None
    created_at: float
    count: int  # requests
    items: str  # the name their slices are kept under
    slices: int
    seed: str  # hexadecimal
    version: str
    betas: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    hidden: int = 0  # requests about it that still have to be answered 404
    cancel_at: float | None = None
    closing: Closing | None = None
    next: int = 0
    counts: tuple[int, ...] = (0, 0, 0, 0)  # in the order of OUTCOMES
    size: int = 0  # bytes of its results

    @property
    def ended(self) -> bool:
        """Whether every request has its result."""
        return self.closing is not None and self.next >= self.slices

    @property
    def source(self) -> bytes:
        """What all that varies in it derives from."""
        return bytes.fromhex(self.seed)

    def archived(self, now: float) -> bool:
        """Whether its results are gone."""
        return now >= self.created_at + _KEPT - _NEARLY

    def closed(self, now: float, *, polled: bool) -> "Batch":
        """The batch, over if it is by `now`. `polled`: its client asks how far it is."""
        if self.closing is not None:
            return self
        expires = self.created_at + _LIFE
        if self.cancel_at is not None:
            at = max(self.cancel_at, min(now, expires))
            return replace(self, closing=Closing(at, self._finished(self.cancel_at), "canceled"))
        duration, reached = self.plan.duration, max(now, self.created_at) + _NEARLY
        natural = None if duration is None else self.created_at + duration
        if duration is None and polled and reached < expires:
            natural = max(now, self.created_at)
        if natural is not None and natural <= min(reached, expires):
            return replace(self, closing=Closing(natural, self.count))
        if reached >= expires:
            return replace(self, closing=Closing(expires, self._finished(expires)))
        return self

    def canceled(self, now: float) -> "Batch":
        """The batch, its cancellation initiated. One that is being worked off ends with what it has got."""
        if self.cancel_at is not None:
            return self
        closing = self.closing
        if closing is not None:
            closing = Closing(max(now, closing.at), min(closing.finished, sum(self.counts)), "canceled")
        return replace(self, cancel_at=now, closing=closing)

    def _finished(self, at: float) -> int:
        """How many requests were done by `at`: they are done one after another, evenly over the duration."""
        duration = self.plan.duration
        if duration is None:
            return 0
        passed = max(0.0, at - self.created_at + _NEARLY)
        return min(self.count, int(self.count * passed / duration)) if duration else self.count

    def done_at(self, index: int) -> float:
        """When a request is done."""
        assert self.closing is not None  # noqa: S101 - nothing is worked off before
        duration = self.plan.duration
        if duration is None:
            return self.closing.at
        return min(self.closing.at, self.created_at + duration * (index + 1) / self.count)

    def rest(self, index: int) -> Failure | None:
        """How a request ends that the batch's end came too early for; None: it was done by then."""
        assert self.closing is not None  # noqa: S101 - nothing is worked off before
        return self.closing.rest if index >= self.closing.finished else None

    def to_json(self, now: float, results: str) -> dict[str, Any]:
        """The batch as the API shows it; `results` is the URL of its results."""
        counts = dict(zip(OUTCOMES, self.counts, strict=True)) if self.ended else dict.fromkeys(OUTCOMES, 0)
        running = "in_progress" if self.cancel_at is None else "canceling"
        ended = self.closing.at if self.closing is not None and self.ended else None
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": "ended" if self.ended else running,
            "request_counts": {"processing": 0 if self.ended else self.count, **counts},
            "ended_at": _time(ended),
            "created_at": _time(self.created_at),
            "expires_at": _time(self.created_at + _LIFE),
            "archived_at": _time(self.created_at + _KEPT) if self.archived(now) else None,
            "cancel_initiated_at": _time(self.cancel_at),
            "results_url": results if self.ended else None,
        }

    def encode(self) -> bytes:
        """As it is kept."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes) -> "Batch":
        """The batch that was kept."""
        data = orjson.loads(raw)
        closing = data["closing"]
        data["plan"] = Plan.read(data["plan"])
        data["closing"] = None if closing is None else Closing(**closing)
        data["betas"], data["counts"] = tuple(data["betas"]), tuple(data["counts"])
        return cls(**data)


def _time(instant: float | None) -> str | None:
    """`2026-01-01T00:05:23.250396+00:00`: batches, unlike all else, have microseconds and an offset (recorded)."""
    return None if instant is None else rfc3339(instant, places=6)[:-1] + "+00:00"
