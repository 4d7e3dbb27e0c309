"""Judging what becomes of a batch: collected, handed over, or lost (R48).

A program that only submits is no bug: one that collects elsewhere is not seen here. So a batch that nobody comes for is
lost only where the traffic shows that this program was to collect it: it asks for the same again, it collects the
batches beside it, or it waited for this one and stopped.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Confidence, Observation, Outcome, Verdict
from claudemock_contracts.rules.asked import inner
from claudemock_contracts.rules.batch_rows import spelled
from claudemock_contracts.transcript import Batch, Transcript

_KEPT = 29 * 86400.0  # seconds after its creation for which results can be had
_EXPIRES = 24 * 3600.0  # seconds after its creation at which a batch ends at the latest
_UNWATCHED = 12 * 3600.0  # seconds without a look at a batch after which somebody should be woken
_TOGETHER = 60.0  # seconds: batches made within them are made by one piece of work
_WAITED = 2  # looks at a batch that show that a program waits for it
_PASSED_OVER = 3  # looks at another batch alone; two may be one round's, for the SDK looks before it downloads
_INTERRUPTED = ("KeyboardInterrupt", "CancelledError", "SystemExit", "GeneratorExit", "asyncio.exceptions.Cancelled")
_CLIENT = ("user-agent", "x-api-key", "authorization")

_LEFT = {
    "never polled": "nobody looked at it again",
    "given up": "it was looked at while it was in progress, and then no more",
    "ended, not fetched": "the client saw that it had ended and did not fetch its results",
    "fetched in part": "the results were not read to the end",
}


class _Lost(NamedTuple):
    """Why a batch is taken to be lost. `verdict` None: the contract's own."""

    kind: str
    what: str
    at: Exchange
    also: Sequence[Exchange] = ()
    verdict: Verdict | None = None
    confidence: Confidence = "high"


def collected(story: Transcript) -> Iterator[Outcome]:
    """R48."""
    for batch in story.batches.by_id.values():
        if batch.created is None or batch.created.failed:
            continue
        late = _too_late(batch)
        if late is not None:
            lost: _Lost | None = _Lost("too late", "the results were asked for when they were gone", late)
        else:
            yield from _neglected(batch)
            fetched = batch.state in ("collected", "canceled") or _nothing_to_fetch(batch)
            lost = None if fetched or somebody_elses(story, batch) else _fate(story, batch)
        if lost is None or lost.verdict != "inconclusive":
            yield EXERCISED
        if lost is not None:
            yield _observed(batch, lost)


def _fate(story: Transcript, batch: Batch) -> _Lost:
    """What shows that a batch nobody came for is lost; `inconclusive` if nothing does."""
    what, last = _LEFT[batch.state], last_of(batch)
    if (again := _asked_again(story, batch)) is not None:
        return _Lost("asked again", "its requests were sent again, and it goes on and is billed", again)
    told = story.oracles
    if told.complete or (batch.ended and batch.polls and told.outcomes):
        return _Lost(batch.state, what, last)
    if not _named_in_the_end(story, batch):
        if (other := _collected_beside(story, batch)) is not None and other.created is not None:
            evidence = f"{what}, although the same client collected {other.id}, which it made no earlier"
            return _Lost(batch.state, evidence, last, [other.created, other.fetches[-1]])
        if len(batch.polls) >= _WAITED and told.outcomes and not interrupted(story):
            evidence = f"{what}; the program ended and left no word of {batch.id}"
            return _Lost(batch.state, evidence, last, verdict="warning", confidence="medium")
    return _Lost(batch.state, f"{what}; nothing shows who collects it", last, verdict="inconclusive")


def _observed(batch: Batch, lost: _Lost) -> Observation:
    what = lost.what
    if batch.state == "given up" and not batch.polls:
        what = what.replace("it was looked at", "it was seen in a list")
    created = [] if batch.created is None or batch.created is lost.at else [batch.created]
    return Observation(
        kind=lost.kind,
        expected="a batch is polled until it has ended, and its results are read to the end while they can be had",
        actual=f"batch of {len(batch.rows)} request(s), {len(batch.polls)} poll(s), {len(batch.fetches)} download(s): "
        f"{what}",
        at=lost.at,
        also=[*created, *lost.also],
        verdict=lost.verdict,
        confidence=lost.confidence,
    )


