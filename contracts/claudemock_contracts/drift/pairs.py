"""The marked calls of a transcript, each with the one whose cache entry it should have read, and where they part."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from claudemock_contracts.drift.compare import Divergence, diverges
from claudemock_contracts.drift.families import Families
from claudemock_contracts.drift.markers import Marker, markers
from claudemock_contracts.drift.simulate import Simulation, Step
from claudemock_contracts.transcript import Call, Transcript

Link = Literal["exact", "echo", "sibling"]
_READ_ALL = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class MissedPair:
    """`later` should have read what `earlier` wrote and parts from it before the end of that."""

    earlier: Step
    later: Step
    link: Link
    divergence: Divergence

    @property
    def lost(self) -> int:
        """Tokens written to the cache that this request could have read and did not."""
        wanted = min(self.earlier.marked, self.later.call.prompt.input_tokens)
        return max(wanted - max(self.later.read, self.later.served_read), 0) if self.effective else 0

    @property
    def effective(self) -> bool:
        """Whether the prefix is long enough to be cached at all."""
        return self.earlier.marked >= self.earlier.minimum

    @property
    def dollars(self) -> float | None:
        """What the lost tokens cost more than a read; None without a price."""
        return surcharge(self.later.call, self.lost, written=self.later.marked >= self.lost)


@dataclass(slots=True, eq=False)
class CacheStory:
    """What all caching rules look at, found out once.

    `marked` are the markers of every call with some, by its number. `steps` are the calls that used the cache,
    `linked` those of them that go on from another, with it, and `siblings` those that begin a conversation, by family
    in order. `parted` says of each one that was compared, by number, where it parts from the earlier. `missed` are the
    pairs that part too early, and `expired` those where the entry had run out before.
    """

    marked: dict[int, list[Marker]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    by_call: dict[int, Step] = field(default_factory=dict)
    linked: list[tuple[Step, Step, Link]] = field(default_factory=list)
    siblings: dict[int, list[Step]] = field(default_factory=dict)
    family: dict[int, int] = field(default_factory=dict)  # of a sibling, by its call's number
    compared: dict[int, list[tuple[Step, Step]]] = field(default_factory=dict)
    parted: dict[int, Divergence | None] = field(default_factory=dict)
    missed: list[MissedPair] = field(default_factory=list)
    expired: list[tuple[Step, Step]] = field(default_factory=list)


def cache_story(story: Transcript) -> CacheStory:
    """The cache's side of a transcript. Ask for it with `story.once(cache_story)`."""
    found, simulation, families = CacheStory(), Simulation(), Families()
    for call in story.calls:
        seen = markers(call)
        if not seen:
            continue
        found.marked[call.number] = seen
        step = simulation.take(call)
        if step is None:
            continue
        found.steps.append(step)
        found.by_call[call.number] = step
        earlier = found.by_call.get(call.previous.number) if call.previous is not None else None
        if call.previous is None:
            family = found.family[call.number] = families.of(call)
            before = found.siblings.setdefault(family, [])
            other = _comparable(before, step)
            before.append(step)
            if other is not None:
                found.compared.setdefault(family, []).append((other, step))
                _compare(found, other, step, "sibling")
        elif earlier is not None:
            link: Link = call.link or "echo"
            found.linked.append((earlier, step, link))
            _compare(found, earlier, step, link)
    return found


def _comparable(before: Sequence[Step], step: Step) -> Step | None:
    """The last sibling that stands at the same turn of its own conversation, and asks the same model."""
    for other in reversed(before[-4:]):
        same = other.call.model_name == step.call.model_name
        if same and len(other.call.messages) == len(step.call.messages):
            return other
    return None


def _compare(found: CacheStory, earlier: Step, step: Step, link: Link) -> None:
    if earlier.call.model_name != step.call.model_name:
        return  # another model shares nothing, whatever else is the same
    if step.now and earlier.now and step.now - earlier.now >= earlier.lifetime:
        found.expired.append((earlier, step))
        return
    divergence = diverges(earlier, step.call)
    found.parted[step.call.number] = divergence
    read = step.served_read >= max(earlier.marked * _READ_ALL, 1)
    # Where the answer says that it was read, what differs is no part of the prompt.
    if divergence is not None and divergence.cause != "parameters" and not read:
        found.missed.append(MissedPair(earlier, step, link, divergence))


def surcharge(call: Call, tokens: int, *, written: bool = True) -> float | None:
    """Dollars that `tokens` cost more when written (or, unmarked, just read in) than when read from the cache."""
    price = call.model.price(call.prompt.input_tokens)
    if price is None or not tokens:
        return None
    paid = price.write_5m if written else price.input
    return tokens * (paid - price.read) / 1_000_000
