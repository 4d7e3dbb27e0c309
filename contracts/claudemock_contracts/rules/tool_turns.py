"""Tool results: their order, batches that stop at a failure, and conversations kept apart."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, keep, new, reply, result, tool
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.tool_pairs import Pair, RunsByCall, called, pairs, runs_by_call, spelled
from claudemock_contracts.transcript import Part, Transcript


def _reordered(story: Transcript) -> Iterator[Outcome]:
    for pair in pairs(story):
        places = {part.id: index for index, part in enumerate(pair.calls)}
        order = [places[part.answers] for part in pair.results if part.answers in places]
        if len(order) < 2 or len(set(order)) != len(order):
            continue
        yield EXERCISED
        if order != sorted(order):
            yield Observation(
                kind="other order",
                expected="results in the order of their calls",
                actual="the results come in the order "
                + ", ".join(str(index + 1) for index in order)
                + " of the calls; every id is right, so the API pairs them correctly",
                at=pair.call.exchange,
                path=pair.call.where(pair.results[0].message),
            )


def _after_failure(story: Transcript) -> Iterator[Outcome]:
    runs = runs_by_call(story.oracles.tools)
    for pair in pairs(story):
        batch = [part for part in pair.calls if part.block.get("toolset_name")]
        if len(batch) < 2:
            continue
        yield EXERCISED
        yield from _run_in_order(pair, batch, runs)
        given = {part.answers: part for part in pair.results}
        failed: Part | None = None
        for part in batch:
            mine = given.get(part.id)
            if mine is None:
                continue
            if failed is not None and mine.block.get("is_error") is not True:
                yield Observation(
                    kind="went on after a failure",
                    expected="actions of a batch run in order and stop at the first that fails; the others are "
                    "answered as skipped, with is_error: true",
                    actual=f"{called(part)} has an ordinary result behind the failed {called(failed)}",
                    at=pair.call.exchange,
                    path=pair.call.where(mine.message, mine.position),
                )
                break
            if mine.block.get("is_error") is True and failed is None:
                failed = part


def _run_in_order(pair: Pair, batch: Sequence[Part], runs: RunsByCall) -> Iterator[Observation]:
    """By the times of watched tools; a call that was made twice with the same input proves nothing."""
    found = [(part, runs.get((str(part.block.get("name")), spelled(part.block.get("input"))), ())) for part in batch]
    alone = [(part, its[0]) for part, its in found if len(its) == 1]
    for (first, one), (second, two) in pairwise(alone):
        before = one.began if one.ended is None else one.ended
        if two.began is not None and before is not None and two.began < before:
            kind, actual = "not one by one", f"{called(second)} began before {called(first)} was over"
        elif one.error is not None:
            failed = f"{called(first)} had failed: {fragment(one.error)}"
            kind, actual = "run after a failure", f"{called(second)} was run although {failed}"
        else:
            continue
        yield Observation(
            kind=kind,
            expected="actions of a batch run one by one in the order of their blocks, up to the first that fails",
            actual=actual,
            at=pair.call.exchange,
            path=pair.call.where(second.message, second.position),
        )
        return


def _crossed(story: Transcript) -> Iterator[Outcome]:
    for here in story.calls:
        if here.previous is None:
            continue
        told = False
        for turn in here.fresh_turns:
            for part in turn.parts:
                trace = _trace(part) if part.message >= here.fresh else None
                if trace is None:
                    continue
                kind, value, field = trace
                owners = [owner for owner in story.threads.owners(kind, value) if owner.number < here.number]
                if not told and owners:
                    told = True
                    yield EXERCISED
                if owners and all(owner.root is not here.root for owner in owners):
                    yield Observation(
                        kind=field,
                        expected="a request holds only what its own conversation was served",
                        actual=f"the {field} {fragment(value, 40)} was served to another one, by {owners[-1].id}",
                        at=here.exchange,
                        path=here.where(part.message, part.position, field),
                        also=[owners[-1].exchange, here.root.exchange],
                    )


def _trace(part: Part) -> tuple[str, str, str] | None:
    """What in a block can only come from one answer: how it is known, its value, its field."""
    name = {"tool_use": "id", "tool_result": "tool_use_id", "thinking": "signature"}.get(part.kind)
    value = None if name is None else part.block.get(name)
    if name is None or not isinstance(value, str) or not value:
        return None
    return ("signature" if name == "signature" else "id"), value, name


_BOTH = (
    ask("Oslo or Rome?", tools=[tool("get_weather")]),
    reply(call("oslo", "get_weather", city="Oslo"), call("rome", "get_weather", city="Rome")),
)
_CLICKS = (
    ask("Log in.", tools=[{"type": "computer_toolset_20260801"}]),
    reply(
        {**call("one", "left_click", x=1, y=2), "toolset_name": "computer"},
        {**call("two", "type", text="me"), "toolset_name": "computer"},
    ),
)
_MEMBER = {"toolset_name": "computer"}
_FAILED = result("one", "no such point", is_error=True, **_MEMBER)

CONTRACTS = (
    Contract(
        id="R67",
        name="toolset-batch-order",
        title="A batch of computer or browser actions stops at the first that fails",
        family="tools",
        why="The actions behind it were planned for a screen that never came; running them clicks on something else.",
        severity="error",
        evidence="A",
        fix="Run the actions one by one in the order of their blocks; after a failure answer the others as skipped, "
        "with is_error: true.",
        good=Example(
            "The second action is answered as skipped.",
            *_CLICKS,
            ask(_FAILED, result("two", "Skipped.", is_error=True, **_MEMBER)),
            reply("I could not click."),
        ),
        bad=Example(
            "The second action ran although the first failed.",
            *_CLICKS,
            ask(_FAILED, result("two", "typed", **_MEMBER)),
            reply("Typed."),
        ),
        judge=_after_failure,
    ),
    Contract(
        id="R68",
        name="conversation-crossed",
        title="A request holds nothing that was served to another conversation",
        family="tools",
        why="Users see each other's data, and the model answers a mixture; mostly one list of messages is shared.",
        severity="error",
        evidence="P",
        fix="Give every conversation a list of messages of its own: no default argument, no class or module variable.",
        good=Example(
            "Two conversations, each with its own history.",
            ask("Oslo?", tools=[tool("get_weather")]),
            reply(call("oslo", "get_weather", city="Oslo")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
            new(),
            ask("Rome?"),
            reply(call("rome", "get_weather", city="Rome")),
            ask(result("rome", "18 °C")),
            reply("18 °C in Rome."),
        ),
        bad=Example(
            "The second conversation's history begins to hold the first one's calls.",
            ask("Oslo?", tools=[tool("get_weather")]),
            reply(call("oslo", "get_weather", city="Oslo")),
            new(),
            ask("Rome?"),
            reply(call("rome", "get_weather", city="Rome")),
            keep(
                lambda history: [
                    history[0],
                    {"role": "assistant", "content": [call("oslo", "get_weather", city="Oslo")]},
                    {"role": "user", "content": [result("oslo", "4 °C")]},
                    *history[1:],
                ]
            ),
            ask(result("rome", "18 °C")),
            reply("4 °C and 18 °C."),
        ),
        judge=_crossed,
        threads=("Hmbown/Codewhale#6119",),
    ),
    Contract(
        id="R69",
        name="tool-result-order",
        title="Results stand in the order of their calls",
        family="tools",
        why="The API pairs by id, so it works; but whoever reads by position mispairs them (bridges to other providers "
        "do), and an order that depends on timing makes prompts differ from run to run.",
        severity="warning",
        evidence="P",
        fix="Go through the calls in their order when building the results; await all, then collect.",
        good=Example(
            "The order of the calls.",
            *_BOTH,
            ask(result("oslo", "4 °C"), result("rome", "18 °C")),
            reply("Rome is warmer."),
        ),
        bad=Example(
            "The order in which the tools finished.",
            *_BOTH,
            ask(result("rome", "18 °C"), result("oslo", "4 °C")),
            reply("Rome is warmer."),
        ),
        judge=_reordered,
        threads=("can1357/oh-my-pi#11179",),
    ),
)
