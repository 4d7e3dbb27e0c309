"""Judging what a program says it used and paid (R14, R15, R62)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isclose
from typing import Any

from claudemock.catalog import Price
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.billing import COUNTERS, INPUT, READ, WRITTEN, Used, count, factor, price_of, priced
from claudemock_contracts.rules.billing import usages as usages_of
from claudemock_contracts.rules.billing import used as used_of
from claudemock_contracts.transcript import Call, Transcript

_Usages = Sequence[Mapping[str, Any]]

_SUMS: Mapping[str, Callable[[_Usages, str], int]] = {
    "all summed": lambda usages, name: sum(count(usage, name) for usage in usages),
    "deltas summed": lambda usages, name: sum(count(usage, name) for usage in usages[1:]),
    "first only": lambda usages, name: count(usages[0], name),
    "first delta only": lambda usages, name: count(usages[1], name) if len(usages) > 1 else count(usages[0], name),
}
_SAYS = {
    "all summed": "message_start and every message_delta added up",
    "deltas summed": "every message_delta added up",
    "first only": "the counter of message_start alone",
    "first delta only": "the counter of the first message_delta alone",
}


def cumulative(story: Transcript) -> Iterator[Outcome]:
    """R14."""
    served = [call for call in story.calls if call.ok and call.served is not None]
    streams = [(call, usages_of(call.exchange)) for call in served if call.served and call.served.streamed]
    streams = [(call, usages) for call, usages in streams if usages]
    for name in COUNTERS:
        said = story.oracles.measured.get(name)
        if said is None:
            continue
        whole = sum(count(call.served.usage, name) for call in served if call.served and not call.served.streamed)
        truth = whole + sum(_last(usages, name) for _, usages in streams)
        wrong = {kind: whole + sum(add(usages, name) for _, usages in streams) for kind, add in _SUMS.items()}
        if all(value == truth for value in wrong.values()):
            continue  # every way of counting gives the same
        yield EXERCISED
        accepted = {truth} if name != INPUT else {truth, truth + _cached(served)}
        if said in accepted or _with_broken(story, name, truth) == said:
            continue
        kind = next((kind for kind, value in wrong.items() if value == said), None)
        yield Observation(
            kind=f"{name}: {kind or 'another number'}",
            expected=f"{name} {truth}: the counters of message_delta are totals so far, and replace earlier ones",
            actual=f"the program reports {said:g}" + (f", which is {_SAYS[kind]}" if kind else ""),
            at=streams[-1][0].exchange,
            path=f"usage.{name}",
            verdict=None if kind else "warning",
            confidence="high" if kind else "low",
        )
    if not story.oracles.measured:
        yield from _untold(streams)


def _untold(streams: Sequence[tuple[Call, _Usages]]) -> Iterator[Observation]:
    """A stream made to tell the ways of counting apart, and nobody says what the program counted."""
    probe = next((call for call, usages in streams if len(usages) > 2), None)
    if probe is not None:
        yield Observation(
            kind="not observable",
            expected="the counters of message_delta replace earlier ones",
            actual="a stream had several message_delta with usage; the test does not say what the program counted",
            at=probe.exchange,
            verdict="inconclusive",
        )


def _last(usages: _Usages, name: str) -> int:
    """The final value of a counter: the last one given."""
    return next((count(usage, name) for usage in reversed(usages) if usage.get(name) is not None), 0)


def _cached(served: Sequence[Call]) -> int:
    return sum(count(call.served.usage, READ) + count(call.served.usage, WRITTEN) for call in served if call.served)


def _with_broken(story: Transcript, name: str, truth: int) -> int:
    """The sum with streams that broke off, which are billed as far as they got."""
    broken = (call for call in story.calls if not call.ok and call.served is not None)
    return truth + sum(_last(usages_of(call.exchange), name) for call in broken)


_FORMULAS: Mapping[str, Callable[[Used, Price], float]] = {
    "the cache left out": lambda used, price: _plain(used, price, used.input),
    "cached tokens at the full price": lambda used, price: _plain(used, price, used.prompt),
    "reads at the full price": lambda used, price: priced(used, price) + used.read * (price.input - price.read) / 1e6,
    "reads left out": lambda used, price: priced(used, price) - used.read * price.read / 1e6,
    "writes at the full price": lambda used, price: _writes(used, price, price.input, price.input),
    "writes left out": lambda used, price: _writes(used, price, 0.0, 0.0),
    "writes for an hour at the price of 5 minutes": lambda used, price: _writes(
        used, price, price.write_5m, price.write_5m
    ),
    "writes for 5 minutes at the price of an hour": lambda used, price: _writes(
        used, price, price.write_1h, price.write_1h
    ),
    "writes counted twice": lambda used, price: _writes(used, price, 2 * price.write_5m, 2 * price.write_1h),
    "writes counted again as input": lambda used, price: _writes(
        used, price, price.write_5m + price.input, price.write_1h + price.input
    ),
    "cached tokens counted again as input": lambda used, price: (
        priced(used, price) + (used.prompt - used.input) * price.input / 1e6
    ),
    "cached tokens taken off input_tokens, which has none": lambda used, price: (
        priced(used, price) - (used.prompt - used.input) * price.input / 1e6
    ),
    "reads taken off input_tokens, which has none": lambda used, price: (
        priced(used, price) - used.read * price.input / 1e6
    ),
}


def _plain(used: Used, price: Price, prompt: int) -> float:
    return (prompt * price.input + used.output * price.output) / 1e6


def _writes(used: Used, price: Price, short: float, long: float) -> float:
    """The cost with other prices of writes."""
    moved = used.write_5m * (short - price.write_5m) + used.write_1h * (long - price.write_1h)
    return priced(used, price) + moved / 1e6


def cost(story: Transcript) -> Iterator[Outcome]:
    """R15."""
    said = story.oracles.measured.get("cost")
    calls = [call for call in story.calls if call.ok and call.served is not None]
    counted = [(call, used_of(call.served.usage)) for call in calls if call.served]
    cached = [call for call, tokens in counted if tokens.prompt > tokens.input]
    if said is None or not cached:
        return
    bills = [(call, tokens, price_of(call, tokens)) for call, tokens in counted]
    unknown = next((call for call, _, price in bills if price is None), None)
    if unknown is not None or story.batches.by_id or _iterated(calls):
        yield Observation(
            kind="price not known",
            expected="each kind of input token at its own price",
            actual="a model without a known price, a batch, or an answer billed in several rounds is in it",
            at=(unknown or cached[-1]).exchange,
            verdict="inconclusive",
        )
        return

    def total(formula: Callable[[Used, Price], float]) -> float:
        return sum(formula(tokens, price) * factor(call) for call, tokens, price in bills if price is not None)

    truth = total(priced)
    yield EXERCISED
    if _is(said, truth):
        return
    wrong = {kind: total(formula) for kind, formula in _FORMULAS.items()}
    kind = next((kind for kind, value in wrong.items() if _is(said, value)), None)
    as_of = story.prompts.catalog.as_of
    yield Observation(
        kind=kind or "another amount",
        expected=f"${truth:.6f} for {_listed([tokens for _, tokens in counted])} (prices of {as_of})",
        actual=f"the program reports ${said:.6f}" + (f": {kind}" if kind else ""),
        at=cached[-1].exchange,
        path="usage",
        verdict=None if kind else "warning",
        confidence="high" if kind else "low",
        dollars_lost=said - truth if said > truth else None,
    )


def _iterated(calls: Sequence[Call]) -> bool:
    """Whether an answer was made in several billed rounds, of which the counters name the last."""
    return any(
        isinstance(rounds, list) and len(rounds) > 1
        for call in calls
        if call.served
        for rounds in [call.served.usage.get("iterations")]
    )


def _is(said: float, value: float) -> bool:
    """Whether an amount is this value, maybe rounded to its own number of decimals (at least four)."""
    if isclose(said, value, rel_tol=0.001, abs_tol=1e-9):
        return True
    return any(abs(said - value) <= 0.5 * 10**-places * 1.0001 and said == round(said, places) for places in (4, 5, 6))


def _listed(counted: Sequence[Used]) -> str:
    names = ("input", "write_5m", "write_1h", "read", "output")
    sums = [(name, sum(getattr(tokens, name) for tokens in counted)) for name in names]
    return ", ".join(f"{name} {number}" for name, number in sums if number)


def unread(story: Transcript) -> Iterator[Outcome]:
    """R62."""
    seen = story.oracles.usage_read
    calls = [call for call in story.calls if call.ok and call.served is not None and call.served.usage]
    if not calls or (seen is None and not story.oracles.measured):
        return
    yield EXERCISED
    known = (seen or frozenset()) | frozenset(story.oracles.measured)
    if "cost" in known:
        return
    if not known & {"input_tokens", "output_tokens"}:
        yield _unread(calls[-1], "unread", "input_tokens and output_tokens", "no counter of it was read")
    elif any(_cached([call]) for call in calls) and not known & {READ, WRITTEN, "cache_creation"}:
        yield _unread(
            calls[-1], "cache unread", "the cache_* counters", "cached tokens were served and their counters not read"
        )


def _unread(call: Call, kind: str, wanted: str, actual: str) -> Observation:
    return Observation(
        kind=kind,
        expected=f"{wanted} of each answer's usage go into the program's own figures",
        actual=actual,
        at=call.exchange,
        path="usage",
    )
