"""Tool results: every call answered, once, in the right message, in the right place."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, call, keep, reply, result, text, tool
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.tool_pairs import pairs, server_results
from claudemock_contracts.transcript import Call, Part, Transcript, Turn

_SHOWN = 4  # ids named in one message


class _Orphan(NamedTuple):
    """A result without its call, and what the recording says about the id."""

    kind: str
    known: str
    earlier: Call | None
    fix: str | None = None


def _missing(story: Transcript) -> Iterator[Outcome]:
    for pair in pairs(story):
        if not pair.calls:
            continue
        yield EXERCISED
        answered = {part.answers for part in pair.results}
        missing = [part for part in pair.calls if part.id not in answered]
        if not missing:
            continue
        kind = "all" if len(missing) == len(pair.calls) else "some"
        yield Observation(
            kind=f"{kind} missing",
            expected=f"the user turn behind {_of(pair.call, pair.asked)} answers each of its calls ({len(pair.calls)})",
            actual=f"no tool_result for {_named(missing)}; the turn has {len(pair.results)} result(s)",
            at=pair.call.exchange,
            path=pair.call.where(missing[0].message, missing[0].position),
            also=[pair.call.previous.exchange] if pair.call.previous else [],
        )


def _orphan(story: Transcript) -> Iterator[Outcome]:
    for pair in pairs(story):
        if not pair.results:
            continue
        yield EXERCISED
        called = {part.id for part in pair.calls}
        for part in pair.results:
            if part.answers in called:
                continue
            yield _unmatched(story, pair.call, part, "a tool_use of the assistant turn right before it")
    for here, part, known in server_results(story):
        yield EXERCISED
        if not known:
            yield _unmatched(story, here, part, "a server_tool_use before it")


def _unmatched(story: Transcript, call: Call, part: Part, wanted: str) -> Observation:
    orphan = _why_orphan(story, call, part.answers)
    return Observation(
        kind=orphan.kind,
        expected=f"a {part.kind} refers to {wanted}",
        actual=f"there is none for {part.block.get('tool_use_id')!r}: {orphan.known}",
        at=call.exchange,
        path=call.where(part.message, part.position, "tool_use_id"),
        also=[] if orphan.earlier is None else [orphan.earlier.exchange],
        fix=orphan.fix,
    )


def _why_orphan(story: Transcript, here: Call, name: str) -> _Orphan:
    owners = [owner for owner in story.threads.owners("id", name) if owner.number < here.number]
    mine = [owner for owner in owners if owner.root is here.root]
    if mine:
        return _Orphan("dropped", f"{mine[-1].id} served it, and the turn with the call is gone from here", mine[-1])
    if owners:
        fix = "Give every conversation a list of messages of its own."
        return _Orphan("crossed", f"it was served to another conversation, by {owners[-1].id}", owners[-1], fix)
    fix = "Take tool_use_id from the tool_use block that is answered; make no ids up, and keep those of the API."
    return _Orphan("unknown id", "no recorded answer has this id", None, fix)


def _split(story: Transcript) -> Iterator[Outcome]:
    for pair in pairs(story):
        called = {part.id for part in pair.calls}
        mine = [part for part in pair.results if part.answers in called]
        if len(mine) < 2:
            continue
        yield EXERCISED
        messages = sorted({part.message for part in mine})
        if len(messages) == 1:
            continue
        strict = "bedrock" in (pair.call.exchange.host or "")
        refused = "this endpoint refuses that" if strict else "the API merges them, stricter endpoints refuse"
        yield Observation(
            kind="split",
            expected=f"all results of {_of(pair.call, pair.asked)} in one user message",
            actual=f"{len(mine)} results spread over {len(messages)} messages in a row; {refused}",
            at=pair.call.exchange,
            path=pair.call.where(messages[1]),
            verdict="violation" if strict else None,
        )


def _text_first(story: Transcript) -> Iterator[Outcome]:
    for pair in pairs(story):
        if not pair.calls or not pair.results or pair.answer is None:
            continue
        yield EXERCISED
        last = max(index for index, part in enumerate(pair.answer.parts) if part.kind == "tool_result")
        early = [part for part in pair.answer.parts[:last] if part.kind != "tool_result"]
        if early:
            yield Observation(
                kind=f"{early[0].kind or 'unknown block'} first",
                expected="in a turn with tool results, these come first and everything else behind them",
                actual=f"a {early[0].kind} block stands before the last tool_result (documented as an error; not "
                "every endpoint enforces it)",
                at=pair.call.exchange,
                path=pair.call.where(early[0].message, early[0].position),
                confidence="medium",
            )


def _duplicated(story: Transcript) -> Iterator[Outcome]:
    places: dict[tuple[int, str, str], tuple[int, int]] = {}
    for here in story.calls:
        for turn in here.fresh_turns:
            for part in turn.parts:
                name = {"tool_use": part.id, "tool_result": part.answers}.get(part.kind)
                if not name or part.message < here.fresh:
                    continue
                yield EXERCISED
                key = (here.root.number, part.kind, name)
                known = places.get(key)
                if known is not None and (known[0] < here.fresh or known[1] == here.number):
                    yield _twice(here, part, name, known[0])
                else:
                    places[key] = (part.message, here.number)


def _twice(here: Call, part: Part, name: str, first: int) -> Observation:
    field, what = ("id", "id of a tool call") if part.kind == "tool_use" else ("tool_use_id", "call answered")
    return Observation(
        kind=f"{part.kind} twice",
        expected="every tool call has an id of its own and exactly one result",
        actual=f"{name!r} is the {what} for the second time (first in {here.where(first)})",
        at=here.exchange,
        path=here.where(part.message, part.position, field),
    )


def _of(here: Call, turn: Turn) -> str:
    return here.where(turn.first).removesuffix(".content")


def _named(parts: Sequence[Part]) -> str:
    shown = [f"{part.id!r} ({part.block.get('name')})" for part in parts[:_SHOWN]]
    more = len(parts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


_OSLO_AND_ROME = (
    ask("Oslo or Rome?", tools=[tool("get_weather")]),
    reply(call("oslo", "get_weather", city="Oslo"), call("rome", "get_weather", city="Rome")),
)

CONTRACTS = (
    Contract(
        id="R01",
        name="tool-result-missing",
        title="Every tool call is answered by one tool_result in the next user turn",
        family="tools",
        why="The API refuses the request (400), and the conversation cannot go on: every later request fails alike.",
        severity="error",
        evidence="P",
        fix="Build the list of results by going through the tool_use blocks, not the finished tasks; a call that was "
        "not run, or was aborted, gets a result with is_error: true.",
        good=Example(
            "One tool failed, and its call is answered all the same.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "4 °C"), result("rome", "timed out", is_error=True)),
            reply("4 °C in Oslo; Rome did not answer."),
        ),
        bad=Example(
            "One of two calls stays without a result.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
        ),
        judge=_missing,
        threads=("anthropics/claude-code#1237", "Kilo-Org/kilocode#5163", "anomalyco/opencode#27594"),
    ),
    Contract(
        id="R06",
        name="tool-result-orphan",
        title="Every tool_result refers to a tool_use of the assistant turn before it",
        family="tools",
        why="The API refuses the request (400). Mostly a history was cut between a call and its result, so that every "
        "later request fails.",
        severity="error",
        evidence="P",
        fix="Cut the history only where no pair is parted: before a user turn that does not begin with tool_result.",
        good=Example(
            "The history is cut before a user turn of its own.",
            ask("Oslo?", tools=[tool("get_weather")]),
            reply(call("oslo", "get_weather", city="Oslo")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
            ask("And Rome?"),
            keep(lambda history: history[-1:]),
            reply(call("rome", "get_weather", city="Rome")),
            ask(result("rome", "18 °C")),
            reply("18 °C in Rome."),
        ),
        bad=Example(
            "The history is cut between a call and its result.",
            ask("Oslo?", tools=[tool("get_weather")]),
            reply("Let me look at the station.", call("oslo", "get_weather", city="Oslo")),
            keep(lambda history: history[2:]),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
        ),
        judge=_orphan,
        threads=("openclaw/openclaw#4852", "langchain-ai/langchain#31657", "anthropics/claude-code#62577"),
    ),
    Contract(
        id="R10",
        name="tool-results-split",
        title="All results of one assistant turn are in a single user message",
        family="tools",
        why="The API merges them, but the documentation warns that it teaches the model to stop calling tools in "
        "parallel; Bedrock and other compatible endpoints refuse it.",
        severity="warning",
        evidence="P",
        fix="Collect the results of a turn and send one user message with all of them.",
        good=Example(
            "Both results, then the user's own words, in one message.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "4 °C"), result("rome", "18 °C"), text("Hurry up.")),
            reply("Rome is warmer."),
        ),
        bad=Example(
            "One message for each result.",
            *_OSLO_AND_ROME,
            keep(lambda history: [*history, {"role": "user", "content": [result("oslo", "4 °C")]}]),
            ask(result("rome", "18 °C")),
            reply("Rome is warmer."),
        ),
        judge=_split,
        threads=("pydantic/pydantic-ai#741", "agentscope-ai/agentscope#1894", "AstrBotDevs/AstrBot#7875"),
    ),
    Contract(
        id="R30",
        name="text-before-tool-result",
        title="In a turn with tool results, the results come first",
        family="tools",
        why="Documented as an error 400: nothing may stand between the calls and their results.",
        severity="error",
        evidence="P",
        fix="Put texts and images behind the last tool_result of the message, or inside a result.",
        good=Example(
            "The user's words stand behind the results.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "4 °C"), result("rome", "18 °C"), text("In one sentence, please.")),
            reply("Rome is warmer."),
        ),
        bad=Example(
            "The user's words stand before a result.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "4 °C"), text("In one sentence, please."), result("rome", "18 °C")),
            reply("Rome is warmer."),
        ),
        judge=_text_first,
        threads=("QwenLM/qwen-code#8161", "Zoo-Code-Org/Zoo-Code#1705", "langchain-ai/langchain-aws#389"),
    ),
    Contract(
        id="R32",
        name="tool-id-duplicated",
        title="A tool call has an id of its own and one result",
        family="tools",
        why="The API refuses the request (400); mostly a repair step ran too early, or one call was written twice.",
        severity="error",
        evidence="P",
        fix="Keep calls by id, and replace a placeholder result rather than adding the real one to it.",
        good=Example(
            "One result for each call.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "4 °C"), result("rome", "18 °C")),
            reply("Rome is warmer."),
        ),
        bad=Example(
            "A placeholder and the real result for the same call.",
            *_OSLO_AND_ROME,
            ask(result("oslo", "(interrupted)", is_error=True), result("oslo", "4 °C"), result("rome", "18 °C")),
            reply("Rome is warmer."),
        ),
        judge=_duplicated,
        threads=("anthropics/claude-code#20901", "BerriAI/litellm#23510", "trycua/cua#524"),
    ),
)
