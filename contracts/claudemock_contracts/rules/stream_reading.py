"""What clients make of the events of a stream: inputs of tools put together, unknown events passed over."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.following import followers
from claudemock_contracts.rules.kept import raised
from claudemock_contracts.transcript import Call, Part, Transcript, kind_of, role_of

_EVENTS = frozenset(
    {
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop", "ping", "error"),
    }
)
_DELTAS = frozenset(
    {
        *("text_delta", "input_json_delta", "thinking_delta", "signature_delta", "citations_delta"),
        "compaction_delta",
    }
)
_BLOCKS = re.compile(
    r"text|thinking|redacted_thinking|tool_use|server_tool_use|mcp_tool_use|\w+_tool_result|container_upload|compaction"
    r"|fallback|tool_reference|document|image"
)
_READING_FAILED = re.compile(
    r"JSONDecodeError|KeyError|TypeError|ValueError|ValidationError|AttributeError|IndexError|StopIteration|Unicode"
    r"|AssertionError|NotImplementedError|UnboundLocalError|MatchError|LookupError"
)


def input_assembled(story: Transcript) -> Iterator[Outcome]:
    """R24."""
    truths = _streamed_inputs(story)
    if not truths:
        return
    echoed: set[str] = set()
    for later in story.calls:
        for turn in later.fresh_turns:
            for part in turn.of("tool_use") if turn.role == "assistant" else ():
                truth = truths.get(part.id)
                if truth is None or part.message < max(later.fresh, later.offset) or truth[0].number >= later.number:
                    continue
                echoed.add(part.id)
                yield EXERCISED
                yield from _compared(truths, truth, later, part)
    error = raised(story)
    last = story.calls[-1]
    unread = [name for name in truths if truths[name][0] is last and name not in echoed]
    if error is not None and unread and _READING_FAILED.search(error) and not story.oracles.expected_error:
        yield EXERCISED
        yield Observation(
            kind="crash",
            expected="the pieces of a tool's input are put together, and parsed at the end of the block",
            actual=f"the program ended with {fragment(error)} right after a stream with a tool call",
            at=last.exchange,
            confidence="medium",
        )


_Truth = tuple[Call, Mapping[str, Any]]


def _streamed_inputs(story: Transcript) -> dict[str, _Truth]:
    """The inputs of tool calls served in whole streams, by the calls' ids. Inputs that are no JSON are left out."""
    found: dict[str, _Truth] = {}
    for call in story.calls:
        served = call.served
        if served is None or not served.streamed or not call.ok or served.broken_inputs:
            continue
        for block in served.blocks("tool_use"):
            if isinstance(block.get("id"), str) and isinstance(block.get("input"), dict):
                found[block["id"]] = (call, block["input"])
    return found


def _compared(truths: Mapping[str, _Truth], truth: _Truth, later: Call, part: Part) -> Iterator[Outcome]:
    sent, true = part.block.get("input"), truth[1]
    kind = _what_is_wrong(sent, true)
    if kind is None:
        return
    mixed = [other for name, other in truths.items() if other[0] is truth[0] and name != part.id]
    if isinstance(sent, dict) and any(sent == other[1] for other in mixed):
        kind = "another call's"
    yield Observation(
        kind=kind,
        expected=f"the input that was served: {fragment(true)}",
        actual=f"the input of {part.block.get('name')} is {fragment(sent)}",
        at=later.exchange,
        path=later.where(part.message, part.position, "input"),
        also=[truth[0].exchange],
        verdict="warning" if kind == "altered" else None,
        confidence="low" if kind == "altered" else "high",
    )


def _what_is_wrong(sent: object, true: Mapping[str, Any]) -> str | None:
    """How an input differs from the one that was served; None: not, or only by more fields."""
    if not isinstance(sent, dict):
        return "no object"
    if all(key in sent and sent[key] == value for key, value in true.items()):
        return None
    if not sent:
        return "empty"
    if any(isinstance(value, str) and "\ufffd" in value for value in sent.values()) and "\ufffd" not in str(true):
        return "broken characters"
    if all(key in true for key in sent) and len(sent) < len(true):
        return "in part"
    cut = [key for key, value in sent.items() if _is_cut(value, true.get(key))]
    return "in part" if cut else "altered"


