"""Advice on cost, from many calls of one kind (R54, R61, R63)."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from claudemock.money import money
from claudemock.prompt.segments import listed
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.asked import inner
from claudemock_contracts.rules.billing import OUTPUT, count, dollars, small_models, used
from claudemock_contracts.rules.following import followers
from claudemock_contracts.rules.tool_pairs import spelled
from claudemock_contracts.transcript import Call, Transcript, parts_of

_ENOUGH = 20  # calls of one kind
_SPAN = 60.0  # seconds
_PAUSE = 600.0  # seconds; behind a longer one another run begins
_LOOSE, _LARGE = 0.05, 4096
_OFTEN = 0.05
_BY_DESIGN = 16  # max_tokens so small that the end is meant to be cut
_SHORT_ANSWER, _SHORT_PROMPT = 50, 4000
_FRONTIER = frozenset({"opus", "fable", "mythos"})
_TELLING = 12  # characters of an answer by which it is known in a later prompt


def families(story: Transcript) -> Mapping[Hashable, Sequence[Call]]:
    """Calls of one kind: same model, system prompt and tools. Ask for it with `story.once`."""
    found: dict[Hashable, list[Call]] = {}
    for call in story.calls:
        tools = call.body.get("tools")
        names = tuple(str(each.get("name")) for each in listed(tools) if isinstance(each, dict))
        found.setdefault((call.model_name, spelled(call.body.get("system")), names), []).append(call)
    return found


def batchable(story: Transcript) -> Iterator[Outcome]:
    """R54."""
    if any(batch.created is not None and not batch.created.failed for batch in story.batches.by_id.values()):
        yield EXERCISED
    for calls in story.once(families).values():
        alone = [call for call in calls if _one_shot(story, call)]
        if len(alone) < _ENOUGH or len(alone) < len(calls) or not calls[0].model.batch:
            continue
        if _between(story, alone) or _depend(alone):
            continue
        span = _span(alone)
        if not story.oracles.offline and (span is None or span <= _SPAN):
            continue
        yield EXERCISED
        costs = [cost for cost in map(dollars, alone) if cost is not None]
        half = sum(costs) * (1 - story.prompts.catalog.price_factors["batch"].value) if costs else None
        during = f" within {span:.0f} s" if span is not None else ""
        yield Observation(
            kind="one by one",
            expected="calls nobody waits for go into a message batch, at half the price",
            actual=f"{len(alone)} single calls of one kind{during}"
            + (f"; a batch would have saved {money(half)}" if half else ""),
            at=alone[-1].exchange,
            also=[alone[0].exchange],
            dollars_lost=half,
            confidence="low",
        )


def _one_shot(story: Transcript, call: Call) -> bool:
    """A question, an answer, and no more."""
    whole = call.ok and call.served is not None and not call.served.streamed and not call.served.tool_ids
    return whole and len(call.messages) == 1 and not followers(story, call) and "thread" not in call.body


def _between(story: Transcript, calls: Sequence[Call]) -> bool:
    """Whether the program did something else with the API meanwhile."""
    mine = {call.id for call in calls}
    order = [exchange.id for exchange in story.exchanges]
    first, last = order.index(calls[0].id), order.index(calls[-1].id)
    return any(name not in mine and story.call(name) is not None for name in order[first:last])


def _depend(calls: Sequence[Call]) -> bool:
    """Whether a question quotes the answer before it."""
    said = ""
    for call in calls:
        prompt = "".join(str(part.block.get("text") or "") for part in parts_of(call.messages[0], 0))
        if said and said in prompt:
            return True
        text = call.served.text.strip() if call.served else ""
        said = text if len(text) >= _TELLING else ""
    return False


def _span(calls: Sequence[Call]) -> float | None:
    """Seconds from the first to the last; None if they are not known, or show that it was not one run."""
    times = [call.exchange.started for call in calls if call.exchange.started is not None]
    if len(times) < len(calls) or any(two - one > _PAUSE for one, two in pairwise(times)):
        return None
    return times[-1] - times[0]


def max_tokens(story: Transcript) -> Iterator[Outcome]:
    """R61."""
    for family in story.once(families).values():
        groups: dict[int, list[Call]] = {}
        for call in family:
            most = call.body.get("max_tokens")
            if isinstance(most, int) and most > _BY_DESIGN and call.ok:
                groups.setdefault(most, []).append(call)
        for most, calls in groups.items():
            if len(calls) < _ENOUGH:
                continue
            yield EXERCISED
            yield from _fitting(most, calls)


def _fitting(most: int, calls: Sequence[Call]) -> Iterator[Observation]:
    cut = [call for call in calls if call.served and call.served.stop_reason == "max_tokens"]
    usual = _p95([_output(call) for call in calls])
    if len(cut) > _OFTEN * len(calls):
        yield Observation(
            kind="too tight",
            expected="a max_tokens that nearly all answers of this kind fit in",
            actual=f"{len(cut)} of {len(calls)} answers stopped at max_tokens {most}; each has to be asked for again",
            at=cut[-1].exchange,
            path="max_tokens",
            also=[call.exchange for call in cut[:-1]],
            verdict="warning",
            tokens_lost=sum(_output(call) for call in cut),
        )
    elif most > _LARGE and usual < _LOOSE * most:
        yield Observation(
            kind="too loose",
            expected="a max_tokens near what answers of this kind need; it is the brake on one that runs away",
            actual=f"max_tokens {most}, and 95 % of {len(calls)} answers have at most {usual} tokens",
            at=calls[-1].exchange,
            path="max_tokens",
        )


def oversized(story: Transcript) -> Iterator[Outcome]:
    """R63."""
    for calls in story.once(families).values():
        model = calls[0].model
        if model.line not in _FRONTIER or not calls[0].model_known or not all(map(_simple, calls)):
            continue
        if len(calls) < _ENOUGH:
            continue
        yield EXERCISED
        answers = {call.served.text.strip() for call in calls if call.served}
        most = _p95([_output(call) for call in calls])
        if len(answers) > min(_ENOUGH, len(calls) // 2) or most > _SHORT_ANSWER:
            continue
        small = next((each for each in small_models(calls[0]) if each.price(_SHORT_PROMPT)), None)
        mine, its = model.price(_SHORT_PROMPT), small.price(_SHORT_PROMPT) if small else None
        if small is None or mine is None or its is None or mine.input <= its.input:
            continue
        yield Observation(
            kind="simple work",
            expected=f"a small model, if an evaluation says it is as good: {small.id}",
            actual=f"{len(calls)} calls of {model.id} gave {len(answers)} different answers of at most {most} tokens; "
            f"input costs {mine.input / its.input:.0f} times as much (prices of {story.prompts.catalog.as_of})",
            at=calls[-1].exchange,
            path="model",
            confidence="low",
        )


def _simple(call: Call) -> bool:
    """A short prompt, no tools, no thinking, a whole answer."""
    if not call.ok or call.served is None or call.body.get("tools") or call.previous is not None:
        return False
    if inner(call.body, "thinking").get("type") in ("enabled", "adaptive") or call.served.blocks("thinking"):
        return False
    return bool(call.served.text.strip()) and used(call.served.usage).prompt <= _SHORT_PROMPT


def _output(call: Call) -> int:
    return count(call.served.usage, OUTPUT) if call.served else 0


def _p95(values: Sequence[int]) -> Any:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
