"""Judging agent loops that get nowhere (R23)."""

from collections.abc import Iterator, Sequence

from claudemock.money import money
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, Verdict
from claudemock_contracts.rules.billing import dollars, used
from claudemock_contracts.rules.following import followers
from claudemock_contracts.rules.tool_pairs import called, spelled
from claudemock_contracts.transcript import Call, Part, Transcript

_BOUND = 50
_STUCK = 6  # calls in a row without anything new
_LATE = 20
_KINDS = 2  # different ones among them: two tools in turns are one loop


def runaway(story: Transcript) -> Iterator[Outcome]:
    """R23."""
    bound = story.oracles.max_requests or _BOUND
    for lineage in story.lineages:
        runs = _runs(lineage.calls)
        for run in runs:
            yield from _judged(story, run, bound)
        if story.oracles.max_dollars is not None:
            yield from _over_budget(lineage.calls, story.oracles.max_dollars)
        if story.oracles.max_requests is None or len(lineage.calls) < _STUCK:
            continue
        yield EXERCISED
        if len(lineage.calls) > bound and all(len(run) <= bound for run in runs):
            yield _too_many(lineage.calls, bound, "one conversation")


def _runs(calls: Sequence[Call]) -> list[list[Call]]:
    """The stretches of a conversation in which the model asks for the same again and again."""
    runs: list[list[Call]] = [[]]
    for call in calls:
        if runs[-1] and not _more_of_it(runs[-1], call):
            runs.append([])
        if _tool_loop(call):
            runs[-1].append(call)
    return runs


def _over_budget(calls: Sequence[Call], most: float) -> Iterator[Outcome]:
    """The request that was sent although the conversation had cost as much as it may."""
    spent = 0.0
    for call in calls:
        if spent >= most:
            yield Observation(
                kind="over budget",
                expected=f"a conversation stops when it has cost {money(most)}",
                actual=f"{money(spent)} were spent when this request was sent",
                at=call.exchange,
                also=[calls[0].exchange],
                dollars_lost=_paid(calls[calls.index(call) :]),
            )
            return
        spent += dollars(call) or 0.0
    if spent:
        yield EXERCISED


def _tool_loop(call: Call) -> bool:
    return call.ok and call.served is not None and bool(call.served.tool_ids)


def _more_of_it(run: Sequence[Call], call: Call) -> bool:
    """Whether a call goes on with the run: the tools it asks for were asked for just so, or its results all failed."""
    if not _tool_loop(call):
        return call.failed  # an attempt that failed ends nothing
    kinds = {_wanted(each) for each in (*run[-2 * _KINDS :], call)}
    return len(kinds) <= _KINDS or _all_failed(call)


def _wanted(call: Call) -> tuple[tuple[str, str], ...]:
    blocks = call.served.blocks("tool_use") if call.served else []
    return tuple((str(block.get("name")), spelled(block.get("input"))) for block in blocks)


def _all_failed(call: Call) -> bool:
    results = [part for turn in call.fresh_turns[-1:] for part in turn.of("tool_result")]
    return bool(results) and all(part.block.get("is_error") is True for part in results)


def _judged(story: Transcript, run: Sequence[Call], bound: int) -> Iterator[Outcome]:
    """What to say of a run of calls that repeat one another."""
    told = story.oracles
    if len(run) < _STUCK:
        return
    if len(run) > bound:
        yield EXERCISED
        stuck = told.max_requests is not None or _same_results(run) or all(map(_all_failed, run[1:]))
        yield _too_many(run, bound, _what(run), None if stuck else "warning")
        return
    last = run[-1]
    stopped = told.complete or told.outcomes or last is not story.calls[-1]
    if not stopped:
        yield Observation(
            kind="not observable",
            expected=f"a loop that gets nowhere ends within {bound} requests",
            actual=f"{len(run)} requests for {_what(run)}; nothing shows whether the program stopped or the test did",
            at=last.exchange,
            verdict="inconclusive",
        )
        return
    yield EXERCISED
    if len(run) <= _LATE or followers(story, last) or not _same_results(run):
        return
    yield Observation(
        kind="late stop",
        expected="a loop notices that it gets nowhere",
        actual=f"the loop ended after {len(run)} requests for {_what(run)}, each with the same result",
        at=last.exchange,
        also=[run[0].exchange],
        verdict="note",
        dollars_lost=_paid(run[_LATE:]),
    )


def _too_many(run: Sequence[Call], bound: int, what: str, verdict: Verdict | None = None) -> Observation:
    over = run[bound:]
    return Observation(
        kind="no bound",
        expected=f"a hard bound on iterations, tokens or money, here {bound} requests",
        actual=f"{len(run)} requests for {what}",
        at=over[0].exchange,
        also=[run[0].exchange, run[-1].exchange],
        verdict=verdict,
        tokens_lost=sum(
            used(call.served.usage).prompt + used(call.served.usage).output for call in over if call.served
        ),
        dollars_lost=_paid(over),
    )


def _paid(calls: Sequence[Call]) -> float | None:
    costs = [cost for cost in map(dollars, calls) if cost is not None]
    return sum(costs) if costs else None


def _same_results(run: Sequence[Call]) -> bool:
    """Whether the tools said the same each time: a job that is waited for says something else in the end."""
    said = {tuple(spelled(part.block.get("content")) for part in _results(call)) for call in run[1:]}
    return len(said) <= _KINDS


def _results(call: Call) -> list[Part]:
    return [part for turn in call.fresh_turns[-1:] for part in turn.of("tool_result")]


def _what(run: Sequence[Call]) -> str:
    kinds = dict.fromkeys(
        called(Part(block, 0, index))
        for call in run
        for index, block in enumerate(call.served.blocks("tool_use") if call.served else [])
    )
    shown = list(kinds)[:_KINDS]
    return " and ".join(shown) + (f" and {len(kinds) - len(shown)} more" if len(kinds) > len(shown) else "")
