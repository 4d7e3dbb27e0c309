"""Judging the rows of batches: their ids, their outcomes, and what is put together from them (R49, R50, R51)."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from claudemock_contracts.exchange import Exchange, whole
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.rules.kept import returned
from claudemock_contracts.transcript import Batch, Transcript, parts_of
from claudemock_contracts.transcript.batches import batch_rows

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_MOST_ROWS = 100_000
_MOST_BYTES = 256 * 1024 * 1024
_STUMBLED = ("AttributeError", "KeyError", "TypeError", "IndexError")
_DEPTH = 6
_TELLING = 2  # characters
_BATCHES = "/v1/messages/batches"


class Row(NamedTuple):
    """One line of a results file. `text` is what its message says."""

    custom_id: str
    kind: str
    text: str


def results(fetch: Exchange) -> list[Row]:
    """The rows of a download, in the file's order; lines that are none are left out."""
    shown = fetch.response
    lines: list[Any] = [shown] if isinstance(shown, dict) else shown if isinstance(shown, list) else []
    if isinstance(shown, str):
        lines = [_parsed(line) for line in shown.splitlines() if line.strip()]
    return [row for line in lines for row in _row(line)]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _row(line: Any) -> Iterator[Row]:
    result = line.get("result") if isinstance(line, dict) else None
    if not isinstance(result, dict) or not isinstance(line.get("custom_id"), str):
        return
    text = "".join(str(part.block.get("text") or "") for part in parts_of(result.get("message"), 0))
    yield Row(line["custom_id"], str(result.get("type")), text)


def _downloads(story: Transcript) -> Iterator[tuple[Batch, Exchange, Sequence[Row]]]:
    """Batches made in this story, each with its first download."""
    for batch in story.batches.by_id.values():
        for fetch in batch.fetches:
            rows = [] if fetch.failed else results(fetch)
            if rows and batch.created is not None:
                yield batch, fetch, rows
                break


def by_position(story: Transcript) -> Iterator[Outcome]:
    """R49."""
    for batch, fetch, rows in _downloads(story):
        told = [row for row in rows if row.kind == "succeeded" and row.text.strip()]
        asked = [str(row.get("custom_id")) for row in batch.rows]
        served = [row.custom_id for row in told]
        if len({row.text for row in told}) < 2 or served == [name for name in asked if name in set(served)]:
            continue
        outcomes = [outcome.value for outcome in story.oracles.outcomes if outcome.kind == "returned"]
        if not story.oracles.outcomes:
            yield Observation(
                kind="not observable",
                expected="results are joined with their requests by custom_id",
                actual="the results came in another order than the requests; nothing shows what was made of them",
                at=fetch,
                verdict="inconclusive",
            )
        for value in outcomes:
            verdict = _joined(value, _Key(asked, _prompts(batch), {row.custom_id: row.text for row in told}), served)
            if verdict is None:
                continue
            yield EXERCISED
            if verdict:
                yield Observation(
                    kind="by position",
                    expected="each result belongs to the request with its custom_id",
                    actual=verdict,
                    at=fetch,
                    also=[batch.created] if batch.created else [],
                )


class _Key(NamedTuple):
    """The truth: ids in the order asked, prompts and texts by id."""

    asked: Sequence[str]
    prompts: Mapping[str, str]
    texts: Mapping[str, str]

    def of_text(self, value: Any) -> str | None:
        """The row whose text a value holds, if exactly one."""
        shown = "\n".join(_strings(value, _DEPTH))
        found = [name for name, text in self.texts.items() if text.strip() in shown]
        return found[0] if len(found) == 1 else None

    def of_name(self, value: Any) -> str | None:
        """The row a value names: by its id, by its prompt, or by what only its prompt holds."""
        named = set(_strings(value, _DEPTH))
        found = [name for name in self.asked if name in named or self.prompts.get(name) in named]
        if found:
            return found[0] if len(found) == 1 else None
        served = [text.strip() for text in self.texts.values()]
        told = {said for said in named if len(said) >= _TELLING and not any(text in said for text in served)}
        owners = {name for said in told for name in self._only(said)}
        return owners.pop() if len(owners) == 1 else None

    def _only(self, said: str) -> list[str]:
        """The one row whose prompt holds these words."""
        found = [name for name, prompt in self.prompts.items() if said in prompt]
        return found if len(found) == 1 else []


def _joined(value: Any, key: _Key, served: Sequence[str]) -> str | None:
    """What is wrong with how results were put together; empty if nothing is, None if it does not show."""
    if isinstance(value, Mapping):
        pairs = [(key.of_name(name) or key.of_name(item), key.of_text(item)) for name, item in value.items()]
        return _crossed([(name, text) for name, text in pairs if name and text])
    if not isinstance(value, list | tuple):
        return None
    named = [(key.of_name(item), key.of_text(item)) for item in value]
    if any(name for name, _ in named):
        return _crossed([(name, text) for name, text in named if name and text])
    order = [text for _, text in named if text]
    if len(order) < 2:
        return None
    if order == [name for name in key.asked if name in set(order)]:
        return ""
    if order == [name for name in served if name in set(order)]:
        return f"the {len(order)} texts were returned in the order of the results file, not of the requests"
    return None


