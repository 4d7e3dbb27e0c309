"""Tool results: the right one for each call, and failures told as failures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, reply, result, tool
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.oracles import Oracles, ToolRun
from claudemock_contracts.rules.tool_pairs import Pair, RunsByCall, called, pairs, runs_by_call, spelled
from claudemock_contracts.transcript import Part, Transcript

_TELLING = 3  # fewest characters of a value that can tell two calls apart
_FAILURES = ("Error", "Traceback (most recent call last)", "Exception", '{"error":', '{"error" :')


def _misattributed(story: Transcript) -> Iterator[Outcome]:
    runs = runs_by_call(story.oracles.tools)
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
    results: dict[str, list[Part]] = {}
    for part in pair.results:
        results.setdefault(part.answers, []).append(part)
    found = [(part, results.get(part.id, [])) for part in pair.calls]
    return [(part, mine[0]) for part, mine in found if len(mine) == 1]


def _against_runs(pair: Pair, answered: Sequence[tuple[Part, Part]], runs: RunsByCall) -> Iterator[Outcome]:
    """What watched tools returned, against what their calls were answered with."""
    outputs: list[set[str]] = []
    for asked, _ in answered:
        mine = runs.get((str(asked.block.get("name")), spelled(asked.block.get("input"))), ())
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
    inputs crosswise does, and the very same result under both calls is worth a warning.
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
    yield from _copied(pair, answered, crossed)
    # Closed: each of these calls has its own result under another one. What only leads from one input to the next (a
    # successor, an answer that is a name and no more) is no mix-up.
    bare = any(text_of(answered[index][1]).strip().casefold() in telling[other] for index, other in crossed.items())
    if len(crossed) < 2 or set(crossed.values()) != set(crossed) or bare:
        return
    for index, other in crossed.items():
        asked, given = answered[index]
        yield _swapped(pair, asked, given, answered[other][0], "the inputs the results repeat", "medium")


def _copied(pair: Pair, answered: Sequence[tuple[Part, Part]], crossed: Mapping[int, int]) -> Iterator[Outcome]:
    """One result given to two calls of one tool, although it repeats the input of only one of them."""
    for index, other in crossed.items():
        (asked, given), (owner, its) = answered[index], answered[other]
        if (
            asked.block.get("name") == owner.block.get("name")
            and text_of(given) == text_of(its)
            and other not in crossed
        ):
            yield Observation(
                kind="copied",
                expected=f"the result under {asked.id!r} is that of {called(asked)}",
                actual=f"it is the same as that of {called(owner)}, and repeats its input: {fragment(text_of(given))}",
                at=pair.call.exchange,
                path=pair.call.where(given.message, given.position),
                verdict="warning",
                confidence="medium",
            )


def _swapped(pair: Pair, asked: Part, given: Part, other: Part, known_by: str, confidence: Any) -> Observation:
    mine, its = called(asked), called(other)
    return Observation(
        kind="swapped",
        expected=f"the result under {asked.id!r} is that of {mine}",
        actual=f"it is that of {its} ({known_by}): {fragment(text_of(given))}",
        at=pair.call.exchange,
        path=pair.call.where(given.message, given.position),
        confidence=confidence,
    )


def _unflagged(story: Transcript) -> Iterator[Outcome]:
    runs = runs_by_call(story.oracles.tools)
    for pair in pairs(story):
        asked = {part.id: part for part in pair.calls}
        for given in pair.results:
            mine = asked.get(given.answers)
            said = text_of(given)
            ran = () if mine is None else runs.get((str(mine.block.get("name")), spelled(mine.block.get("input"))), ())
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
        yield spelled(run.output)


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
)
