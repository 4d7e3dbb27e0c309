"""Judging what comes back of thinking in a tool loop (R11)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.rules.asked import inner
from claudemock_contracts.transcript import Call, Part, Transcript, Turn, kind_of

_KINDS = frozenset({"thinking", "redacted_thinking"})
_SERVED_BEFORE = 4  # answers with the same tool call that are compared


class _Wrong(NamedTuple):
    kind: str
    actual: str
    place: int  # index among the blocks that came back


def altered(story: Transcript) -> Iterator[Outcome]:
    """R11."""
    for call in story.calls:
        turn = _open_turn(call)
        if turn is None or not _thinks(call):
            continue
        answers = [answer for answer in _answers(story, call, turn) if _thought(answer)]
        if not answers:
            continue
        yield EXERCISED
        back = [part for part in turn.parts if part.kind in _KINDS]
        found = [_compared(answer, turn, back) for answer in answers]
        if None in found:
            continue
        wrong = found[-1]
        if wrong is None:
            continue
        first = back[wrong.place] if wrong.place < len(back) else turn.parts[0]
        tolerated = _tolerated(call, wrong)
        yield Observation(
            kind=wrong.kind,
            expected=f"the {len(_thought(answers[-1]))} thinking block(s) of {answers[-1].id}, unchanged and in order, "
            "while its tool calls are being answered",
            actual=f"{wrong.actual}; the API takes that, and the model goes on without it"
            if tolerated
            else wrong.actual,
            at=call.exchange,
            path=call.where(first.message, first.position),
            also=[answers[-1].exchange],
            verdict="warning" if tolerated else None,
        )


def _open_turn(call: Call) -> Turn | None:
    """The assistant turn whose calls the request answers with its last message; None if it ends otherwise."""
    if len(call.turns) < 2:
        return None
    asked, answer = call.turns[-2:]
    if asked.role != "assistant" or not answer.parts or answer.parts[0].kind != "tool_result":
        return None
    return None if asked.first < call.offset else asked


def _thinks(call: Call) -> bool:
    """Where thinking is off, and where the client has old thinking cleared, what comes back is not read."""
    edits = inner(call.body, "context_management").get("edits")
    for edit in edits if isinstance(edits, list) else ():
        if isinstance(edit, dict) and str(edit.get("type")).startswith("clear_thinking"):
            return False
    mode = inner(call.body, "thinking").get("type")
    if mode is None:
        return call.model_known and call.model.thinking_default == "on"
    return mode in ("enabled", "adaptive")


def _answers(story: Transcript, call: Call, turn: Turn) -> Sequence[Call]:
    """The answers that the turn's last tool call can have come from, by the same model."""
    for part in reversed(turn.of("tool_use")):
        earlier = [owner for owner in story.threads.owners("id", part.id) if owner.number < call.number]
        if earlier:
            mine = [owner for owner in earlier if owner.root is call.root] or earlier
            return [owner for owner in mine if owner.model is call.model][-_SERVED_BEFORE:]
    return []


def _thought(answer: Call) -> Sequence[Mapping[str, Any]]:
    served = answer.served
    return [] if served is None else [block for block in served.content if kind_of(block) in _KINDS]


def _compared(answer: Call, turn: Turn, back: Sequence[Part]) -> _Wrong | None:
    """What is wrong with what came back of an answer's thinking; None if it is as it was.

    A turn that had been paused holds the thinking of earlier answers too, in front.
    """
    served = _thought(answer)
    for index, part in enumerate(back):
        if part.kind == "thinking" and not part.block.get("signature"):
            if answer.served and answer.served.streamed:
                how = "; it came by signature_delta, behind the text of the stream"
            else:
                how = ""
            return _Wrong("signature missing", f"a thinking block has no signature{how}", index)
    tail = back[-len(served) :] if len(back) >= len(served) else back
    if len(tail) == len(served) and all(map(_same, served, (part.block for part in tail))):
        return _moved(answer, turn)
    return _difference(served, back)


def _difference(served: Sequence[Mapping[str, Any]], back: Sequence[Part]) -> _Wrong:
    seals = [_seal(block) for block in served]
    returned = [_seal(part.block) for part in back]
    lost = [block for block in served if _seal(block) not in returned]
    if not lost and sorted(seals) == sorted(returned[-len(seals) :]) and seals != returned[-len(seals) :]:
        return _Wrong("reordered", "the blocks came back in another order", 0)
    if not lost:
        index = next(
            number for number, part in enumerate(back) if not any(_same(block, part.block) for block in served)
        )
        return _Wrong("edited", "a thinking block came back with another text under the same signature", index)
    known = set(seals)
    strange = [number for number, seal in enumerate(returned) if seal not in known]
    if strange and len(back) >= len(served):
        return _Wrong("edited", "a thinking block came back with another signature, or other data", strange[0])
    if all(kind_of(block) == "redacted_thinking" for block in lost):
        return _Wrong("redacted dropped", f"{len(lost)} redacted_thinking block(s) did not come back", 0)
    if len(lost) == len(served):
        return _Wrong("all dropped", "none of them came back", 0)
    return _Wrong("some dropped", f"{len(lost)} of {len(served)} did not come back", 0)


def _moved(answer: Call, turn: Turn) -> _Wrong | None:
    """Thinking that stood before a tool call stands behind it now."""
    content = answer.served.content if answer.served else ()
    served = [_seal(block) for block in content if kind_of(block) in _KINDS or kind_of(block) == "tool_use"]
    here = [_seal(part.block) for part in turn.parts if part.kind in _KINDS or part.kind == "tool_use"]
    here = here[-len(served) :]
    if sorted(served) == sorted(here) and served != here:
        return _Wrong("moved", "thinking and tool calls came back in another order", 0)
    return None


def _seal(block: Mapping[str, Any]) -> str:
    """What a block is known by: its signature, its data, the id of a tool call."""
    names = {"thinking": "signature", "redacted_thinking": "data"}
    return str(block.get(names.get(kind_of(block), "id")))


def _same(served: Mapping[str, Any], block: Mapping[str, Any]) -> bool:
    """Whether a block came back as it was; a text put into one that was served without is not read."""
    if kind_of(served) != kind_of(block) or _seal(served) != _seal(block):
        return False
    return not served.get("thinking") or served["thinking"] == block.get("thinking")


def _tolerated(call: Call, wrong: _Wrong) -> bool:
    """Whether the API goes on all the same, the model without its reasoning.

    Without a budget thinking may be left out altogether (recorded); models with bound thinking let either end go.
    """
    if inner(call.body, "thinking").get("type") == "enabled":
        return False
    return wrong.kind == "all dropped" or (wrong.kind.endswith("dropped") and call.model.thinking_bound)
