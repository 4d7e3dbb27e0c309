"""Streams that end too early, and what programs take them for."""

from collections.abc import Callable, Iterator

from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.kept import Kept, goes_on, kept, quoted, raised, returned, returned_as
from claudemock_contracts.transcript import Call, Transcript

_FEW_EVENTS = 3
_FEWEST_STREAMS = 4


def error_swallowed(story: Transcript) -> Iterator[Outcome]:
    """R05."""
    yield from _taken_for_whole(story, _ended_in_error, "an error event")


def truncated_accepted(story: Transcript) -> Iterator[Outcome]:
    """R22."""
    yield from _taken_for_whole(story, _just_ended, "its end, without a stop reason")


def _ended_in_error(call: Call) -> bool:
    return call.served is not None and call.served.streamed and call.served.error is not None


def _just_ended(call: Call) -> bool:
    """Whether the stream ended before the message did, and not because the client left."""
    served = call.served
    if served is None or not served.streamed or served.complete or served.error is not None:
        return False
    refused = call.exchange.status is not None and call.exchange.status >= 400
    return call.exchange.ended != "client_gone" and not refused


def _taken_for_whole(story: Transcript, broken: Callable[[Call], bool], how: str) -> Iterator[Outcome]:
    failed = [call for call in story.calls if broken(call)]
    if not failed:
        return
    held: dict[int, list[Kept]] = {}
    for each in kept(story, failed):
        if _answered(each) or not goes_on(story, each):
            held.setdefault(each.call.number, []).append(each)
    for call in failed:
        yield from _fate(story, call, held.get(call.number, []), how)


def _answered(each: Kept) -> bool:
    """Whether a tool call of the broken answer was run: its result stands behind it."""
    called = {part.id for part in each.turn.of("tool_use")}
    results = each.behind.of("tool_result") if each.behind else []
    return any(part.answers in called for part in results)


def _fate(story: Transcript, call: Call, held: list[Kept], how: str) -> Iterator[Outcome]:
    said = call.served.text if call.served else ""
    attempts = story.logical_call(call.exchange).exchanges
    again = attempts[-1] is not call.exchange
    expected = "the call is made again, or the failure is shown; what had come is no answer"
    if held:
        yield EXERCISED
        yield from (_kept(each, how, expected, call) for each in held)
    elif said.strip() and not again and returned_as(story, said):
        yield EXERCISED
        yield Observation(
            kind="returned",
            expected=expected,
            actual=f"the program returned {fragment(said)}, which is what had come before {how}",
            at=call.exchange,
        )
    elif not said.strip() and not again and _empty(story):
        yield EXERCISED
        yield Observation(
            kind="returned empty",
            expected=expected,
            actual=f"the program returned an empty answer; the stream had nothing before {how}",
            at=call.exchange,
            confidence="medium",
        )
    elif again or raised(story) is not None or quoted(story, call) is not None or any(returned(story)):
        yield EXERCISED
    else:
        yield Observation(
            kind="not observable",
            expected=expected,
            actual=f"the stream broke off ({how}); nothing shows what the program made of that",
            at=call.exchange,
            verdict="inconclusive",
        )


def _kept(each: Kept, how: str, expected: str, call: Call) -> Observation:
    ran = _answered(each)
    seen = "runs a tool call" if ran else "has as an assistant turn"
    what = fragment(each.turn.text) if each.turn.text.strip() else f"the calls of {call.id}"
    unknown = call.exchange.ended is None and call.served is not None and call.served.error is None
    return Observation(
        kind="call run" if ran else "kept",
        expected=expected,
        actual=f"{each.later.id} {seen} what had come before {how}: {what}",
        at=each.later.exchange,
        path=each.later.where(each.turn.first),
        also=[call.exchange],
        verdict="inconclusive" if unknown else None,
    )


def _empty(story: Transcript) -> bool:
    outcomes = story.oracles.outcomes
    return bool(outcomes) and outcomes[-1].kind == "returned" and outcomes[-1].value in ("", [], {})


def left_open(story: Transcript) -> Iterator[Outcome]:
    """R47."""
    streams = [call for call in story.calls if call.exchange.events is not None and call.exchange.status == 200]
    if not streams:
        return
    yield EXERCISED
    for call in streams:
        exchange = call.exchange
        if exchange.ended is None and exchange.response_start_ms is not None and exchange.end_ms is None:
            yield Observation(
                kind="left open",
                expected="the stream is read to its end, or closed",
                actual=f"it was still open when the recording ended, after {len(exchange.events or ())} events",
                at=exchange,
            )
    early = [
        call
        for call in streams
        if call.exchange.ended == "client_gone" and len(call.exchange.events or ()) <= _FEW_EVENTS
    ]
    if len(streams) >= _FEWEST_STREAMS and len(early) * 2 > len(streams):
        yield Observation(
            kind="closed at once",
            expected="streams are read to their end",
            actual=f"{len(early)} of {len(streams)} streams were closed by the client after their first events",
            at=early[0].exchange,
            also=[call.exchange for call in early[1:]],
        )