def _is_cut(value: object, true: object) -> bool:
    return isinstance(value, str) and isinstance(true, str) and len(value) < len(true) and true.startswith(value)


class _Odd(NamedTuple):
    """Something in a stream that a client cannot know: what it is, and the text that had come before it."""

    what: str
    before: str


def unknown_passed_over(story: Transcript) -> Iterator[Outcome]:
    """R60."""
    odd = {call.number: found for call in story.calls if call.ok for found in _odd(call)[:1]}
    if not odd:
        return
    following: dict[int, list[Call]] = {}
    for call in story.calls:
        following.setdefault(len(call.messages), []).append(call)
    for number, found in odd.items():
        call = story.calls[number]
        wrong = list(_wrongly_read(story, call, found, following))
        if wrong or _went_well(story, call):
            yield EXERCISED
            yield from wrong
        else:
            yield Observation(
                kind="not observable",
                expected="what is unknown is passed over",
                actual=f"the stream had {found.what}; nothing shows what the program made of it",
                at=call.exchange,
                verdict="inconclusive",
            )


def _odd(call: Call) -> list[_Odd]:
    """The unknown things of a stream, in order."""
    found: list[_Odd] = []
    text: list[str] = []
    for event in call.exchange.events or ():
        data = event.data if isinstance(event.data, dict) else {}
        kind, delta = data.get("type"), data.get("delta")
        name = kind if isinstance(kind, str) else event.name
        if name and name not in _EVENTS:
            found.append(_Odd(f"an event {fragment(name)}", "".join(text)))
        elif kind == "content_block_delta" and isinstance(delta, dict):
            if kind_of(delta) not in _DELTAS:
                found.append(_Odd(f"a delta {fragment(kind_of(delta))}", "".join(text)))
            text.append(str(delta.get("text") or "") if delta.get("type") == "text_delta" else "")
        elif kind == "content_block_start" and not _BLOCKS.fullmatch(kind_of(data.get("content_block"))):
            found.append(_Odd(f"a block {fragment(kind_of(data.get('content_block')))}", "".join(text)))
    return found


def _wrongly_read(
    story: Transcript, call: Call, odd: _Odd, following: Mapping[int, Sequence[Call]]
) -> Iterator[Observation]:
    error = raised(story)
    if error is not None and call is story.calls[-1] and not story.oracles.expected_error:
        yield Observation(
            kind="crash",
            expected="what is unknown is passed over",
            actual=f"the stream was whole and had {odd.what}; the program ended with {fragment(error)}",
            at=call.exchange,
            confidence="high" if _READING_FAILED.search(error) else "medium",
        )
    said, before = (call.served.text if call.served else "").strip(), odd.before.strip()
    if not before or before == said:
        return
    size = len(call.messages)
    for later in (*following.get(size + 2, ()), *following.get(size + 1, ())):
        if later.number <= call.number or role_of(later.messages[size]) != "assistant":
            continue
        turn = next((turn for turn in later.turns if turn.first == size), None)
        if turn is None or turn.text.strip() != before or not story.prompts.same(later.messages[0], call.messages[0]):
            continue
        yield Observation(
            kind="text lost",
            expected=f"all of the text: {fragment(said)}",
            actual=f"what came behind {odd.what} is missing: {fragment(turn.text)}",
            at=later.exchange,
            path=later.where(turn.first),
            also=[call.exchange],
        )
        return


def _went_well(story: Transcript, call: Call) -> bool:
    """Whether the program is known to have read the stream: it went on from it, or ended well."""
    if any(outcome.kind == "returned" for outcome in story.oracles.outcomes):
        return True
    return bool(followers(story, call))
