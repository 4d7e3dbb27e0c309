"""Judging what becomes of a batch: waited for, collected, or left alone (R48, R52, R53)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.asked import inner
from claudemock_contracts.rules.failures import pauses
from claudemock_contracts.transcript import Batch, Transcript

_INTERRUPTED = ("KeyboardInterrupt", "CancelledError", "SystemExit", "GeneratorExit", "asyncio.exceptions.Cancelled")
_TRANSIENT = frozenset({404, 408, 409, 429, 500, 502, 503, 504, 529})
_POLLS = 5
_STEADY, _GROWTH = 0.9, 4.0
_PACE = 1.0  # seconds
_AT_ONCE = 0.005  # seconds between two requests with no pause at all, or one that was replaced by none
_KEPT = 29 * 86400.0  # seconds after its creation for which results can be had
_UNWATCHED = 12 * 3600.0  # seconds without a look at a batch after which somebody should be woken
_ATTEMPTS = 3  # of the official SDKs, at the same request


def collected(story: Transcript) -> Iterator[Outcome]:
    """R48."""
    for batch in story.batches.by_id.values():
        created = batch.created
        if created is None or created.failed:
            continue
        late = _too_late(batch)
        if late is None:
            yield from _neglected(batch)
        if late is not None:
            yield EXERCISED
            yield _lost(batch, "too late", "the results were asked for when they were gone", late)
        elif (again := _asked_again(story, batch)) is not None:
            yield EXERCISED
            yield _lost(batch, "asked again", "its requests were sent again, and it goes on and is billed", again)
        elif (passed := _passed_over(story, batch)) is not None:
            yield EXERCISED
            yield _lost(batch, batch.state, f"{_LEFT[batch.state]}, though one made later was collected", passed)
        elif batch.state in ("collected", "canceled") or _somebody_elses(story, batch) or _nothing_to_fetch(batch):
            yield EXERCISED
        elif story.oracles.complete or (batch.ended and batch.polls and story.oracles.outcomes):
            yield EXERCISED
            yield _lost(batch, batch.state, _LEFT[batch.state], _last(batch))
        else:
            yield _lost(batch, batch.state, f"{_LEFT[batch.state]}; nothing shows who collects it", _last(batch), True)


def _asked_again(story: Transcript, batch: Batch) -> Exchange | None:
    """A later request, or batch, for what the batch was made for, while it was running as far as the program knew."""
    if batch.state not in ("given up", "never polled") or _somebody_elses(story, batch):
        return None
    wanted = _asked(batch)
    order = story.once(_places)
    for call in story.calls:
        if order[call.id] > order[_last(batch).id] and call.messages in wanted:
            return call.exchange
    for other in story.batches.by_id.values():
        made = other.created
        if made is not None and not made.failed and order[made.id] > order[_last(batch).id] and _asked(other) == wanted:
            return made
    return None


def _asked(batch: Batch) -> list[Any]:
    return [inner(row, "params").get("messages") for row in batch.rows]


def _passed_over(story: Transcript, batch: Batch) -> Exchange | None:
    """A download of a batch made later, by the same program: whoever collects that one forgot this one."""
    if batch.created is None or batch.state != "never polled" or _somebody_elses(story, batch):
        return None
    order = story.once(_places)
    for other in story.batches.by_id.values():
        made = other.created
        if made is not None and other.state == "collected" and order[made.id] > order[batch.created.id]:
            return other.fetches[-1]
    return None


_LEFT = {
    "never polled": "nobody looked at it again",
    "given up": "it was looked at while it was in progress, and then no more",
    "ended, not fetched": "the client saw that it had ended and did not fetch its results",
    "fetched in part": "the results were not read to the end",
}


def _lost(batch: Batch, kind: str, what: str, at: Exchange, open_end: bool = False) -> Observation:
    if kind == "given up" and not batch.polls:
        what = what.replace("it was looked at", "it was seen in a list")
    return Observation(
        kind=kind,
        expected="a batch is polled until it has ended, and its results are read to the end while they can be had",
        actual=f"batch of {len(batch.rows)} request(s), {len(batch.polls)} poll(s), {len(batch.fetches)} download(s): "
        f"{what}",
        at=at,
        also=[] if batch.created is None or batch.created is at else [batch.created],
        verdict="inconclusive" if open_end else None,
    )


def _neglected(batch: Batch) -> Iterator[Outcome]:
    """A dead man's switch: half of the 24 hours went by and nobody looked."""
    ended = batch.seen.index("ended") + 1 if batch.ended else len(batch.polls)
    looked = [each for each in (batch.created, *batch.polls[:ended]) if each is not None]
    for earlier, later in pairwise(looked):
        if earlier.started is None or later.started is None or later.started - earlier.started < _UNWATCHED:
            continue
        yield Observation(
            kind="unwatched",
            expected=f"a batch is looked at at least every {_UNWATCHED / 3600:g} hours: it expires after 24",
            actual=f"nobody looked for {(later.started - earlier.started) / 3600:.0f} hours",
            at=later,
            also=[earlier],
            verdict="warning",
        )
        return


def _last(batch: Batch) -> Exchange:
    """What the client did with it last."""
    last = [*batch.fetches[-1:], *batch.polls[-1:], *([batch.created] if batch.created else [])]
    return last[0]


def _too_late(batch: Batch) -> Exchange | None:
    """The download that came when the results were gone; None if there is none, or another one worked."""
    if batch.created is None or any(not fetch.failed for fetch in batch.fetches):
        return None
    for fetch in batch.fetches:
        begun = batch.created.started
        old = begun is not None and fetch.started is not None and fetch.started - begun > _KEPT
        if fetch.status is not None and 400 <= fetch.status < 500 and old:
            return fetch
    return None