def _asked_again(story: Transcript, batch: Batch) -> Exchange | None:
    """A later request for what the batch was made for, while it was still running as far as the program knew."""
    if batch.state not in ("given up", "never polled"):
        return None
    asked, after = story.once(_asked_for), story.once(places)[last_of(batch).id]
    for row in batch.rows:
        found = asked.get(spelled(inner(row, "params").get("messages")), ())
        index = bisect_right(found, after, key=lambda entry: entry[0])
        if index < len(found):
            return found[index][1]
    return None


def _asked_for(story: Transcript) -> Mapping[str, Sequence[tuple[int, Exchange]]]:
    """Where messages were asked about: in a call, or in a batch that somebody here came for."""
    order = story.once(places)
    asked = [(order[call.id], call.exchange, call.messages) for call in story.calls]
    for batch in story.batches.by_id.values():
        if batch.created is not None and not batch.created.failed and batch.state == "collected":
            place = order[batch.created.id]
            asked += [(place, batch.created, inner(row, "params").get("messages") or ()) for row in batch.rows]
    found: dict[str, list[tuple[int, Exchange]]] = {}
    for place, exchange, messages in sorted(asked, key=lambda entry: entry[0]):
        found.setdefault(spelled(messages), []).append((place, exchange))
    return found


def _collected_beside(story: Transcript, batch: Batch) -> Batch | None:
    """A batch of the same client, made no earlier than this one, that was collected while this one was passed over."""
    made = batch.created
    if made is None or not _over(story, made):
        return None
    order, looked = story.once(places), _looks(batch)
    for other in story.once(_collected_here).get(_client(made), ()):
        if (
            other.created is None
            or order[other.fetches[-1].id] < order[made.id]
            or not _no_earlier(other.created, made)
        ):
            continue
        since = [look for look in _looks(other) if order[look.id] > order[looked[-1].id]] if looked else ()
        if not looked or len(since) >= _PASSED_OVER:
            return other
    return None


def _collected_here(story: Transcript) -> Mapping[object, Sequence[Batch]]:
    """Batches whose results were read to the end, by client, those made last first."""
    found: dict[object, list[Batch]] = {}
    for batch in reversed(story.batches.by_id.values()):
        if batch.created is not None and batch.state == "collected":
            found.setdefault(_client(batch.created), []).append(batch)
    return found


def _client(exchange: Exchange) -> object:
    return exchange.host, exchange.test, *(exchange.headers.get(name) for name in _CLIENT)


def _no_earlier(other: Exchange, made: Exchange) -> bool:
    """Whether one batch was made with the other or after it: of batches made in turn, the last waits rightly."""
    if other.started is None or made.started is None:
        return False
    return other.started >= made.started - _TOGETHER


def _over(story: Transcript, made: Exchange) -> bool:
    """Whether the program has had its time: a recording may end while it waits."""
    if story.oracles.outcomes or made.source is None:
        return not interrupted(story)
    last = story.exchanges[-1].started
    return last is not None and made.started is not None and last - made.started >= _EXPIRES


def _looks(batch: Batch) -> list[Exchange]:
    """What showed the client how far the batch was, in order."""
    return sorted([*batch.polls, *batch.lists], key=lambda each: each.started or 0.0)


def _named_in_the_end(story: Transcript, batch: Batch) -> bool:
    """Whether what the program returned, raised or printed holds the id, so that somebody can come for it."""
    return any(batch.id in text for text in story.once(_last_words))


def _last_words(story: Transcript) -> Sequence[str]:
    told = story.oracles
    return [*told.output_texts, *(_shown(each.value) + (each.error or "") for each in told.outcomes)]


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - it is an object of the judged program
        return ""


def interrupted(story: Transcript) -> bool:
    """Whether the program was stopped from outside, as far as the test tells."""
    last = story.oracles.outcomes[-1] if story.oracles.outcomes else None
    return last is not None and last.kind == "raised" and str(last.error).startswith(_INTERRUPTED)


def places(story: Transcript) -> dict[str, int]:
    """Where each exchange stands in the story; ask for it with `story.once`."""
    return {exchange.id: number for number, exchange in enumerate(story.exchanges)}


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


def last_of(batch: Batch) -> Exchange:
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


def somebody_elses(story: Transcript, batch: Batch) -> bool:
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
