"""Judging what becomes of rows that did not succeed (R50)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from claudemock_contracts.exchange import Exchange
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.batch_rows import DEPTH, Row, downloads, spelled, strings
from claudemock_contracts.rules.kept import returned
from claudemock_contracts.transcript import Batch, Transcript
from claudemock_contracts.transcript.batches import batch_rows

_STUMBLED = ("AttributeError", "KeyError", "TypeError", "IndexError")
_BATCHES = "/v1/messages/batches"


def nonsuccess(story: Transcript) -> Iterator[Outcome]:
    """R50."""
    for batch, fetch, rows in downloads(story):
        expected = {"succeeded", "canceled"} if batch.cancels else {"succeeded"}
        failed = [row for row in rows if row.kind not in expected]
        if not failed:
            continue
        again = _resubmitted(story, batch, {row.custom_id for row in failed})
        if again is not None:
            yield EXERCISED
            later, everything = again
            if everything:
                yield _ignored("all again", failed, rows, later, "the whole batch was sent again, with what succeeded")
            continue
        outcome = story.oracles.outcomes[-1] if story.oracles.outcomes else None
        if outcome is None:
            yield _ignored("not observable", failed, rows, fetch, "nothing shows what became of them", "inconclusive")
        elif outcome.kind == "raised":
            yield EXERCISED
            if str(outcome.error).startswith(_STUMBLED) and not story.oracles.expected_error:
                yield _ignored("crash", failed, rows, fetch, f"the program ended with {fragment(outcome.error)}")
        elif (lost := _lost(story, outcome.value, failed, rows)) is None:
            what = "what the program returned shows neither them nor those that succeeded"
            yield _ignored("not shown", failed, rows, fetch, what, "inconclusive")
        else:
            yield EXERCISED
            if lost:
                yield _ignored("silent loss", failed, rows, fetch, lost)


def _ignored(
    kind: str, failed: Sequence[Row], rows: Sequence[Row], at: Exchange, what: str, verdict: Any = None
) -> Observation:
    counts = ", ".join(f"{number} {name}" for name, number in Counter(row.kind for row in failed).items())
    return Observation(
        kind=kind,
        expected="rows that did not succeed are told of, or sent again, they alone",
        actual=f"{counts} of {len(rows)} rows; {what}",
        at=at,
        verdict=verdict,
    )


def _resubmitted(story: Transcript, batch: Batch, failed: set[str]) -> tuple[Exchange, bool] | None:
    """A later request with what had failed, and whether it holds all that had succeeded too."""
    if batch.created is None:
        return None
    asked = {spelled(row.get("params")): str(row.get("custom_id")) for row in batch.rows}
    after = False
    for exchange in story.exchanges:
        if exchange is batch.fetches[0]:
            after = True
        if not after or exchange.method != "POST":
            continue
        if exchange.endpoint == _BATCHES:
            again = {asked.get(spelled(row.get("params"))) for row in batch_rows(exchange)} - {None}
            if again & failed:
                return exchange, len(failed) < len(asked) and again >= set(asked.values())
        elif exchange.endpoint == "/v1/messages" and _same_messages(exchange, batch, failed):
            return exchange, False
    return None


def _same_messages(exchange: Exchange, batch: Batch, failed: set[str]) -> bool:
    messages = exchange.json().get("messages")
    for row in batch.rows:
        params = row.get("params")
        if row.get("custom_id") in failed and isinstance(params, dict) and params.get("messages") == messages:
            return True
    return False


def _lost(story: Transcript, value: Any, failed: Sequence[Row], rows: Sequence[Row]) -> str | None:
    """How the rows got lost in what the program returned; empty if it tells of them, None if it does not show."""
    named = {text for text, _ in returned(story)} | set(strings(value))
    shown = "\n".join(named)
    if any(_named(row.custom_id, text) for row in failed for text in (shown, *story.oracles.output_texts)):
        return ""
    good = [row for row in rows if row.kind == "succeeded" and (row.text.strip() or row.parsed is not None)]
    held = _Held(value)
    if len(rows) in held.sizes or (held.numbers - _numbers_of(good)) & {len(rows), len(failed)}:
        return ""
    texts = {row.text.strip() for row in good}
    if any(story.prompts.words.says("left_out", name) for name in named if name.strip() not in texts):
        return ""
    all_named = {row.custom_id for row in good} <= named
    alike = len({spelled([row.text.strip(), row.parsed]) for row in good}) < len(good)
    if alike and len(good) not in held.sizes and not all_named:
        return None  # a sum of equal answers, for all one can see
    if not good or not (all_named or all(_kept(row, held, shown) for row in good) or _by_fields(good, held)):
        return None
    return f"the program returned the {len(good)} that succeeded and no word of the others"


def _named(custom_id: str, shown: str) -> bool:
    """Whether an id stands in a text, and not as part of a longer one."""
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(custom_id)}(?![A-Za-z0-9])", shown) is not None


class _Held:
    """What a value holds: how long its containers are, its numbers, its texts, and all containers in it, spelled."""

    def __init__(self, value: Any) -> None:
        self.sizes: set[int] = set()
        self.numbers: set[float] = set()
        self.leaves: set[object] = set()
        self.parts: set[str] = set()
        self._take(value, DEPTH)

    def _take(self, value: Any, depth: int) -> None:
        if isinstance(value, Mapping | list | tuple) and depth:
            self.sizes.add(len(value))
            self.parts.add(spelled(value))
            for item in value.values() if isinstance(value, Mapping) else value:
                self._take(item, depth - 1)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.numbers.add(value)
            self.leaves.add(value)
        elif isinstance(value, str):
            self.leaves.add(value.strip())


def _kept(row: Row, held: _Held, shown: str) -> bool:
    """Whether a row's answer was returned: its text, or the JSON that it is."""
    if row.text.strip() and (row.text.strip() in held.leaves or row.text.strip() in shown):
        return True
    return row.parsed is not None and spelled(row.parsed) in held.parts


def _by_fields(good: Sequence[Row], held: _Held) -> bool:
    """Whether of each row's JSON something was returned that no other row has."""
    fields = [{leaf for leaf in _Held(row.parsed).leaves if leaf != ""} for row in good]
    owners = Counter(leaf for each in fields for leaf in each)
    return all(any(owners[leaf] == 1 and leaf in held.leaves for leaf in each) for each in fields)


def _numbers_of(rows: Sequence[Row]) -> set[float]:
    """The numbers that the answers themselves hold."""
    return {number for row in rows for number in _Held(row.parsed).numbers}
