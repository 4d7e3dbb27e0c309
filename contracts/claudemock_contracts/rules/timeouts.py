"""How long a program waits for an answer."""

from collections.abc import Iterator

from claudemock_contracts.exchange import Exchange, number
from claudemock_contracts.finding import EXERCISED, Observation, Outcome
from claudemock_contracts.transcript import Call, Transcript

_LONG_ANSWER = 4_000  # tokens
_SHORT = 30.0  # seconds
_HOUR = 3600
_TOKENS_AN_HOUR = 128_000  # what the SDKs reckon with
_WITHOUT_STREAM = 21_333  # tokens: more take over ten minutes by that
_ALIVE = 5.0  # seconds since the last event in which a stream counts as alive


def timeout_mismatch(story: Transcript) -> Iterator[Outcome]:
    """R46."""
    for call in story.calls:
        most = call.body.get("max_tokens")
        if not isinstance(most, int) or isinstance(most, bool):
            continue
        if call.body.get("stream") is True:
            yield from _idle(story, call)
            continue
        told = timeout_of(call.exchange)
        if told is not None:
            yield EXERCISED
        if most > _LONG_ANSWER:
            yield from _too_short(story, call, most, told)
        if most > _WITHOUT_STREAM:
            yield from _without_stream(call, most, told)


def timeout_of(exchange: Exchange) -> float | None:
    """How many seconds an SDK says it waits for data."""
    for name in ("x-stainless-read-timeout", "x-stainless-timeout"):
        try:
            return float(exchange.headers[name])
        except (KeyError, ValueError):
            continue
    return None


def _too_short(story: Transcript, call: Call, most: int, told: float | None) -> Iterator[Outcome]:
    exchange = call.exchange
    waited = exchange.end_ms / 1000 if exchange.end_ms is not None else None
    left = exchange.ended == "client_gone" and len(story.logical_call(exchange).exchanges) > 1
    if told is not None and told < _SHORT:
        seen = f"a read timeout of {told:g} s"
    elif left and waited is not None and waited < _SHORT:
        yield EXERCISED
        seen = f"the client gave up after {waited:.1f} s and sent the request again"
    else:
        return
    yield Observation(
        kind="too short",
        expected=f"a timeout that fits up to {most:,} tokens in one piece, or a stream",
        actual=seen,
        at=exchange,
        path="max_tokens",
        details={"max_tokens": most, "timeout": told if told is not None else waited},
    )


def _without_stream(call: Call, most: int, told: float | None) -> Iterator[Outcome]:
    needed = most * _HOUR // _TOKENS_AN_HOUR
    if told is not None and told >= needed:
        return
    allowed = "how long the client waits is not known" if told is None else f"the client waits {told:g} s"
    yield Observation(
        kind="not streamed",
        expected=f"a stream, or a timeout of about {(needed + 30) // 60} minutes, for up to {most:,} tokens",
        actual=f"no stream, and {allowed}",
        at=call.exchange,
        path="max_tokens",
        verdict="inconclusive" if told is None else None,
        details={"max_tokens": most, "timeout": told},
    )


def _idle(story: Transcript, call: Call) -> Iterator[Outcome]:
    """Streams that the client gave up although they were alive, and then asked for again."""
    exchange, served = call.exchange, call.served
    if exchange.ended != "client_gone" or served is None or served.complete or exchange.end_ms is None:
        return
    logical = story.logical_call(exchange).exchanges
    if exchange is logical[-1]:
        return  # somebody pressed stop
    times = [number(event.at_ms) for event in exchange.events or ()]
    last = max((each for each in times if each is not None), default=None)
    if last is None or exchange.end_ms - last > _ALIVE * 1000:
        return
    yield EXERCISED
    yield Observation(
        kind="stream given up",
        expected="a timeout between the events of a stream, not one for all of it",
        actual=f"the client hung up after {exchange.end_ms / 1000:.1f} s although events kept coming, and asked again",
        at=exchange,
        also=[logical[logical.index(exchange) + 1]],
        fix="Time the pauses between events, and let a stream that is alive go on.",
    )
