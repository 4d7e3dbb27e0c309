"""Failures as the retry rules see them: which are worth another attempt, and whether it could have been seen."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.transcript import Call, LogicalCall, Pauses, Transcript, rewritten, worked_again

UNCHANGEABLE: Final = frozenset({400, 401, 402, 403, 404, 413, 422})
"""Statuses that the same request gets again."""

OVERLOADED: Final = frozenset({500, 502, 503, 504, 529})
"""Statuses that pass by themselves."""

_SPENT = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
_WINDOW = 30.0  # seconds within which a retry should have come


def pauses(story: Transcript) -> Pauses:
    """The transcript's pauses; ask for it with `story.once`."""
    return Pauses(story.oracles)


def unanswered(exchange: Exchange) -> bool:
    """Whether the connection failed before any answer, and not because the client hung up."""
    return exchange.status is None and exchange.ended in ("cut", "reset")


def passing(exchange: Exchange) -> bool:
    """Whether a failure is of the kind that another attempt may get over, and the answer does not forbid one."""
    if exchange.response_headers.get("x-should-retry", "").lower() == "false":
        return False
    return exchange.status in OVERLOADED or unanswered(exchange)


def spent(call: Call) -> bool:
    """Whether it was refused because the money is spent, which no waiting helps against."""
    refused = call.refused
    if refused is None:
        return False
    return (refused.status == 429 and refused.code in _SPENT) or (
        refused.status == 402 and refused.type in ("billing_error", None)
    )


def what_happened(exchange: Exchange) -> str:
    """A failure in a few words: `529`, `no answer`, `a broken stream`."""
    if exchange.status is not None and exchange.status >= 400:
        return str(exchange.status)
    return "no answer" if exchange.status is None else "an answer that broke off"


def wanted(story: Transcript) -> Iterator[tuple[LogicalCall, Sequence[Call]]]:
    """The logical calls of /v1/messages, each with its attempts."""
    for logical in story.logical_calls:
        calls = [story.call(exchange) for exchange in logical.exchanges]
        found = [call for call in calls if call is not None]
        if len(found) == len(calls):
            yield logical, found


def also_changed(calls: Sequence[Call]) -> str:
    """What a finding says besides where an attempt's request is not that of the one before; empty where all are."""
    for earlier, later in pairwise(calls):
        if earlier.key != later.key:
            found = rewritten(earlier, later) or worked_again(earlier, later)
            return f"; the request changed too ({found[0] if found else 'under the same retry counter'})"
    return ""


def settled(story: Transcript, exchange: Exchange) -> bool:
    """Whether it is known what the program did next: its run is over, or went on long enough.

    A recording may end, or have been cut, right behind a failure. One that was provoked is part of a whole test, and
    so is traffic that was not read from a file.
    """
    told = story.oracles
    if exchange.faults or exchange.source is None or told.complete or told.outcomes:
        return True
    last, end = story.exchanges[-1].started, exchange.ended_at
    return last is not None and end is not None and last - end >= _WINDOW
