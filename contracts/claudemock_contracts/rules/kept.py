"""What a program made of an answer that was not whole: kept it, made it anew, asked for the rest, or gave up."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from claudemock_contracts.rules.following import shortly_after
from claudemock_contracts.transcript import Call, Transcript, Turn

_FLAG = re.compile(r"(?i)trunc|complete|partial|interrupt|error|stop_?reason|finish|refus|cut|status|warn")
_TELLING = 8  # characters by which a quoted piece is known
_TAIL = 12  # characters at the end of an answer by which the place is known where it broke off
_DEPTH = 6


class Kept(NamedTuple):
    """An answer found again in a later request: as the assistant turn `turn`, with the user turn `behind` it."""

    call: Call
    later: Call
    turn: Turn
    behind: Turn | None
    by_id: bool


def goes_on(story: Transcript, each: Kept) -> bool:
    """Whether the client asks for the rest: by a prefill, by quoting where it broke off, by joining, or in words."""
    if each.behind is None:
        return True
    said, words = each.turn.text.strip(), each.behind.text
    if each.behind.of("tool_result"):
        return False
    tail = said[-_TAIL:].strip()
    if len(tail) >= _TELLING and tail in words:
        return True
    return _put_together(story, said, each.later) or story.prompts.words.says("goes_on", words)


def _put_together(story: Transcript, said: str, later: Call) -> bool:
    """Whether the program joined a beginning with the answer that came behind it."""
    rest = later.served.text if later.served else ""
    whole = "".join((said + rest).split())
    if not said or not rest.strip():
        return False
    texts = [text for text, _ in returned(story)]
    texts += [
        turn.text for call in shortly_after(story, later) for turn in call.fresh_turns if turn.role == "assistant"
    ]
    return any(whole in "".join(text.split()) for text in texts)


def kept(story: Transcript, answers: Sequence[Call]) -> Iterator[Kept]:
    """Where the histories of later requests hold these answers, each place once, where it is new.

    An answer is known by the ids of its tool calls, or by its whole text behind the same user message.
    """
    ids: dict[str, Call] = {}
    texts: dict[str, list[Call]] = {}
    for call in answers:
        if call.served is not None:
            ids.update(dict.fromkeys(call.served.tool_ids, call))
            if call.served.text.strip():
                texts.setdefault(call.served.text.strip(), []).append(call)
    if not ids and not texts:
        return
    whole = [call for call in story.calls if call.ok and call.served and call.served.text.strip() in texts]
    for later in story.calls:
        found = later.turns
        for index, turn in enumerate(found):
            if turn.role != "assistant" or turn.first < later.offset or not _new(later, found, index):
                continue
            behind = found[index + 1] if index + 1 < len(found) else None
            mine = [ids[part.id] for part in turn.of("tool_use") if part.id in ids]
            if mine:
                yield Kept(mine[0], later, turn, behind, True)
                continue
            for call in texts.get(turn.text.strip(), ()):
                if _stands_behind(story, call, later, turn) and not _served_whole(call, whole, later):
                    yield Kept(call, later, turn, behind, False)
                    break


def _new(later: Call, found: Sequence[Turn], index: int) -> bool:
    """Whether the turn, or the one behind it, is new in this request."""
    return max(turn.last for turn in found[index : index + 2]) >= later.fresh


def _stands_behind(story: Transcript, call: Call, later: Call, turn: Turn) -> bool:
    """Whether the message before the turn is the last one the call had sent."""
    if call.number >= later.number or not turn.first or not call.messages:
        return False
    return story.prompts.same(later.messages[turn.first - 1], call.messages[-1])


def _served_whole(call: Call, whole: Sequence[Call], later: Call) -> bool:
    """Whether another answer with the same text was whole: then it is that one which was kept."""
    if call.served is None:
        return False
    said = call.served.text.strip()
    return any(
        other is not call
        and other.number < later.number
        and other.served is not None
        and other.served.text.strip() == said
        and other.messages == call.messages
        for other in whole
    )


def quoted(story: Transcript, call: Call) -> Call | None:
    """A later request that quotes the answer in a new user message, or ends with it as a prefill."""
    said = call.served.text.strip() if call.served else ""
    if not said:
        return None
    for later in shortly_after(story, call):
        last = later.turns[-1] if later.turns else None
        if last is None or last.last < later.fresh:
            continue
        if last.role == "assistant" and said in last.text:
            return later
        if last.role == "user" and len(said) >= _TELLING and said in last.text:
            return later
    return None


def returned(story: Transcript) -> Iterator[tuple[str, bool]]:
    """Every text in what the program returned, and whether it came with a word on how whole it is."""
    for outcome in story.oracles.outcomes:
        if outcome.kind == "returned":
            yield from _texts(outcome.value, False, _DEPTH)


def _texts(value: Any, flagged: bool, depth: int) -> Iterator[tuple[str, bool]]:
    if isinstance(value, str):
        yield value, flagged
    elif isinstance(value, Mapping) and depth:
        told = flagged or any(isinstance(key, str) and _FLAG.search(key) for key in value)
        for item in value.values():
            yield from _texts(item, told, depth - 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        told = flagged or any(isinstance(item, bool) for item in value)
        for item in value:
            yield from _texts(item, told, depth - 1)


def returned_as(story: Transcript, text: str) -> bool:
    """Whether the program returned exactly this text, and did not say that it is not whole."""
    said = text.strip()
    return any(each.strip() == said and not flagged for each, flagged in returned(story))


def raised(story: Transcript) -> str | None:
    """The exception the program ended with; None if it did not, or nobody said."""
    last = story.oracles.outcomes[-1] if story.oracles.outcomes else None
    return last.error or "an exception" if last is not None and last.kind == "raised" else None
