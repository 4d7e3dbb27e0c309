"""Judging how a batch is waited for, and whether it is left running (R52, R53)."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.batch_fate import interrupted, last_of, places, somebody_elses
from claudemock_contracts.rules.failures import pauses
from claudemock_contracts.transcript import Batch, Transcript

_TRANSIENT = frozenset({404, 408, 409, 429, 500, 502, 503, 504, 529})
_POLLS = 5
_STEADY, _GROWTH = 0.9, 4.0
_PACE = 1.0  # seconds
_AT_ONCE = 0.005  # seconds between two requests with no pause at all, or one that was replaced by none
_ATTEMPTS = 3  # of the official SDKs, at the same request


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
    order = story.once(places)
    fetched = [order[fetch.id] for fetch in batch.fetches]
    mine = list(batch.polls)
    for place in fetched:
        before = [poll for poll in mine if order[poll.id] < place]
        if len(before) > 1 and before[-1].retry_count is not None:
            mine.remove(before[-1])
    return mine


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
    if last is None or not interrupted(story):
        return
    for batch in story.batches.by_id.values():
        if batch.created is None or batch.created.failed or batch.ended or batch.deleted:
            continue
        yield EXERCISED
        if batch.cancels or somebody_elses(story, batch):
            continue
        yield Observation(
            kind="left running",
            expected="a batch that is still running is cancelled, or its id is kept for whoever collects it",
            actual=f"the program was stopped ({fragment(last.error)}) while a batch of {len(batch.rows)} request(s) "
            "was in progress; it goes on and is billed",
            at=last_of(batch),
            also=[batch.created] if last_of(batch) is not batch.created else [],
        )
