"""Judging the rows of batches: their ids, and what is put together from them (R49, R51)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from claudemock_contracts.exchange import Exchange, whole
from claudemock_contracts.finding import EXERCISED, Observation, Outcome, fragment
from claudemock_contracts.transcript import Batch, Transcript, parts_of
from claudemock_contracts.transcript.batches import batch_rows

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)
_FENCED = re.compile(r"```(?:json)?\n(.*)\n```", re.DOTALL)
_MOST_ROWS = 100_000
_MOST_BYTES = 256 * 1024 * 1024
DEPTH = 6
"""How deep a value that a program returned is looked into."""

_TELLING = 2  # characters
_BATCHES = "/v1/messages/batches"


class Row(NamedTuple):
    """One line of a results file. `text` is what its message says, `parsed` the JSON it is, or a tool's input."""

    custom_id: str
    kind: str
    text: str
    parsed: Any = None


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
    parts = list(parts_of(result.get("message"), 0))
    text = "".join(str(part.block.get("text") or "") for part in parts)
    inputs = [part.block.get("input") for part in parts if part.kind == "tool_use"]
    parsed = _parsed(_unfenced(text)) if text.strip() else inputs[0] if len(inputs) == 1 else None
    yield Row(line["custom_id"], str(result.get("type")), text, parsed if isinstance(parsed, dict | list) else None)


def _unfenced(text: str) -> str:
    """What is in a fenced block of JSON; the text itself if it is none."""
    found = _FENCED.fullmatch(text.strip())
    return text if found is None else found[1]


def downloads(story: Transcript) -> Iterator[tuple[Batch, Exchange, Sequence[Row]]]:
    """Batches made in this story, each with its first download."""
    for batch in story.batches.by_id.values():
        for fetch in batch.fetches:
            rows = [] if fetch.failed else results(fetch)
            if rows and batch.created is not None:
                yield batch, fetch, rows
                break


def by_position(story: Transcript) -> Iterator[Outcome]:
    """R49."""
    for batch, fetch, rows in downloads(story):
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
        shown = "\n".join(strings(value))
        found = [name for name, text in self.texts.items() if text.strip() in shown]
        return found[0] if len(found) == 1 else None

    def of_name(self, value: Any) -> str | None:
        """The row a value names: by its id, by its prompt, or by what only its prompt holds."""
        named = set(strings(value))
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


def strings(value: Any, depth: int = DEPTH) -> Iterator[str]:
    """All texts in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping) and depth:
        for name, item in value.items():
            yield from strings(name, depth - 1)
            yield from strings(item, depth - 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth:
        for item in value:
            yield from strings(item, depth - 1)


def spelled(value: Any) -> str:
    """A value as text: the same for equal ones, in whatever order their keys are."""
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


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
