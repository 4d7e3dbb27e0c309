"""Judging how thinking is asked for, and what a program does when it used up everything (R09, R25, R26)."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeGuard

from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.asked import Asked, asked, inner, word
from claudemock_contracts.rules.following import alike, followers, soon_after
from claudemock_contracts.rules.kept import returned
from claudemock_contracts.rules.tool_pairs import spelled
from claudemock_contracts.transcript import Call, Transcript, kind_of

INTERLEAVED = "interleaved-thinking-2025-05-14"
LEAST_BUDGET = 1024
_LEVELS = ("low", "medium", "high", "xhigh", "max")
_BLOCKS = frozenset({"thinking", "redacted_thinking"})
_LIMITS = ("model", "max_tokens", "thinking", "output_config")
_HEADROOM, _SHARE = 1024, 10
_STUMBLED = ("IndexError", "AttributeError", "TypeError", "KeyError", "StopIteration")


def exhausted(story: Transcript) -> Iterator[Outcome]:
    """R09: nothing but thinking came back, and the program does not act on it."""
    yield from _headroom(story)
    if not any(map(_used_up, story.calls)):
        return
    groups: dict[object, list[Call]] = {}
    for call in story.calls:
        groups.setdefault((call.key, spelled([call.body.get(name) for name in _LIMITS])), []).append(call)
    for calls in groups.values():
        first = next((number for number, call in enumerate(calls) if _used_up(call)), None)
        if first is not None:
            yield from _acted_on(story, calls[first:])


def _acted_on(story: Transcript, calls: Sequence[Call]) -> Iterator[Outcome]:
    """What came behind an answer that was used up: `calls` are it and those that ask the same with the same limits."""
    call, same = calls[0], list(_in_a_row(calls))
    mine = {each.number for each in calls}
    if same:
        yield EXERCISED
        yield Observation(
            kind="same again",
            expected="another attempt with a larger max_tokens, a smaller budget or less effort",
            actual=f"the answer was {_output(call)} tokens of thinking and nothing else; the same request was sent "
            f"{len(same)} more time(s), with max_tokens {call.body.get('max_tokens')} again",
            at=same[0].exchange,
            path="max_tokens",
            also=[call.exchange, *(other.exchange for other in same[1:])],
            tokens_lost=sum(_output(other) for other in (call, *same)),
        )
    elif any(other.number > call.number and other.number not in mine for other in alike(story, call)):
        yield EXERCISED  # asked once more, with other limits
    elif any(followers(story, each) or not _used_up(each) for each in calls):
        yield EXERCISED  # the conversation went on, or another attempt at the same time had its answer
    else:
        yield from _ended_with(story, calls[-1])


def _in_a_row(calls: Sequence[Call]) -> Iterator[Call]:
    """The calls that were made because of the first: each soon after one before it was over."""
    earlier = calls[0]
    for call in calls[1:]:
        if soon_after(earlier.exchange, call.exchange):
            yield call
            earlier = call


def _ended_with(story: Transcript, call: Call) -> Iterator[Outcome]:
    """What the program made of it, where nothing more was asked."""
    outcome = story.oracles.outcomes[-1] if story.oracles.outcomes else None
    if outcome is None:
        yield Observation(
            kind="not observable",
            expected="another attempt with more room, or a word that there is no answer",
            actual="the answer is thinking and nothing else; nothing shows what the program made of it",
            at=call.exchange,
            verdict="inconclusive",
        )
        return
    yield EXERCISED
    if story.oracles.expected_error:
        return
    last = call is story.calls[-1]
    stumbled = last and outcome.kind == "raised" and str(outcome.error).startswith(_STUMBLED)
    nothing = last and outcome.kind == "returned" and (outcome.value is None or outcome.value in ("", [], {}))
    empty = nothing or any(text == "" and not flagged for text, flagged in returned(story))
    if stumbled or empty:
        ended = fragment(outcome.error) if stumbled else f"the value {fragment(repr(outcome.value))}"
        yield Observation(
            kind="crash" if stumbled else "empty answer",
            expected="another attempt with more room, or a word that the budget was used up",
            actual=f"the answer was {_output(call)} tokens of thinking and nothing else; "
            f"the program ended with {ended}",
            at=call.exchange,
            tokens_lost=_output(call),
        )


def _used_up(call: Call) -> bool:
    served = call.served
    if served is None or not call.ok or served.stop_reason != "max_tokens":
        return False
    said = [block for block in served.content if kind_of(block) != "text" or str(block.get("text") or "").strip()]
    return bool(said) and all(kind_of(block) in _BLOCKS for block in said)


def _output(call: Call) -> int:
    tokens = call.served.usage.get("output_tokens") if call.served else None
    return tokens if isinstance(tokens, int) else 0


def _headroom(story: Transcript) -> Iterator[Outcome]:
    for request in asked(story):
        budget, most = inner(request.body, "thinking").get("budget_tokens"), request.body.get("max_tokens")
        if not _budgeted(request) or not isinstance(budget, int) or not isinstance(most, int):
            continue
        room, needed = most - budget, max(_HEADROOM, most // _SHARE)
        if 0 < room < needed and not _interleaves(request):
            yield Observation(
                kind="no headroom",
                expected=f"room for an answer behind the thinking: max_tokens at least {needed} over budget_tokens",
                actual=f"max_tokens {most} with budget_tokens {budget} leaves {room} tokens for the answer",
                at=request.exchange,
                path=request.where("thinking.budget_tokens"),
                verdict="warning",
                confidence="medium",
            )


def configuration(story: Transcript) -> Iterator[Outcome]:
    """R25: a mode or a budget that the model does not take."""
    for request in asked(story):
        if not isinstance(request.body.get("thinking"), dict):
            continue
        if not request.known:
            if request.exchange.status == 404 or word(request.body["thinking"].get("type")) == "disabled":
                continue  # there is no such model, or nothing to think about
            yield Observation(
                kind="unknown model",
                expected="a mode of thinking that the model takes",
                actual=f"the catalogue does not know {fragment(request.body.get('model'))}",
                at=request.exchange,
                path=request.where("model"),
                verdict="inconclusive",
            )
            continue
        yield EXERCISED
        wrong = _mode(request) or _budget(request)
        if wrong is not None:
            kind, expected, actual = wrong
            place = "thinking.type" if kind in ("mode", "off with effort") else "thinking.budget_tokens"
            yield Observation(
                kind=kind, expected=expected, actual=actual, at=request.exchange, path=request.where(place)
            )


def _mode(request: Asked) -> tuple[str, str, str] | None:
    mode, model = word(inner(request.body, "thinking").get("type")), request.model
    taken = sorted(model.thinking)
    if mode not in model.thinking:
        modes = f"one of the modes {model.id} takes: {', '.join(taken)}"
        return "mode", modes, f"thinking.type {fragment(mode)}"
    effort, most = inner(request.body, "output_config").get("effort"), model.disabled_effort_max
    if mode == "enabled" or mode == "adaptive" or most is None or effort not in _LEVELS:
        return None
    if _LEVELS.index(effort) <= _LEVELS.index(most):
        return None
    return "off with effort", f"at most effort {most} while thinking is off", f"effort {effort} with {mode}"


def _budget(request: Asked) -> tuple[str, str, str] | None:
    if not _budgeted(request):
        return None
    budget, most = inner(request.body, "thinking").get("budget_tokens"), request.body.get("max_tokens")
    if not _is_count(budget) or budget < LEAST_BUDGET:
        return "budget too small", f"budget_tokens of at least {LEAST_BUDGET}", f"budget_tokens {budget!r}"
    if _is_count(most) and budget >= most and not _interleaves(request):
        return "no room", "budget_tokens below max_tokens", f"budget_tokens {budget} and max_tokens {most}"
    return None


def _budgeted(request: Asked) -> bool:
    return inner(request.body, "thinking").get("type") == "enabled"


def _interleaves(request: Asked) -> bool:
    """Whether the budget may be spread over several answers, and so exceed what one of them may have."""
    return INTERLEAVED in request.betas and request.model.interleaved_thinking != "none"


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def forced_tool(story: Transcript) -> Iterator[Outcome]:
    """R26: a budget for thinking, and a tool the model must call.

    With adaptive thinking it is documented to work, and was refused in all recordings: there the answer decides.
    """
    for request in asked(story):
        choice, refused = inner(request.body, "tool_choice").get("type"), _refused_forcing(request)
        if not (_budgeted(request) and (choice or request.body.get("tools"))) and not refused:
            continue
        yield EXERCISED
        if choice in ("any", "tool"):
            mode = word(inner(request.body, "thinking").get("type")) or "left to its default"
            yield Observation(
                kind=str(choice),
                expected="tool_choice auto or none while the model thinks",
                actual=f"tool_choice {choice} with thinking.type {mode}" + (", which was refused" if refused else ""),
                at=request.exchange,
                path=request.where("tool_choice.type"),
            )


def _refused_forcing(request: Asked) -> bool:
    """Whether the answer says that thinking and a forced tool do not go together."""
    refused = request.call.refused if request.call else None
    if refused is None or refused.status != 400:
        return False
    return "tool_choice" in refused.message and "thinking" in refused.message.lower()


def reasoned_twice(story: Transcript) -> Iterator[Outcome]:
    """R70: the prompt asks for reasoning that thinking does already."""
    for call in story.calls:
        thinking = call.body.get("thinking")
        if not isinstance(thinking, dict) or thinking.get("type") not in ("enabled", "adaptive"):
            continue
        yield EXERCISED
        for path, said in _instructions(call):
            words = story.prompts.words.found("step_by_step", said)
            if words is not None:
                yield Observation(
                    kind="step by step",
                    expected="with thinking on, the prompt says what is wanted, not how to think",
                    actual=f"the prompt says {fragment(words)}",
                    at=call.exchange,
                    path=path,
                    confidence="medium",
                )
                break


def _instructions(call: Call) -> Iterator[tuple[str, str]]:
    """The system prompt's texts and those of the newest user turn, with their places."""
    system = call.body.get("system")
    if isinstance(system, str):
        yield "system", system
    for index, block in enumerate(system if isinstance(system, list) else ()):
        if isinstance(block, dict) and isinstance(block.get("text"), str):
            yield f"system.{index}.text", block["text"]
    for turn in call.fresh_turns[-1:]:
        for part in turn.of("text"):
            text = part.block.get("text")
            if turn.role == "user" and isinstance(text, str):
                yield call.where(part.message, part.position, "text"), text
