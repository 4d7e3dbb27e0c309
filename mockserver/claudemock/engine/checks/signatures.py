"""Thinking that comes back: unaltered, complete, and after the conversation it was made in.

Signatures that are not ours (recordings of the real API) are accepted unless the server's settings say otherwise, for
nothing can be said of them; so are turns without their thinking, wherever the rules of the `thinking` parameter do not
ask for it.

Wording: quoted with request ids (Q7, Q9, Q10, redacted data), captured (an empty signature; what differs). That a text
may not change in the latest assistant message is documented; one probe of September 2026 saw an edited summary pass on
Opus 5.5 and Sonnet 5. That models of 5.1 and later let thinking be left out from either end is documented and probed.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from claudemock.catalog import Model
from claudemock.engine.checks.subject import CheckContext, Placed, Subject, survey
from claudemock.engine.signature import AlteredSignature, Facts, brief, digest, read
from claudemock.engine.signature_prefix import THINKING, PrefixReader
from claudemock.wire.content import RedactedThinkingBlock, ThinkingBlock
from claudemock.wire.errors import ApiError, invalid_request
from claudemock.wire.messages import MessagesRequest

BINDING_CONTROLS = "thinking-binding-controls-2026-08-01"
_UNREAD_BY_OTHERS = frozenset({"fable", "mythos"})  # by models of other lines
_NUMBER = re.compile(r"\d{1,2}(?!\d)")


class Returned(NamedTuple):
    """One thinking block of a request, and what its signature says; `facts` is None if it is foreign."""

    placed: Placed
    sealed: str
    text: str
    facts: Facts | None


class Mismatch(NamedTuple):
    """A block that does not belong here: its model's thinking is not read, or the conversation is another one."""

    returned: Returned
    reason: Literal["model_binding_mismatch", "prefix_binding_mismatch"]
    difference: str = ""


def check_signatures(subject: Subject) -> None:
    """Our own signatures verify, and belong to their text, their place and, where that is bound, the conversation."""
    if "thinking" not in subject.blocks and "redacted_thinking" not in subject.blocks:
        return
    returned = _returned(subject)
    if _thinks(subject):
        _check_latest(subject, returned)
    if subject.model.thinking_bound and _behavior(subject) == "error":
        for mismatch in _mismatches(subject, returned):
            if mismatch.reason == "prefix_binding_mismatch":
                raise _bound_elsewhere(subject, mismatch)


def check_issued(subject: Subject) -> None:
    """Where only our own signatures are accepted: no others, also not in former turns (the API verifies all)."""
    if not subject.context.own_signatures or THINKING.isdisjoint(subject.blocks):
        return
    for each in _returned(subject):
        if each.facts is None:
            raise _invalid(each.placed)


def input_transformations(request: MessagesRequest, model: Model, betas: frozenset[str]) -> list[dict[str, str]] | None:
    """What a reply reports of thinking that the model does not get to see, in request order.

    None without the beta, and for models that cannot think: then the field is not in the reply. Empty for a request
    that `check_signatures` refuses; it comes here only if the server's checks are off.
    """
    if BINDING_CONTROLS not in betas or model.thinking <= {"disabled"}:
        return None
    subject = survey(request, CheckContext(model=model, version="", betas=betas))
    try:
        returned = _returned(subject)
    except ApiError:
        return []
    return [
        {"type": "thinking_dropped", "path": mismatch.returned.placed.path, "reason": mismatch.reason}
        for mismatch in _mismatches(subject, returned)
    ]


def _returned(subject: Subject) -> list[Returned]:
    """The thinking in the order sent. Raises `ApiError` for what is no signature of the model's."""
    found = [placed for kind in THINKING & subject.blocks.keys() for placed in subject.blocks[kind]]
    return [_read(placed) for placed in sorted(found, key=lambda placed: (placed.message, placed.position))]


def _read(placed: Placed) -> Returned:
    block = placed.block
    assert isinstance(block, ThinkingBlock | RedactedThinkingBlock)  # noqa: S101 - only those are asked for
    plain = isinstance(block, ThinkingBlock)
    sealed, text = (block.signature, block.thinking) if isinstance(block, ThinkingBlock) else (block.data, "")
    try:
        facts = read(sealed)
    except AlteredSignature:
        raise _invalid(placed) from None
    if not sealed or (facts is not None and facts.redacted is plain):
        raise _invalid(placed)
    return Returned(placed, sealed, text, facts)


def _invalid(placed: Placed, more: str = "") -> ApiError:
    field = "signature" if placed.block.type == "thinking" else "data"
    return invalid_request(f"{placed.path}: Invalid `{field}` in `{placed.block.type}` block{more}")


def _thinks(subject: Subject) -> bool:
    """Where thinking is off, what comes back of it is ignored."""
    thinking = subject.request.thinking
    return subject.model.thinking_default == "on" if thinking is None else thinking.type != "disabled"