def _somebody_elses(story: Transcript, batch: Batch) -> bool:
    """Whether another program collects it."""
    return story.oracles.collected_elsewhere or batch.id in story.oracles.handed_over


def _nothing_to_fetch(batch: Batch) -> bool:
    """Whether the client could see in the counts that no request had succeeded."""
    if not batch.ended:
        return False
    for poll in reversed(batch.polls):
        shown = poll.response if isinstance(poll.response, dict) else {}
        counts = shown.get("request_counts")
        if shown.get("processing_status") == "ended" and isinstance(counts, dict):
            return counts.get("succeeded") == 0
    return False


def pace(story: Transcript) -> Iterator[Outcome]:
    """R52."""
    for batch in story.batches.by_id.values():
        polls = _own_polls(story, batch)
        if polls or batch.fetches:
            yield EXERCISED
        yield from _hasty(story, batch, polls)
        yield from _early(batch)
        yield from _gave_up(story, batch)


def _own_polls(story: Transcript, batch: Batch) -> Sequence[Exchange]:
    """The polls the program made; not the ones `batches.results()` makes to learn the address of the results."""
    order = story.once(_places)
    fetched = [order[fetch.id] for fetch in batch.fetches]
    mine = list(batch.polls)
    for place in fetched:
        before = [poll for poll in mine if order[poll.id] < place]
        if len(before) > 1 and before[-1].retry_count is not None:
            mine.remove(before[-1])
    return mine


def _places(story: Transcript) -> dict[str, int]:
    return {exchange.id: number for number, exchange in enumerate(story.exchanges)}


def _hasty(story: Transcript, batch: Batch, polls: Sequence[Exchange]) -> Iterator[Outcome]:
    if len(polls) < _POLLS:
        return
    waits = [story.once(pauses).between(one, two).seconds for one, two in pairwise(polls) if not one.failed]
    known = [wait for wait in waits if wait is not None]
    if not known or median(known) >= _PACE or _growing(known):
        return
    told = story.oracles
    unwatched = told.sleeps is None and not told.real_time and median(known) < _AT_ONCE
    unsure = told.sleeps_hidden or unwatched
    why = "; its sleeps may be replaced, and nobody watched them" if unsure else ""
    yield Observation(
        kind="hasty",
        expected=f"at least {_PACE:g} s between two looks at a batch, better a minute, and growing",
        actual=f"{len(polls)} polls, {median(known):.2g} s apart (median){why}",
        at=polls[-1],
        also=[*([batch.created] if batch.created else []), polls[0]],
        verdict="inconclusive" if unsure else None,
    )


def _growing(waits: Sequence[float]) -> bool:
    """Whether the pauses grow, and will soon be long: tests make the first ones short."""
    steady = all(later >= earlier * _STEADY for earlier, later in pairwise(waits))
    return steady and waits[-1] >= _GROWTH * waits[0] > 0


def _early(batch: Batch) -> Iterator[Observation]:
    """A download before the batch had ended, which the API refuses."""
    if batch.ended and batch.seen[0] == "ended":
        return
    for fetch in batch.fetches:
        if fetch.status is None or not 400 <= fetch.status < 500 or fetch.status == 429:
            continue
        if not any(_showed_end(poll) for poll in batch.polls if _before(poll, fetch)) and batch.created is not None:
            yield Observation(
                kind="too early",
                expected="results are fetched once processing_status is ended",
                actual=f"the results were asked for before any poll had shown the end; the answer was {fetch.status}",
                at=fetch,
                also=[batch.created],
                verdict="violation",
            )
            return


def _before(one: Exchange, other: Exchange) -> bool:
    return one.started is None or other.started is None or one.started <= other.started


def _showed_end(poll: Exchange) -> bool:
    return isinstance(poll.response, dict) and poll.response.get("processing_status") == "ended"


def _gave_up(story: Transcript, batch: Batch) -> Iterator[Observation]:
    """The job ends with the first poll that fails, for a reason that would have passed."""
    last = batch.polls[-1] if batch.polls else None
    if last is None or batch.created is None or batch.fetches or batch.cancels or batch.deleted:
        return
    passing = last.status is None or last.status in _TRANSIENT
    if not last.failed or not passing or _tried(story, last) > _ATTEMPTS:
        return
    known = story.oracles.complete or story.oracles.outcomes or last is not story.exchanges[-1]
    yield Observation(
        kind="gave up",
        expected="a poll that fails in passing (404 just after the creation, 429, 5xx) is made again later",
        actual=f"a poll was answered with {last.status or 'nothing'}, and the batch was not looked at again",
        at=last,
        also=[batch.created],
        verdict=None if known else "inconclusive",
    )


def _tried(story: Transcript, poll: Exchange) -> int:
    return len(story.logical_call(poll).exchanges)


def abandoned(story: Transcript) -> Iterator[Outcome]:
    """R53."""
    last = story.oracles.outcomes[-1] if story.oracles.outcomes else None
    if last is None or last.kind != "raised" or not str(last.error).startswith(_INTERRUPTED):
        return
    for batch in story.batches.by_id.values():
        if batch.created is None or batch.created.failed or batch.ended or batch.deleted:
            continue
        yield EXERCISED
        if batch.cancels or _somebody_elses(story, batch):
            continue
        yield Observation(
            kind="left running",
            expected="a batch that is still running is cancelled, or its id is kept for whoever collects it",
            actual=f"the program was stopped ({fragment(last.error)}) while a batch of {len(batch.rows)} request(s) "
            "was in progress; it goes on and is billed",
            at=_last(batch),
            also=[batch.created] if _last(batch) is not batch.created else [],
        )
