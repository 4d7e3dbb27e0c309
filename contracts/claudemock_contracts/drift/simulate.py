"""The prompt cache, simulated from the requests alone: what each could read, and what it wrote.

The rules are the documented ones: entries only at breakpoints, twenty positions of look-back, readable once the
writer's response began, alive from the start of the request that wrote or read them last. The model's minimum is
applied to tokens, not to entries, so that drift shows in a test whose prompt is shorter than the real one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from claudemock.prompt.breakpoints import Breakpoint
from claudemock_contracts.transcript import Call

LOOK_BACK = 20
LIFETIMES = {"5m": 300.0, "1h": 3600.0}
_NEVER = float("inf")


class _Entry(NamedTuple):
    available: float
    expires: float
    lifetime: float
    tokens: int
    writer: Call


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One marked call and the cache: `marks` are its breakpoints, `hit` the position of the entry it read (-1: none).

    `hit_tokens` are the tokens of that entry; `read` is 0 where they are fewer than the model caches at all.
    """

    call: Call
    marks: Sequence[Breakpoint]
    keys: Mapping[int, bytes]
    hit: int
    hit_tokens: int
    read: int
    now: float
    began: float

    @property
    def last(self) -> int:
        """The position of the last breakpoint."""
        return self.marks[-1].position

    @property
    def marked(self) -> int:
        """Tokens up to the last breakpoint."""
        return self.call.prompt.tokens(self.last)

    @property
    def minimum(self) -> int:
        """The fewest tokens the model caches."""
        return self.call.model.min_cache_tokens

    @property
    def lifetime(self) -> float:
        """The longest lifetime it asks for, in seconds."""
        return max(LIFETIMES[mark.ttl] for mark in self.marks)

    @property
    def served_read(self) -> int:
        """The tokens the answer says were read from the cache."""
        served = self.call.served
        told = served.usage.get("cache_read_input_tokens") if served is not None else None
        return told if isinstance(told, int) else 0

    @property
    def missed(self) -> bool:
        """Whether nothing was read: by the simulation, and by the answer's own account."""
        return self.hit < 0 and self.served_read == 0


class Simulation:
    """The cache of one scope. Without times, every entry is alive and readable at once."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str | None, bytes], _Entry] = {}

    def take(self, call: Call) -> Step | None:
        """The next call, in order; None if it has no breakpoint or got no answer."""
        if call.served is None or not (marks := call.prompt.breakpoints):
            return None
        now = call.exchange.started or 0.0
        began = call.exchange.response_began or now
        wanted = {at for mark in marks for at in range(max(mark.position - LOOK_BACK + 1, 0), mark.position + 1)}
        keys = call.prompt.keys(wanted)
        workspace = call.exchange.workspace
        hit, entry = self._hit(workspace, marks, keys, now)
        if entry is not None:
            self._entries[workspace, keys[hit]] = entry._replace(expires=max(entry.expires, now + entry.lifetime))
        for mark in marks:
            self._write(call, workspace, mark, keys[mark.position], now, began)
        tokens = entry.tokens if entry is not None else 0
        read = tokens if tokens >= call.model.min_cache_tokens else 0
        return Step(call, marks, keys, hit, tokens, read, now, began)

    def _hit(
        self, workspace: str | None, marks: Sequence[Breakpoint], keys: Mapping[int, bytes], now: float
    ) -> tuple[int, _Entry | None]:
        for mark in reversed(marks):
            for position in range(mark.position, max(mark.position - LOOK_BACK, -1), -1):
                entry = self._entries.get((workspace, keys[position]))
                if entry is not None and entry.available <= now < entry.expires:
                    return position, entry
        return -1, None

    def _write(self, call: Call, workspace: str | None, mark: Breakpoint, key: bytes, now: float, began: float) -> None:
        """A prefix that is alive already stays readable as early as it was."""
        known = self._entries.get((workspace, key))
        alive = known is not None and now < known.expires
        lifetime = LIFETIMES[mark.ttl]
        available = min(began, known.available) if known is not None and alive else began
        expires = max(now + lifetime, known.expires if known is not None and alive else 0.0)
        tokens = call.prompt.tokens(mark.position)
        self._entries[workspace, key] = _Entry(available, expires, lifetime, tokens, call)
