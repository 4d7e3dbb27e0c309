"""Answers that stopped before they were done: at `max_tokens`, at the end of the context window, for a new reason."""

from collections.abc import Callable, Iterator, Sequence

from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.following import alike, followers, soon_after
from claudemock_contracts.rules.kept import kept, quoted, raised, returned, returned_as
from claudemock_contracts.transcript import Call, Part, Transcript, named

_KNOWN = frozenset(
    {
        *("end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "compaction"),
        "model_context_window_exceeded",
    }
)
_TINY = 16  # tokens: such limits are meant to cut
_REPEATS = 2
_HEAD = 200  # characters of a result in which a failure is told


def max_tokens_ignored(story: Transcript) -> Iterator[Outcome]:
    """R08."""
    yield from _truncated(story, _at_max_tokens, "max_tokens")


def window_stop_ignored(story: Transcript) -> Iterator[Outcome]:
    """R29."""
    yield from _truncated(story, _at_the_window, "model_context_window_exceeded")
    last = story.calls[-1] if story.calls else None
    for call in story.calls:
        reason = _new_reason(call)
        if reason is None:
            continue
        error = raised(story)
        ran = list(_results_of(story, call)) if call.served and call.served.tool_ids else []
        if error is not None and call is last and not story.oracles.expected_error:
            yield EXERCISED
            yield Observation(
                kind="new reason: crash",
                expected="an unknown stop reason is treated as an end, or told to the user",
                actual=f"the answer stopped with {fragment(reason)}, and the program ended with {fragment(error)}",
                at=call.exchange,
                confidence="medium",
            )
        elif ran:
            yield EXERCISED
            later, part = ran[0]
            yield Observation(
                kind="new reason: calls run",
                expected="tools run where the stop reason is tool_use",
                actual=f"the answer stopped with {fragment(reason)}, and its tool calls were run",
                at=later.exchange,
                path=later.where(part.message, part.position),
                also=[call.exchange],
            )
        elif call is not last or story.oracles.outcomes:
            yield EXERCISED


def _at_max_tokens(call: Call) -> bool:
    """Whether it was cut at its limit, and neither by design nor before it began to answer (that is R09's)."""
    served, most = call.served, call.body.get("max_tokens")
    if served is None or not call.ok or served.stop_reason != "max_tokens":
        return False
    if not isinstance(most, int) or most <= _TINY:
        return False
    return bool(served.text.strip() or served.blocks("tool_use"))


def _at_the_window(call: Call) -> bool:
    return call.ok and call.served is not None and call.served.stop_reason == "model_context_window_exceeded"


def _new_reason(call: Call) -> str | None:
    reason = call.served.stop_reason if call.ok and call.served is not None else None
    return reason if reason is not None and reason not in _KNOWN else None


def _truncated(story: Transcript, stopped: Callable[[Call], bool], reason: str) -> Iterator[Outcome]:
    cut = [call for call in story.calls if stopped(call)]
    if not cut:
        return
    again = _repeated(cut)
    grown = {each.call.number for each in kept(story, cut)}
    for call in cut:
        found = list(_ran(story, call, reason))
        if call.number in again:
            found.append(_same_again(call, again[call.number], reason))
        alone = not any(call in others for others in again.values())
        said = call.served.text if call.served else ""
        if not found and alone and said.strip() and call.number not in grown and returned_as(story, said):
            found.append(
                Observation(
                    kind="returned as whole",
                    expected="a larger limit, the rest asked for, or a word that the answer is cut",
                    actual=f"the program returned the text that stopped at {reason}: {fragment(said[-60:])}",
                    at=call.exchange,
                )
            )
        known = found or call.number in grown or not alone or any(returned(story)) or raised(story) is not None
        yield EXERCISED if known or _tried_anew(story, call) else _unclear(call, reason)
        yield from found


def _ran(story: Transcript, call: Call, reason: str) -> Iterator[Observation]:
    """The last block is a tool call, whose input may be cut; and a result says that it was run."""
    blocks = call.served.content if call.served else ()
    if not blocks or blocks[-1].get("type") != "tool_use":
        return
    words = story.prompts.words
    for later, part in _results_of(story, call):
        said = str(part.block.get("content") or "")
        if part.answers != named(blocks[-1], "id") or words.says("cut", said):
            continue
        failed = words.says("failed", said[:_HEAD])
        yield Observation(
            kind="cut call answered" if failed else "cut call run",
            expected="a call that was cut is not run: ask again with a larger limit, or answer with is_error",
            actual=f"{blocks[-1].get('name')} was the last block of an answer that stopped at {reason}; its result, "
            f"not marked as an error, is {fragment(said)}",
            at=later.exchange,
            path=later.where(part.message, part.position),
            also=[call.exchange],
            verdict="warning" if failed else None,
        )
        return


def _results_of(story: Transcript, call: Call) -> Iterator[tuple[Call, Part]]:
    """New results, in later requests, of an answer's tool calls; those marked as errors left out."""
    wanted = set(call.served.tool_ids) if call.served else set()
    for later in story.lineage(call).calls if wanted else ():
        if later.number <= call.number:
            continue
        for turn in later.fresh_turns:
            for part in turn.of("tool_result"):
                if part.answers in wanted and part.message >= later.fresh:
                    wanted.discard(part.answers)
                    if part.block.get("is_error") is not True:
                        yield later, part


def _repeated(cut: Sequence[Call]) -> dict[int, list[Call]]:
    """Calls that were made again as they were, at least twice, one after the other; the repeats by the first."""
    runs: dict[tuple[bytes, str], list[Call]] = {}
    found: dict[int, list[Call]] = {}
    for call in cut:
        run = runs.setdefault((call.key, repr(call.body.get("max_tokens"))), [])
        if run and not soon_after(run[-1].exchange, call.exchange):
            run.clear()
        run.append(call)
        if len(run) > _REPEATS:
            found[run[0].number] = run[1:]
    return found


def _same_again(call: Call, repeats: Sequence[Call], reason: str) -> Observation:
    return Observation(
        kind="same again",
        expected="another attempt has a larger max_tokens, or a shorter prompt",
        actual=f"the same request {len(repeats) + 1} times with max_tokens {call.body.get('max_tokens')}; each answer "
        f"stopped at {reason}",
        at=repeats[0].exchange,
        path="max_tokens",
        also=[call.exchange, *(each.exchange for each in repeats[1:])],
    )


def _tried_anew(story: Transcript, call: Call) -> bool:
    """Whether the same was asked again behind it, or the conversation went on from it, or quotes it."""
    if followers(story, call) or any(other.number > call.number for other in alike(story, call)):
        return True
    return quoted(story, call) is not None


def _unclear(call: Call, reason: str) -> Observation:
    return Observation(
        kind="not observable",
        expected="a larger limit, the rest asked for, or a word that the answer is cut",
        actual=f"an answer stopped at {reason}; nothing shows what the program made of it",
        at=call.exchange,
        verdict="inconclusive",
    )
