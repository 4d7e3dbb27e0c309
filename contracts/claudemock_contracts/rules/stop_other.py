"""Answers that paused, and answers that declined."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.failures import settled
from claudemock_contracts.rules.following import elsewhere, followers, soon_after
from claudemock_contracts.rules.kept import kept, raised, returned, returned_as
from claudemock_contracts.transcript import Call, Transcript, Turn, kind_of, named

_VERSIONED = re.compile(r"_\d{8}$")
_CLIENT_SIDE = re.compile(r"^(?:bash|text_editor|computer|memory|custom)(?:_|$)")
_REPEATS = 2


def pause_dropped(story: Transcript) -> Iterator[Outcome]:
    """R27."""
    paused = [call for call in story.calls if _paused(call)]
    if not paused:
        return
    resumed = _resumptions(story, paused)
    for call in paused:
        later = resumed.get(call.number)
        if later is None:
            yield from _never_resumed(story, call)
            continue
        yield EXERCISED
        yield from _badly_resumed(story, call, later)


def _paused(call: Call) -> bool:
    """Whether a turn with server tools paused; without such a tool nobody has to expect it."""
    if not call.ok or call.served is None or call.served.stop_reason != "pause_turn":
        return False
    tools = call.body.get("tools")
    declared = any(_by_server(tool) for tool in tools if isinstance(tool, dict)) if isinstance(tools, list) else False
    return declared or bool(call.body.get("mcp_servers")) or any(_unfinished(call.served.content))


def _by_server(tool: Mapping[str, Any]) -> bool:
    kind = kind_of(tool)
    return bool(_VERSIONED.search(kind)) and not _CLIENT_SIDE.match(kind)


def _unfinished(content: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Server tool calls whose result is not there yet."""
    done = {named(block, "tool_use_id") for block in content}
    for block in content:
        if kind_of(block) in ("server_tool_use", "mcp_tool_use") and named(block, "id") not in done:
            yield block


def _resumptions(story: Transcript, paused: Sequence[Call]) -> dict[int, Call]:
    """For each of them the call that goes on from it: by its ids or texts, or by its place behind the same messages."""
    found = {call.number: following[0] for call in paused if (following := followers(story, call))}
    for call in paused:
        size = len(call.messages)
        for later in story.calls[call.number + 1 :] if call.number not in found else ():
            if len(later.messages) > size and list(later.messages[:size]) == list(call.messages):
                found[call.number] = later
                break
    return found


def _never_resumed(story: Transcript, call: Call) -> Iterator[Outcome]:
    expected = "one more request that ends with the assistant content as it came"
    if raised(story) is not None:
        yield EXERCISED
    elif settled(story, call.exchange):
        yield EXERCISED
        yield Observation(
            kind="not resumed",
            expected=expected,
            actual="the answer stopped with pause_turn, and no request goes on from it",
            at=call.exchange,
        )
    else:
        yield Observation(
            kind="recording ends",
            expected=expected,
            actual="the answer stopped with pause_turn; the recording ends before the turn could have gone on",
            at=call.exchange,
            verdict="inconclusive",
        )


def _badly_resumed(story: Transcript, call: Call, later: Call) -> Iterator[Outcome]:
    size = len(call.messages)
    if later.offset > size or call.served is None:
        return  # a thread: the server keeps the content itself
    turns: list[Turn] = [turn for turn in later.turns if turn.last >= size]
    mine = next((turn for turn in turns if turn.role == "assistant"), None)
    behind = next((turn for turn in turns if mine and turn.role == "user" and turn.first > mine.last), None)
    if mine is not None:
        sent = [part.block for part in mine.parts if part.message >= size]
        yield from _changed(story, call, later, mine, sent)
    words = [part for part in behind.parts if part.kind != "tool_result"] if behind else []
    if words:
        yield Observation(
            kind="words added",
            expected="the request ends with the paused assistant turn",
            actual=f"a {words[0].kind} block follows it: {fragment(words[0].block.get('text', ''))}",
            at=later.exchange,
            path=later.where(words[0].message, words[0].position),
            also=[call.exchange],
        )


