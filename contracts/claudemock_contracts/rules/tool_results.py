"""Tool results: the right one for each call, in a good order, errors told as errors, conversations kept apart."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, keep, new, reply, result, tool
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.oracles import Oracles, ToolRun
from claudemock_contracts.rules.tool_pairs import Pair, pairs
from claudemock_contracts.transcript import Part, Transcript

_TELLING = 3  # fewest characters of a value that can tell two calls apart
_FAILURES = ("Error", "Traceback (most recent call last)", "Exception", '{"error":', '{"error" :')


def _misattributed(story: Transcript) -> Iterator[Outcome]:
    runs = _runs(story.oracles.tools)
    for pair in pairs(story):
        answered = _answered(pair)
        if len(answered) < 2:
            continue
        if runs:
            yield from _against_runs(pair, answered, runs)
        else:
            yield from _against_inputs(pair, answered)


def _answered(pair: Pair) -> list[tuple[Part, Part]]:
    """The calls that have exactly one result, each with it."""
    results: dict[object, list[Part]] = {}
    for part in pair.results:
        results.setdefault(part.block.get("tool_use_id"), []).append(part)
    found = [(part, results.get(part.block["id"], [])) for part in pair.calls]
    return [(part, mine[0]) for part, mine in found if len(mine) == 1]


def _runs(tools: Sequence[ToolRun]) -> dict[tuple[str, str], list[ToolRun]]:
    found: dict[tuple[str, str], list[ToolRun]] = {}
    for run in tools:
        found.setdefault((run.name, _spelled(run.input)), []).append(run)
    return found


def _against_runs(
    pair: Pair, answered: Sequence[tuple[Part, Part]], runs: Mapping[tuple[str, str], Sequence[ToolRun]]
) -> Iterator[Outcome]:
    """What watched tools returned, against what their calls were answered with."""
    outputs: list[set[str]] = []
    for asked, _ in answered:
        mine = runs.get((str(asked.block.get("name")), _spelled(asked.block.get("input"))), ())
        outputs.append({shown for run in mine for shown in _shown(run)})
    if any(outputs):
        yield EXERCISED
    for index, (asked, given) in enumerate(answered):
        said = text_of(given)
        if not outputs[index] or _says(said, outputs[index]):
            continue
        others = [other for other, its in enumerate(outputs) if other != index and its and _says(said, its)]
        if others:
            yield _swapped(pair, asked, given, answered[others[0]][0], "what the watched tools returned", "high")


def _against_inputs(pair: Pair, answered: Sequence[tuple[Part, Part]]) -> Iterator[Outcome]:
    """Without watched tools: a result that repeats what only another call's input holds, and not its own.

    One such result proves little (an answer about Oslo may mention Rome); a turn whose results name each other's
    inputs crosswise does.
    """
    words = [_leaves(asked.block.get("input")) for asked, _ in answered]
    telling = [
        mine - set().union(*(its for other, its in enumerate(words) if other != i)) for i, mine in enumerate(words)
    ]
    named = []
    for _, given in answered:
        said = text_of(given).casefold()
        named.append([index for index, mine in enumerate(telling) if any(word in said for word in mine)])
    if not any(named):
        return
    yield EXERCISED
    crossed = {index: found[0] for index, found in enumerate(named) if len(found) == 1 and found[0] != index}
    if len(crossed) < 2 or len(set(crossed.values())) != len(crossed):
        return
    for index, other in crossed.items():
        asked, given = answered[index]
        yield _swapped(pair, asked, given, answered[other][0], "the inputs the results repeat", "medium")


def _swapped(pair: Pair, asked: Part, given: Part, other: Part, known_by: str, confidence: Any) -> Observation:
    mine, its = _called(asked), _called(other)
    return Observation(
        kind="swapped",
        expected=f"the result under {asked.block['id']!r} is that of {mine}",
        actual=f"it is that of {its} ({known_by}): {fragment(text_of(given))}",
        at=pair.call.exchange,
        path=pair.call.where(given.message, given.position),
        confidence=confidence,
    )


def _unflagged(story: Transcript) -> Iterator[Outcome]:
    runs = _runs(story.oracles.tools)
    for pair in pairs(story):
        asked = {part.block["id"]: part for part in pair.calls}
        for given in pair.results:
            mine = asked.get(given.block.get("tool_use_id"))
            said = text_of(given)
            ran = () if mine is None else runs.get((str(mine.block.get("name")), _spelled(mine.block.get("input"))), ())
            raised = bool(ran) and all(run.error is not None for run in ran)
            if not raised and not said.lstrip().startswith(_FAILURES):
                continue
            yield EXERCISED
            if given.block.get("is_error") is True or (ran and not raised):
                continue
            yield Observation(
                kind="raised" if raised else "looks like an error",
                expected="the result of a tool that failed has is_error: true",
                actual=f"the tool {'raised' if raised else 'seems to have failed'}: {fragment(said)}, without is_error",
                at=pair.call.exchange,
                path=pair.call.where(given.message, given.position),
                verdict=None if raised else "note",
                confidence="high" if raised else "low",
            )


def _reordered(story: Transcript) -> Iterator[Outcome]:
    for pair in pairs(story):
        places = {part.block["id"]: index for index, part in enumerate(pair.calls)}
        order = [
            places[part.block.get("tool_use_id")] for part in pair.results if part.block.get("tool_use_id") in places
        ]
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
    for pair in pairs(story):
        batch = [part for part in pair.calls if part.block.get("toolset_name")]
        if len(batch) < 2:
            continue
        yield EXERCISED
        given = {part.block.get("tool_use_id"): part for part in pair.results}
        failed: Part | None = None
        for part in batch:
            mine = given.get(part.block["id"])
            if mine is None:
                continue
            if failed is not None and mine.block.get("is_error") is not True:
                yield Observation(
                    kind="went on after a failure",
                    expected="actions of a batch run in order and stop at the first that fails; the others are "
                    "answered as skipped, with is_error: true",
                    actual=f"{_called(part)} has an ordinary result behind the failed {_called(failed)}",
                    at=pair.call.exchange,
                    path=pair.call.where(mine.message, mine.position),
                )
                break
            if mine.block.get("is_error") is True and failed is None:
                failed = part


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


def text_of(part: Part) -> str:
    """The text of a tool result, whether its content is a string or blocks."""
    content = part.block.get("content")
    if isinstance(content, list):
        return "\n".join(str(block.get("text") or "") for block in content if isinstance(block, dict))
    return content if isinstance(content, str) else ""


def _shown(run: ToolRun) -> Iterator[str]:
    """The ways in which a program may have written down what a tool returned."""
    if run.error is not None:
        yield run.error
    elif isinstance(run.output, str):
        yield run.output
    elif run.output is not None:
        yield str(run.output)
        yield _spelled(run.output)


def _says(said: str, outputs: set[str]) -> bool:
    squeezed = "".join(said.split())
    return any("".join(output.split()) in squeezed for output in outputs if output)


def _leaves(value: object) -> set[str]:
    """The texts and numbers in an input that are long enough to be recognised."""
    if isinstance(value, Mapping):
        return set().union(*map(_leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(_leaves, value))
    shown = str(value).casefold() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return {shown} if len(shown) >= _TELLING else set()


def _spelled(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def _called(part: Part) -> str:
    given = _spelled(part.block.get("input"))
    return f"{part.block.get('name')}({given if len(given) <= 50 else given[:49] + '…'})"


_BOTH = (
    ask("Oslo or Rome?", tools=[tool("get_weather")]),
    reply(call("oslo", "get_weather", city="Oslo"), call("rome", "get_weather", city="Rome")),
)
_WATCHED = Oracles(
    tools=(
        ToolRun(name="get_weather", input={"city": "Oslo"}, output="4 °C"),
        ToolRun(name="get_weather", input={"city": "Rome"}, output="18 °C"),
    )
)
_FAILED = Oracles(tools=(ToolRun(name="get_weather", input={"city": "Oslo"}, error="station 17 is offline"),))
_CLICKS = (
    ask("Log in.", tools=[{"type": "computer_toolset_20260801"}]),
    reply(
        {**call("one", "left_click", x=1, y=2), "toolset_name": "computer"},
        {**call("two", "type", text="me"), "toolset_name": "computer"},
    ),
)

CONTRACTS = (
    Contract(
        id="R21",
        name="tool-result-misattributed",
        title="Results are paired with calls by tool_use_id, never by position",
        family="tools",
        why="The request is valid, so nobody notices: the model reasons with the wrong facts.",
        severity="error",
        evidence="A+O",
        fix="Make each result from the block of its call (id and input together), whatever finishes first; do not zip "
        "a list of outputs with a list of ids.",
        good=Example(
            "Rome's tool finished first, and its result still has Rome's id.",
            *_BOTH,
            ask(result("rome", "18 °C"), result("oslo", "4 °C")),
            reply("Rome is warmer."),
            oracles=_WATCHED,
        ),
        bad=Example(
            "Outputs in the order of finishing, ids in the order of asking.",
            *_BOTH,
            ask(result("oslo", "18 °C"), result("rome", "4 °C")),
            reply("Oslo is warmer."),
            oracles=_WATCHED,
        ),
        judge=_misattributed,
        threads=("can1357/oh-my-pi#11179", "router-for-me/CLIProxyAPI#5199", "huggingface/trl#5446"),
    ),
    Contract(
        id="R31",
        name="tool-error-flag-lost",
        title="The result of a tool that failed says so with is_error",
        family="tools",
        why="Without the flag the model takes the error's text for the tool's answer.",
        severity="warning",
        evidence="P+O",
        fix="Set is_error: true where the tool raised, and say in the content what went wrong.",
        good=Example(
            "The failure is told as one.",
            ask("Oslo?", tools=[tool("get_weather")]),
            reply(call("oslo", "get_weather", city="Oslo")),
            ask(result("oslo", "Error: station 17 is offline", is_error=True)),
            reply("The station does not answer."),
            oracles=_FAILED,
        ),
        bad=Example(
            "The failure is told as an answer.",
            ask("Oslo?", tools=[tool("get_weather")]),
            reply(call("oslo", "get_weather", city="Oslo")),
            ask(result("oslo", "station 17 is offline")),
            reply("Station 17 it is."),
            oracles=_FAILED,
        ),
        judge=_unflagged,
        threads=("maximhq/bifrost#5450", "langchain4j/langchain4j#4481", "JetBrains/koog#1700"),
    ),
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
            ask(result("one", "no such point", is_error=True), result("two", "Skipped.", is_error=True)),
            reply("I could not click."),
        ),
        bad=Example(
            "The second action ran although the first failed.",
            *_CLICKS,
            ask(result("one", "no such point", is_error=True), result("two", "typed")),
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
