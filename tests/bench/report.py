"""The benchmark's numbers, their targets, and the table they are shown in."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.load import Load


@dataclass(frozen=True)
class Target:
    """What a number should be: `direction` is `>=`, `<=` or `<`."""

    direction: str
    bound: float

    def met(self, value: float) -> bool:
        """Whether the value is what we want."""
        return {">=": value >= self.bound, "<=": value <= self.bound, "<": value < self.bound}[self.direction]

    def verdict(self, value: float) -> str:
        """`>= 0.45 ok`."""
        return f"{self.direction} {self.bound:g} {'ok' if self.met(value) else 'missed'}"


@dataclass(frozen=True)
class Comparison:
    """One kind of load on both servers, in alternating rounds; with a target or, for scale, without."""

    name: str
    target: Target | None
    ours: Sequence[Load]
    floor: Sequence[Load]

    @property
    def ratio(self) -> float:
        """Ours to the floor in requests per second: the median of the rounds' ratios."""
        return statistics.median(mine.rate / other.rate for mine, other in zip(self.ours, self.floor, strict=True))

    def numbers(self) -> dict[str, Any]:
        """The medians of both."""
        return {"case": self.name, "ours": _medians(self.ours), "floor": _medians(self.floor), "ratio": self.ratio}


@dataclass(frozen=True)
class Single:
    """A number by itself, with a target or without."""

    name: str
    value: float
    target: Target | None = None


def missed(results: Sequence[Comparison | Single]) -> list[str]:
    """The names of what is not as it should be."""
    return [
        result.name
        for result in results
        if result.target and not result.target.met(result.ratio if isinstance(result, Comparison) else result.value)
    ]


def table(results: Sequence[Comparison | Single]) -> Iterator[str]:
    """The lines to print."""
    yield f"{'':<36} {'requests/s':>15} {'p50 ms':>13} {'p99 ms':>15} {'CPU µs':>11}"
    yield f"{'':<36} {'ours':>8} {'floor':>6}   ours  floor    ours   floor  ours floor  ratio"
    for comparison in (result for result in results if isinstance(result, Comparison)):
        ours, floor = _medians(comparison.ours), _medians(comparison.floor)
        cells = [f"{ours['rate']:8,.0f} {floor['rate']:6,.0f}", f"{ours['p50']:6.2f} {floor['p50']:6.2f}"]
        cells += [f"{ours['p99']:7.2f} {floor['p99']:7.2f}", f"{ours['cpu']:5.0f} {floor['cpu']:5.0f}"]
        verdict = comparison.target.verdict(comparison.ratio) if comparison.target else ""
        yield f"{comparison.name:<36} {' '.join(cells)}  {comparison.ratio:5.2f}  {verdict}"
    yield ""
    for single in (result for result in results if isinstance(result, Single)):
        verdict = single.target.verdict(single.value) if single.target else ""
        yield f"{single.name:<60} {single.value:10,.2f}  {verdict}"


def _medians(loads: Sequence[Load]) -> Mapping[str, float]:
    return {name: statistics.median(getattr(load, name) for load in loads) for name in ("rate", "p50", "p99", "cpu")}