def _changed(
    story: Transcript, call: Call, later: Call, turn: Turn, sent: Sequence[Mapping[str, Any]]
) -> Iterator[Outcome]:
    content = call.served.content if call.served else ()
    one = {"role": "assistant", "content": list(content)}
    if story.prompts.same(one, {"role": "assistant", "content": list(sent)}):
        return
    kinds, mine = [kind_of(block) for block in content], [kind_of(block) for block in sent]
    lost = [kind for kind in dict.fromkeys(kinds) if mine.count(kind) < kinds.count(kind)]
    yield Observation(
        kind="blocks dropped" if lost else "content changed",
        expected=f"the content as it came: {', '.join(kinds)}",
        actual=f"{', '.join(mine) or 'nothing'}" + ("" if lost else ", with another content"),
        at=later.exchange,
        path=later.where(turn.first),
        also=[call.exchange],
        verdict=None if lost else "warning",
    )


def refusal_ignored(story: Transcript) -> Iterator[Outcome]:
    """R28."""
    declined = [call for call in story.calls if call.ok and call.served and call.served.stop_reason == "refusal"]
    if not declined:
        return
    runs = _insisting(declined)
    held = {each.call.number: each for each in reversed(list(kept(story, declined))) if each.behind is not None}
    for call in declined:
        said = call.served.text if call.served else ""
        each, repeats, other = held.get(call.number), runs.get(call.number, []), _other_model(story, call)
        found: list[Observation] = []
        if len(repeats) >= _REPEATS:
            found.append(_insisted(call, repeats))
        if each is not None:
            found.append(
                Observation(
                    kind="kept",
                    expected="the refused turn is taken out of the history",
                    actual=f"the refused answer stands in it: {fragment(each.turn.text)}",
                    at=each.later.exchange,
                    path=each.later.where(each.turn.first),
                    also=[call.exchange],
                )
            )
        insisted = any(call in others for others in runs.values())
        if not found and not insisted and _came_back(story, said) and other is None:
            found.append(
                Observation(
                    kind="returned",
                    expected="a refusal is told, or another model is asked",
                    actual=f"the program returned {fragment(said)}" + ("" if said.strip() else ", an empty answer"),
                    at=call.exchange,
                    confidence="high" if said.strip() else "medium",
                )
            )
        known = found or insisted or any(returned(story)) or raised(story) or other
        yield EXERCISED if known or call is not story.calls[-1] else _unclear(call)
        yield from found


def _other_model(story: Transcript, call: Call) -> Call | None:
    """A later call with the same messages for another model."""
    other = elsewhere(story, call)
    return other if other is not None and other.model_name != call.model_name else None


def _came_back(story: Transcript, said: str) -> bool:
    """Whether the program returned what the refusal had said, if only nothing."""
    if said.strip():
        return returned_as(story, said)
    return any(outcome.kind == "returned" and outcome.value == "" for outcome in story.oracles.outcomes)


def _insisting(declined: Sequence[Call]) -> dict[int, list[Call]]:
    """Refused calls that were made again as they were, one after the other; the repeats by the first."""
    runs: dict[bytes, list[Call]] = {}
    found: dict[int, list[Call]] = {}
    for call in declined:
        run = runs.setdefault(call.key, [])
        if run and not soon_after(run[-1].exchange, call.exchange):
            run.clear()
        run.append(call)
        if len(run) > 1:
            found[run[0].number] = run[1:]
    return found


def _insisted(call: Call, repeats: Sequence[Call]) -> Observation:
    return Observation(
        kind="asked again",
        expected="no further attempt with the same request and model after a refusal",
        actual=f"the same request {len(repeats) + 1} times; {call.model_name} refused each time",
        at=repeats[0].exchange,
        also=[call.exchange, *(each.exchange for each in repeats[1:])],
    )


def _unclear(call: Call) -> Observation:
    return Observation(
        kind="not observable",
        expected="a refusal is told, or another model is asked",
        actual="the answer was a refusal; nothing shows what the program made of it",
        at=call.exchange,
        verdict="inconclusive",
    )