def _crossed(pairs: Sequence[tuple[str, str]]) -> str | None:
    wrong = [(name, text) for name, text in pairs if name != text]
    if not wrong:
        return "" if pairs else None
    name, text = wrong[0]
    return f"the result of {text!r} was given to {name!r} ({len(wrong)} of {len(pairs)} are crossed)"


def _prompts(batch: Batch) -> Mapping[str, str]:
    found = {}
    for row in batch.rows:
        params = row.get("params")
        messages = params.get("messages") if isinstance(params, dict) else None
        last = messages[-1] if isinstance(messages, list) and messages else None
        text = "".join(str(part.block.get("text") or "") for part in parts_of(last, 0))
        if text:
            found[str(row.get("custom_id"))] = text
    return found


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth:
        for name, item in value.items():
            yield from _strings(name, depth - 1)
            yield from _strings(item, depth - 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for item in value:
            yield from _strings(item, depth - 1)


def nonsuccess(story: Transcript) -> Iterator[Outcome]:
    """R50."""
    for batch, fetch, rows in _downloads(story):
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
        elif (lost := _lost(story, outcome.value, failed, rows)) is not None:
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


def spelled(value: Any) -> str:
    """A value as text: the same for equal ones, in whatever order their keys are."""
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def _lost(story: Transcript, value: Any, failed: Sequence[Row], rows: Sequence[Row]) -> str | None:
    """How the rows got lost in what the program returned; empty if it tells of them, None if it does not show."""
    named = {text for text, _ in returned(story)} | set(_strings(value, _DEPTH))
    if any(row.custom_id in name for row in failed for name in named):
        return ""
    sizes = set(_sizes(value, _DEPTH))
    if len(rows) in sizes:
        return ""
    good = [row for row in rows if row.kind == "succeeded" and row.text.strip()]
    texts = {row.text.strip() for row in good}
    if any(story.prompts.words.says("left_out", name) for name in named if name.strip() not in texts):
        return ""
    shown = "\n".join(named)
    if len(texts) < len(good) and len(good) not in sizes and not {row.custom_id for row in good} <= named:
        return None  # a sum of equal answers, for all one can see
    if not good or not all(row.text.strip() in shown for row in good):
        return None
    return f"the program returned the {len(good)} that succeeded and no word of the others"


def _sizes(value: Any, depth: int) -> Iterator[int]:
    if isinstance(value, Mapping | list | tuple) and depth:
        yield len(value)
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _sizes(item, depth - 1)


def custom_ids(story: Transcript) -> Iterator[Outcome]:
    """R51."""
    for exchange in story.exchanges:
        if exchange.method != "POST" or exchange.endpoint != _BATCHES:
            continue
        rows = list(batch_rows(exchange))
        if rows:
            yield EXERCISED
        yield from _limits(exchange, rows)
        seen: dict[object, int] = {}
        for number, row in enumerate(rows):
            name = row.get("custom_id")
            if not isinstance(name, str) or not _ID.fullmatch(name):
                yield _bad_row(exchange, number, "custom_id", "1 to 64 letters, digits, _ or -", fragment(name))
            elif seen.setdefault(name, number) != number:
                yield _bad_row(
                    exchange,
                    number,
                    "custom_id",
                    "an id of its own",
                    f"{fragment(name)}, as row {seen[name]} has",
                    True,
                )
            params = row.get("params")
            for field, says in _unsupported(params if isinstance(params, dict) else {}):
                yield _bad_row(exchange, number, f"params.{field}", "what a batch can do", says)


def _bad_row(
    exchange: Exchange, number: int, place: str, expected: str, actual: str, duplicate: bool = False
) -> Observation:
    return Observation(
        kind="duplicate custom_id" if duplicate else place,
        expected=f"{place}: {expected}",
        actual=actual,
        at=exchange,
        path=f"requests.{number}.{place}",
    )


def _unsupported(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if params.get("stream") is True:
        yield "stream", "stream: true"
    if params.get("speed") not in (None, "standard"):
        yield "speed", f"speed {fragment(params['speed'])}"
    if params.get("max_tokens") == 0 and params.get("max_tokens") is not False:
        yield "max_tokens", "max_tokens 0, which only warms the cache"


def _limits(exchange: Exchange, rows: Sequence[Any]) -> Iterator[Observation]:
    size = whole(exchange.headers.get("content-length")) or 0
    for kind, found, most in (("rows", len(rows), _MOST_ROWS), ("bytes", size, _MOST_BYTES)):
        if found > most:
            yield Observation(
                kind=f"too many {kind}",
                expected=f"at most {most} {kind} in a batch",
                actual=f"{found} {kind}",
                at=exchange,
                path="requests",
            )