def _check_latest(subject: Subject, returned: list[Returned]) -> None:
    """In a turn that is still going on, the latest assistant message has all its thinking, as it was, or none."""
    turns = subject.turns
    if turns[-1].role == "user" and (not turns[-1].blocks or turns[-1].blocks[0].block.type != "tool_result"):
        return
    latest = next((turn for turn in reversed(turns) if turn.role == "assistant"), None)
    if latest is None:
        return
    places = {(placed.message, placed.position) for placed in latest.blocks}
    expected, of = 0, 0
    last: Returned | None = None
    for each in returned:
        facts = each.facts
        if facts is None or (each.placed.message, each.placed.position) not in places:
            continue
        if facts.model != subject.model.id:
            continue
        if not facts.redacted and not facts.omitted and facts.text != digest(each.text):
            raise _modified(each)
        if facts.prefix is None:
            if expected == of:  # one reply's thinking is complete; the turn may go on with another's
                expected, of = 0, facts.of
            if facts.position != expected or facts.of != of:
                raise _modified(each)
            expected += 1
            last = each
    if last is not None and expected != of:
        raise _modified(last)


def _modified(returned: Returned) -> ApiError:
    return invalid_request(
        f"{returned.placed.path}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
        "modified. These blocks must remain as they were in the original response."
    )


def _behavior(subject: Subject) -> str:
    """What a changed conversation does. Unset it is an error, but in a batch, where thinking is dropped."""
    binding = getattr(subject.request.thinking, "block_binding", None)
    chosen: str | None = getattr(binding, "prefix_mismatch_behavior", None)
    return chosen or ("drop_block" if subject.context.endpoint == "batch" else "error")


def _mismatches(subject: Subject, returned: list[Returned]) -> Iterator[Mismatch]:
    """The blocks that the model does not get to see. One that fails takes all later ones with it."""
    model = subject.model
    reader = PrefixReader(subject.request) if model.thinking_bound and _any_bound(returned) else None
    waiting = iter(returned)
    each = next(waiting, None)
    before: Returned | None = None
    difference: str | None = None
    for number, message in enumerate(subject.request.messages):
        for position, block in enumerate(message.content):
            if each is not None and each.placed[1:3] == (number, position):
                if each.facts is not None and not reads(model, each.facts):
                    yield Mismatch(each, "model_binding_mismatch")
                elif reader is not None:
                    difference = difference or _difference(reader, each, before)
                    if difference is not None:
                        yield Mismatch(each, "prefix_binding_mismatch", difference)
                before, each = each, next(waiting, None)
            elif reader is not None:
                reader.add(message.role, block, f"messages.{number}.content.{position}")
        if each is None:
            return


def _any_bound(returned: list[Returned]) -> bool:
    return any(each.facts is not None and each.facts.prefix is not None for each in returned)


_A_GAP = " "  # thinking was left out or put back between two blocks; the API's word for it is not known


def _difference(reader: PrefixReader, each: Returned, before: Returned | None) -> str | None:
    facts = each.facts
    # Thinking kept beside a compaction block may have been made before it, of which there is no record here.
    if facts is None or facts.prefix is None or reader.compacted:
        return None
    found = reader.difference(facts.prefix)
    if found is None and before is not None and brief(before.sealed) != facts.previous:
        return _A_GAP
    return found


def _bound_elsewhere(subject: Subject, mismatch: Mismatch) -> ApiError:
    setting = (
        ""
        if BINDING_CONTROLS in subject.context.betas
        else f" That setting requires the `{BINDING_CONTROLS}` value in the `anthropic-beta` header."
    )
    return _invalid(
        mismatch.returned.placed,
        ". The block is bound to a different conversation. Remove the block, or set "
        f'`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".{setting} {mismatch.difference}'.rstrip(),
    )


def reads(reader: Model, facts: Facts) -> bool:
    """Whether a model gets to see the thinking that another signed; if not, it is dropped without an error.

    Documented: models before 5.1 read their own; Fable and Mythos 5.1 and later read all earlier ones and Opus 5.5;
    Opus 5.5 reads earlier Opus, Sonnet and Haiku models; Haiku 5.5 its own. Sonnet 5.5 is taken to be like Opus 5.5.
    """
    if facts.model == reader.id:
        return True
    if not reader.thinking_bound or reader.line == "haiku":
        return False
    line = facts.model.removeprefix("claude-").partition("-")[0]
    bound = facts.prefix is not None
    if reader.line in _UNREAD_BY_OTHERS:
        if line in _UNREAD_BY_OTHERS:
            return _version(facts.model) <= _version(reader.id)
        return not bound or line == "opus"
    return not bound and line not in _UNREAD_BY_OTHERS


def _version(model: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(model)]
